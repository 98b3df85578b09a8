#pragma once
#include <cstddef>
#include <deque>
#include <optional>
#include <stdexcept>
#include <vector>

template <class T>
class Ring {
  std::deque<T> items;
  std::size_t most;

  template <class Items>
  static auto& at(Items& items, std::ptrdiff_t i) {
    if (i < 0) i += static_cast<std::ptrdiff_t>(items.size());
    if (i < 0) throw std::out_of_range("before the oldest");
    return items.at(static_cast<std::size_t>(i));
  }

 public:
  explicit Ring(std::size_t capacity) : most(capacity) {
    if (most < 1) throw std::invalid_argument("capacity");
  }
  bool push(T value) {
    bool drop = items.size() == most;
    if (drop) items.pop_front();
    items.push_back(std::move(value));
    return drop;
  }
  std::optional<T> pop() {
    std::optional<T> out;
    if (!items.empty()) {
      out.emplace(std::move(items.front()));
      items.pop_front();
    }
    return out;
  }
  T& operator[](std::ptrdiff_t i) { return at(items, i); }
  const T& operator[](std::ptrdiff_t i) const { return at(items, i); }
  std::size_t size() const { return items.size(); }
  std::size_t capacity() const { return most; }
  bool empty() const { return items.empty(); }
  bool full() const { return items.size() >= most; }
  void clear() { items.clear(); }
  std::vector<T> to_vector() const { return {items.begin(), items.end()}; }
  void resize(std::size_t capacity) {
    if (capacity == 0) throw std::invalid_argument("capacity");
    for (most = capacity; items.size() > most;) items.pop_front();
  }
};
