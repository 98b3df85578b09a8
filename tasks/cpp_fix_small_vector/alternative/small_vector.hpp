#pragma once
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <utility>

// Elements live either in a union's array or in a block of std::allocator; heap_ tells which.
template <class T, std::size_t N>
class SmallVector {
  union Slot {
    T value;
    Slot() {}
    ~Slot() {}
  };
  Slot own_[N ? N : 1];
  T* heap_ = nullptr;
  std::size_t room_ = N, count_ = 0;

  T* base() { return heap_ ? heap_ : &own_[0].value; }
  const T* base() const { return heap_ ? heap_ : &own_[0].value; }

  void swap_in(SmallVector& other) noexcept {
    if (other.heap_) {
      heap_ = std::exchange(other.heap_, nullptr);
      room_ = std::exchange(other.room_, N);
      count_ = std::exchange(other.count_, 0);
      return;
    }
    for (; count_ < other.count_; ++count_) std::construct_at(base() + count_, std::move(other.base()[count_]));
    other.clear();
  }

  void reset() noexcept {
    clear();
    if (heap_) std::allocator<T>().deallocate(heap_, room_);
    heap_ = nullptr;
    room_ = N;
  }

  template <class Value>
  void grow_and_add(Value&& value) {
    const std::size_t room = room_ ? room_ * 2 : 1;
    T* block = std::allocator<T>().allocate(room);
    try {
      std::construct_at(block + count_, std::forward<Value>(value));
    } catch (...) {
      std::allocator<T>().deallocate(block, room);
      throw;
    }
    adopt(block, room);
    ++count_;
  }

  void adopt(T* block, std::size_t room) noexcept {
    const std::size_t count = count_;
    for (std::size_t i = 0; i < count; ++i) std::construct_at(block + i, std::move(base()[i]));
    reset();
    heap_ = block;
    room_ = room;
    count_ = count;
  }

 public:
  SmallVector() {}
  SmallVector(std::initializer_list<T> list) : SmallVector() {
    for (auto& each : list) push_back(each);
  }
  SmallVector(const SmallVector& other) : SmallVector() {
    reserve(other.count_);
    for (auto& each : other) push_back(each);
  }
  SmallVector(SmallVector&& other) noexcept { swap_in(other); }
  SmallVector& operator=(SmallVector other) noexcept {
    reset();
    swap_in(other);
    return *this;
  }
  ~SmallVector() { reset(); }

  std::size_t size() const { return count_; }
  std::size_t capacity() const { return room_; }
  bool empty() const { return !count_; }
  T* begin() { return base(); }
  T* end() { return base() + count_; }
  const T* begin() const { return base(); }
  const T* end() const { return base() + count_; }
  T& operator[](std::size_t i) { return base()[i]; }
  const T& operator[](std::size_t i) const { return base()[i]; }
  T& at(std::size_t i) { return i < count_ ? base()[i] : throw std::out_of_range("at"); }

  void push_back(const T& value) {
    if (count_ == room_) return grow_and_add(value);
    std::construct_at(base() + count_, value);
    ++count_;
  }
  void push_back(T&& value) {
    if (count_ == room_) return grow_and_add(std::move(value));
    std::construct_at(base() + count_, std::move(value));
    ++count_;
  }
  void pop_back() { std::destroy_at(base() + --count_); }
  void insert(std::size_t i, const T& value) {
    if (i > count_) throw std::out_of_range("insert");
    push_back(value);
    for (std::size_t j = count_ - 1; j > i; --j) std::swap(base()[j], base()[j - 1]);
  }
  void erase(std::size_t first, std::size_t last) {
    if (last < first || count_ < last) throw std::out_of_range("erase");
    if (first != last)
      for (std::size_t from = last; from < count_; ++from) base()[from - last + first] = std::move(base()[from]);
    for (; first < last; ++first) pop_back();
  }
  void reserve(std::size_t room) {
    if (room > room_) adopt(std::allocator<T>().allocate(room), room);
  }
  void clear() {
    while (count_) pop_back();
  }
  bool operator==(const SmallVector& other) const {
    if (count_ != other.count_) return false;
    for (std::size_t i = 0; i < count_; ++i)
      if (!(base()[i] == other.base()[i])) return false;
    return true;
  }
};
