#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
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

  explicit IntervalMap(V value) { starts_.emplace(least, std::move(value)); }

  const V& at(Key key) const { return holding(key)->second; }

  void assign(Key first, Key last, V value) {
    check(first, last);
    splice(first, last, {{first, std::move(value)}});
  }

  void update(Key first, Key last, const std::function<V(const V&)>& change) {
    check(first, last);
    std::vector<std::pair<Key, V>> changed;
    for (auto run = holding(first); run != starts_.end() && run->first <= last; ++run)
      changed.emplace_back(std::max(first, run->first), change(run->second));
    splice(first, last, std::move(changed));
  }

  std::vector<Run> runs() const {
    std::vector<Run> all;
    for (auto run = starts_.begin(); run != starts_.end(); ++run) all.push_back({run->first, end(run), run->second});
    return all;
  }

  std::size_t size() const { return starts_.size(); }

  std::optional<Key> find(const V& value, Key from) const {
    for (auto run = holding(from); run != starts_.end(); ++run) {
      if (run->second == value) return std::max(from, run->first);
    }
    return std::nullopt;
  }

  std::uint64_t measure(Key first, Key last, const V& value) const {
    check(first, last);
    std::uint64_t sum = 0;
    for (auto run = holding(first); run != starts_.end() && run->first <= last; ++run) {
      if (!(run->second == value)) continue;
      const auto low = static_cast<std::uint64_t>(std::max(first, run->first));
      const std::uint64_t length = static_cast<std::uint64_t>(std::min(last, end(run))) - low;
      if (length == std::numeric_limits<std::uint64_t>::max()) return length;
      sum += length + 1;
    }
    return sum;
  }

  IntervalMap merge(const IntervalMap& other, const std::function<V(const V&, const V&)>& choose) const {
    auto mine = starts_.begin(), theirs = other.starts_.begin();
    IntervalMap result(choose(mine->second, theirs->second));
    auto tail = result.starts_.begin();
    while (true) {
      const auto a = std::next(mine), b = std::next(theirs);
      const bool no_a = a == starts_.end(), no_b = b == other.starts_.end();
      if (no_a && no_b) return result;
      const Key next = no_a ? b->first : no_b ? a->first : std::min(a->first, b->first);
      if (!no_a && a->first == next) mine = a;
      if (!no_b && b->first == next) theirs = b;
      V value = choose(mine->second, theirs->second);
      if (!(value == tail->second)) tail = result.starts_.emplace_hint(result.starts_.end(), next, std::move(value));
    }
  }

 private:
  using Starts = std::map<Key, V>;
  static constexpr Key least = std::numeric_limits<Key>::min(), most = std::numeric_limits<Key>::max();

  static void check(Key first, Key last) {
    if (first > last) throw std::invalid_argument("the range is the wrong way round");
  }

  typename Starts::const_iterator holding(Key key) const { return std::prev(starts_.upper_bound(key)); }

  Key end(typename Starts::const_iterator run) const {
    const auto next = std::next(run);
    return next == starts_.end() ? most : next->first - 1;
  }

  // Replaces what lies in a range by runs that begin at these keys; the first begins at its start.
  void splice(Key first, Key last, std::vector<std::pair<Key, V>> fresh) {
    std::optional<V> after;
    if (last != most) after = at(last + 1);
    const auto from = starts_.lower_bound(first);
    starts_.erase(from, last == most ? starts_.end() : starts_.upper_bound(last + 1));
    if (after) fresh.emplace_back(last + 1, std::move(*after));
    auto place = starts_.lower_bound(first);
    for (auto& [key, value] : fresh) {
      if (place == starts_.begin() || !(std::prev(place)->second == value))
        place = std::next(starts_.emplace_hint(place, key, std::move(value)));
    }
  }

  Starts starts_;
};
