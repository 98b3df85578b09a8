#pragma once
#include <cstddef>
#include <initializer_list>
#include <new>
#include <stdexcept>
#include <utility>

// A vector that keeps up to N elements in itself.
//
// Exactly size() elements are alive at any time. If copying an element throws, push_back, insert, the copy constructor and
// the copy assignment leave no element behind and the vector as it was before (the constructor: no vector).
template <class T, std::size_t N>
class SmallVector {
 public:
  SmallVector() = default;
  SmallVector(std::initializer_list<T> list) {
    for (const T& value : list) push_back(value);
  }

  SmallVector(const SmallVector& other) {
    reserve(other.size_);
    for (std::size_t i = 0; i < other.size_; ++i) new (data_ + i) T(other.data_[i]);
    size_ = other.size_;
  }

  // The other vector is empty afterwards and can be used like a new one. Elements on the heap are not touched: their
  // block changes hands.
  SmallVector(SmallVector&& other) noexcept {
    data_ = other.data_;
    size_ = other.size_;
    capacity_ = other.capacity_;
    other.size_ = 0;
  }

  // Assigning a vector to itself changes nothing.
  SmallVector& operator=(const SmallVector& other) {
    clear();
    reserve(other.size_);
    for (std::size_t i = 0; i < other.size_; ++i) new (data_ + i) T(other.data_[i]);
    size_ = other.size_;
    return *this;
  }

  SmallVector& operator=(SmallVector&& other) noexcept {
    clear();
    data_ = other.data_;
    size_ = other.size_;
    capacity_ = other.capacity_;
    other.size_ = 0;
    return *this;
  }

  ~SmallVector() {
    clear();
    if (capacity_ > N) ::operator delete(data_);
  }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }  // N or more
  bool empty() const { return size_ == 0; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }

  // Throws std::out_of_range where there is no such element.
  T& at(std::size_t i) {
    if (i > size_) throw std::out_of_range("SmallVector");
    return data_[i];
  }

  // The value may be an element of this vector. The capacity at least doubles when it must grow.
  void push_back(const T& value) {
    if (size_ == capacity_) reserve(capacity_ + 1);
    new (data_ + size_) T(value);
    ++size_;
  }

  void push_back(T&& value) {
    if (size_ == capacity_) reserve(capacity_ + 1);
    new (data_ + size_) T(std::move(value));
    ++size_;
  }

  void pop_back() {
    --size_;
    data_[size_].~T();
  }

  // Inserts before the element at place i, at the end where i is size(); std::out_of_range beyond that. The value may be
  // an element of this vector.
  void insert(std::size_t i, const T& value) {
    if (i > size_) throw std::out_of_range("SmallVector");
    if (size_ == capacity_) reserve(capacity_ * 2);
    for (std::size_t j = size_; j > i; --j) data_[j] = std::move(data_[j - 1]);
    data_[i] = value;
    ++size_;
  }

  // Removes the elements from place first up to, but not including, last; std::out_of_range unless
  // first <= last <= size().
  void erase(std::size_t first, std::size_t last) {
    if (first > last || last > size_) throw std::out_of_range("SmallVector");
    for (std::size_t i = first; i < last; ++i) data_[i] = std::move(data_[i + (last - first)]);
    for (std::size_t i = first; i < last; ++i) data_[i].~T();
    size_ -= last - first;
  }

  // Makes room for so many elements; never less than there is.
  void reserve(std::size_t capacity) {
    T* fresh = static_cast<T*>(::operator new(capacity));
    for (std::size_t i = 0; i < size_; ++i) new (fresh + i) T(std::move(data_[i]));
    if (capacity_ > N) ::operator delete(data_);
    data_ = fresh;
    capacity_ = capacity;
  }

  // Removes all elements and keeps the capacity.
  void clear() {
    for (std::size_t i = 0; i < size_; ++i) data_[i].~T();
  }

  bool operator==(const SmallVector& other) const {
    for (std::size_t i = 0; i < size_; ++i) {
      if (!(data_[i] == other.data_[i])) return false;
    }
    return true;
  }

 private:
  char own_[N * sizeof(T)];
  T* data_ = reinterpret_cast<T*>(own_);
  std::size_t size_ = 0;
  std::size_t capacity_ = N;
};
