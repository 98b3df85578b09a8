#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <vector>

// A value for every key, kept as runs of equal values.
template <class V>
class IntervalMap {
 public:
  using Key = std::int64_t;
  struct Run {
    Key first, last;
    V value;
    bool operator==(const Run&) const = default;
  };

  explicit IntervalMap(V) { throw std::logic_error("not implemented"); }

  const V& at(Key) const { throw std::logic_error("not implemented"); }
  void assign(Key, Key, V) { throw std::logic_error("not implemented"); }
  void update(Key, Key, const std::function<V(const V&)>&) { throw std::logic_error("not implemented"); }
  std::vector<Run> runs() const { throw std::logic_error("not implemented"); }
  std::size_t size() const { throw std::logic_error("not implemented"); }
  std::optional<Key> find(const V&, Key) const { throw std::logic_error("not implemented"); }
  std::uint64_t measure(Key, Key, const V&) const { throw std::logic_error("not implemented"); }
  IntervalMap merge(const IntervalMap&, const std::function<V(const V&, const V&)>&) const {
    throw std::logic_error("not implemented");
  }
};
