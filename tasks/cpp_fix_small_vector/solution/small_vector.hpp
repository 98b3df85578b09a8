#pragma once
#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <new>
#include <stdexcept>
#include <utility>

// A vector that keeps up to N elements in itself.
template <class T, std::size_t N>
class SmallVector {
 public:
  SmallVector() = default;
  SmallVector(std::initializer_list<T> list) : SmallVector(list.begin(), list.size()) {}
  SmallVector(const SmallVector& other) : SmallVector(other.data_, other.size_) {}
  SmallVector(SmallVector&& other) noexcept { take(other); }

  SmallVector& operator=(const SmallVector& other) {
    if (this != &other) {
      SmallVector copy(other);
      drop();
      take(copy);
    }
    return *this;
  }

  SmallVector& operator=(SmallVector&& other) noexcept {
    if (this != &other) {
      drop();
      take(other);
    }
    return *this;
  }

  ~SmallVector() { drop(); }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

  T& at(std::size_t i) {
    if (i >= size_) throw std::out_of_range("SmallVector");
    return data_[i];
  }

  void push_back(const T& value) { push_back(T(value)); }

  void push_back(T&& value) {
    T kept(std::move(value));
    if (size_ == capacity_) reserve(std::max<std::size_t>(1, capacity_ * 2));
    new (data_ + size_) T(std::move(kept));
    ++size_;
  }

  void pop_back() {
    --size_;
    data_[size_].~T();
  }

  void insert(std::size_t i, const T& value) {
    if (i > size_) throw std::out_of_range("SmallVector");
    push_back(value);
    std::rotate(data_ + i, data_ + size_ - 1, data_ + size_);
  }

  void erase(std::size_t first, std::size_t last) {
    if (first > last || last > size_) throw std::out_of_range("SmallVector");
    if (first == last) return;
    T* end = std::move(data_ + last, data_ + size_, data_ + first);
    std::destroy(end, data_ + size_);
    size_ -= last - first;
  }

  void reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    T* fresh = allocate(capacity);
    std::uninitialized_move(data_, data_ + size_, fresh);
    std::destroy(data_, data_ + size_);
    release();
    data_ = fresh;
    capacity_ = capacity;
  }

  void clear() {
    std::destroy(data_, data_ + size_);
    size_ = 0;
  }

  bool operator==(const SmallVector& other) const {
    return size_ == other.size_ && std::equal(data_, data_ + size_, other.data_);
  }

 private:
  SmallVector(const T* values, std::size_t count) {
    reserve(count);
    try {
      std::uninitialized_copy(values, values + count, data_);
    } catch (...) {
      release();
      throw;
    }
    size_ = count;
  }

  static constexpr std::align_val_t alignment{alignof(T)};

  static T* allocate(std::size_t capacity) {
    return static_cast<T*>(::operator new(capacity * sizeof(T), alignment));
  }

  T* own() { return reinterpret_cast<T*>(own_); }

  void release() {
    if (data_ != own()) ::operator delete(data_, alignment);
    data_ = own();
    capacity_ = N;
  }

  void drop() {
    clear();
    release();
  }

  // Takes over what the other holds; this vector is empty and has no block.
  void take(SmallVector& other) noexcept {
    if (other.data_ != other.own()) {
      data_ = std::exchange(other.data_, other.own());
      capacity_ = std::exchange(other.capacity_, N);
    } else {
      std::uninitialized_move(other.data_, other.data_ + other.size_, data_);
      std::destroy(other.data_, other.data_ + other.size_);
    }
    size_ = std::exchange(other.size_, 0);
  }

  alignas(T) unsigned char own_[std::max<std::size_t>(1, N) * sizeof(T)];
  T* data_ = own();
  std::size_t size_ = 0;
  std::size_t capacity_ = N;
};
