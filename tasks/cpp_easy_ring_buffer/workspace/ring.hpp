#pragma once
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <vector>

// A queue of fixed capacity that forgets its oldest elements.
template <class T>
class Ring {
 public:
  explicit Ring(std::size_t) { throw std::logic_error("not implemented"); }

  bool push(T) { throw std::logic_error("not implemented"); }
  std::optional<T> pop() { throw std::logic_error("not implemented"); }
  T& operator[](std::ptrdiff_t) { throw std::logic_error("not implemented"); }
  const T& operator[](std::ptrdiff_t) const { throw std::logic_error("not implemented"); }
  std::size_t size() const { throw std::logic_error("not implemented"); }
  std::size_t capacity() const { throw std::logic_error("not implemented"); }
  bool empty() const { throw std::logic_error("not implemented"); }
  bool full() const { throw std::logic_error("not implemented"); }
  void clear() { throw std::logic_error("not implemented"); }
  std::vector<T> to_vector() const { throw std::logic_error("not implemented"); }
  void resize(std::size_t) { throw std::logic_error("not implemented"); }
};
