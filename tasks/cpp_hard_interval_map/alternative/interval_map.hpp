#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

// Runs are kept by their last key; ranges are cut out after splitting at both of their ends.
template <class V>
class IntervalMap {
 public:
  using Key = std::int64_t;
  struct Run {
    Key first, last;
    V value;
    bool operator==(const Run&) const = default;
  };

  explicit IntervalMap(V value) { ends.insert({top(), value}); }

  const V& at(Key key) const { return ends.lower_bound(key)->second; }

  void assign(Key first, Key last, V value) {
    update(first, last, [&value](const V&) { return value; }, true);
  }

  void update(Key first, Key last, const std::function<V(const V&)>& change) { update(first, last, change, false); }

  std::vector<Run> runs() const {
    std::vector<Run> list;
    Key first = std::numeric_limits<Key>::min();
    for (auto& [last, value] : ends) {
      list.push_back(Run{first, last, value});
      if (last != top()) first = last + 1;
    }
    return list;
  }

  std::size_t size() const { return ends.size(); }

  std::optional<Key> find(const V& value, Key from) const {
    for (auto run = ends.lower_bound(from); run != ends.end(); ++run) {
      if (run->second == value) return from;
      if (run->first != top()) from = run->first + 1;
    }
    return {};
  }

  std::uint64_t measure(Key first, Key last, const V& value) const {
    if (last < first) throw std::invalid_argument("measure");
    unsigned __int128 total = 0;
    for (auto run = ends.lower_bound(first);; ++run) {
      const Key end = std::min(run->first, last);
      if (run->second == value) total += static_cast<unsigned __int128>(static_cast<__int128>(end) - first + 1);
      if (end == last) break;
      first = end + 1;
    }
    return static_cast<std::uint64_t>(std::min<unsigned __int128>(total, std::numeric_limits<std::uint64_t>::max()));
  }

  IntervalMap merge(const IntervalMap& other, const std::function<V(const V&, const V&)>& choose) const {
    std::vector<Key> cuts;
    for (auto& each : ends) cuts.push_back(each.first);
    for (auto& each : other.ends) cuts.push_back(each.first);
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::optional<IntervalMap> out;
    std::optional<Key> open;
    for (Key cut : cuts) {
      const V value = choose(at(cut), other.at(cut));
      if (!out) out.emplace(value);
      else if (*open != top()) out->assign(*open + 1, top(), value);
      open = cut;
    }
    return *out;
  }

 private:
  std::map<Key, V> ends;

  static constexpr Key top() { return std::numeric_limits<Key>::max(); }

  void update(Key first, Key last, const std::function<V(const V&)>& change, bool once) {
    if (last < first) throw std::invalid_argument("update");
    std::vector<std::pair<Key, V>> fresh;
    const bool has_left = first != std::numeric_limits<Key>::min();
    if (has_left) fresh.push_back({first - 1, at(first - 1)});
    auto run = ends.lower_bound(first);
    if (once) {
      fresh.push_back({last, change(run->second)});
    } else {
      for (;; ++run) {
        fresh.push_back({std::min(run->first, last), change(run->second)});
        if (run->first >= last) break;
      }
    }
    // what follows the range: the rest of the run that is cut there, or else the next one
    auto past = ends.lower_bound(last);
    const bool cut = past->first != last;
    if (!cut) ++past;
    std::optional<V> next;
    if (past != ends.end()) next = past->second;
    auto begin = ends.lower_bound(has_left ? first - 1 : first);
    ends.erase(begin, past);
    for (std::size_t i = 0; i < fresh.size(); ++i) {
      const V* following = i + 1 < fresh.size() ? &fresh[i + 1].second : next ? &*next : nullptr;
      if (!following || !(*following == fresh[i].second)) ends.insert(fresh[i]);
    }
  }
};
