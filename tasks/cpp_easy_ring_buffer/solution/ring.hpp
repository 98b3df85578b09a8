#pragma once
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

// A queue of fixed capacity that forgets its oldest elements.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t capacity) : slots_(checked(capacity)) {}

  bool push(T value) {
    const bool dropped = full();
    if (dropped) pop();
    slots_[place(size_)].emplace(std::move(value));
    ++size_;
    return dropped;
  }

  std::optional<T> pop() {
    if (empty()) return std::nullopt;
    std::optional<T> oldest = std::move(slots_[first_]);
    slots_[first_].reset();
    first_ = place(1);
    --size_;
    return oldest;
  }

  T& operator[](std::ptrdiff_t i) { return *slots_[index(i)]; }
  const T& operator[](std::ptrdiff_t i) const { return *slots_[index(i)]; }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return slots_.size(); }
  bool empty() const { return size_ == 0; }
  bool full() const { return size_ == slots_.size(); }

  void clear() {
    while (!empty()) pop();
  }

  std::vector<T> to_vector() const {
    std::vector<T> all;
    for (std::size_t i = 0; i < size_; ++i) all.push_back(*slots_[place(i)]);
    return all;
  }

  void resize(std::size_t capacity) {
    std::vector<std::optional<T>> fresh(checked(capacity));
    while (size_ > capacity) pop();
    for (std::size_t i = 0; i < size_; ++i) fresh[i] = std::move(slots_[place(i)]);
    slots_ = std::move(fresh);
    first_ = 0;
  }

 private:
  static std::size_t checked(std::size_t capacity) {
    if (capacity == 0) throw std::invalid_argument("a ring needs room");
    return capacity;
  }

  std::size_t place(std::size_t i) const { return (first_ + i) % slots_.size(); }

  std::size_t index(std::ptrdiff_t i) const {
    const auto count = static_cast<std::ptrdiff_t>(size_);
    if (i < -count || i >= count) throw std::out_of_range("no such place");
    return place(static_cast<std::size_t>(i < 0 ? i + count : i));
  }

  std::vector<std::optional<T>> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};
