#include "check.hpp"
#include "interval_map.hpp"

#include <limits>
#include <string>

namespace {
using Map = IntervalMap<char>;
constexpr std::int64_t low = std::numeric_limits<std::int64_t>::min(), high = std::numeric_limits<std::int64_t>::max();

std::string name(std::int64_t key) { return key == low ? "L" : key == high ? "H" : std::to_string(key); }

std::string text(const Map& map) {
  std::string all;
  for (const auto& run : map.runs()) all += name(run.first) + ".." + name(run.last) + run.value + " ";
  if (map.size() != map.runs().size()) all += "size is wrong";
  return all;
}

// Can be copied and compared, and nothing else.
struct Odd {
  explicit Odd(int n) : n(n) {}
  int n;
  friend bool operator==(const Odd& a, const Odd& b) { return a.n == b.n; }
};
}  // namespace

TEST(begins_with_one_run) {
  Map map('a');
  CHECK_EQ(text(map), "L..Ha ");
  CHECK(map.at(low) == 'a' && map.at(0) == 'a' && map.at(high) == 'a');
}

TEST(assigning_within) {
  Map map('a');
  map.assign(10, 20, 'b');
  CHECK_EQ(text(map), "L..9a 10..20b 21..Ha ");
  CHECK(map.at(9) == 'a' && map.at(10) == 'b' && map.at(20) == 'b' && map.at(21) == 'a');
  map.assign(15, 15, 'c');
  CHECK_EQ(text(map), "L..9a 10..14b 15..15c 16..20b 21..Ha ");
  map.assign(12, 18, 'd');
  CHECK_EQ(text(map), "L..9a 10..11b 12..18d 19..20b 21..Ha ");
  map.assign(11, 30, 'e');
  CHECK_EQ(text(map), "L..9a 10..10b 11..30e 31..Ha ");
}

TEST(neighbours_of_one_value_become_one) {
  Map map('a');
  map.assign(0, 9, 'b');
  map.assign(10, 19, 'b');
  CHECK_EQ(text(map), "L..-1a 0..19b 20..Ha ");
  map.assign(-5, -1, 'b');
  CHECK_EQ(text(map), "L..-6a -5..19b 20..Ha ");
  map.assign(3, 4, 'b');
  map.assign(50, 60, 'a');
  CHECK_EQ(text(map), "L..-6a -5..19b 20..Ha ");
  map.assign(5, 5, 'x');
  map.assign(5, 5, 'b');
  CHECK_EQ(text(map), "L..-6a -5..19b 20..Ha ");
  map.assign(-10, 30, 'a');
  CHECK_EQ(text(map), "L..Ha ");
}

TEST(ends_of_the_keys) {
  Map map('a');
  map.assign(low, -1, 'b');
  map.assign(high, high, 'c');
  map.assign(low, low, 'd');
  CHECK_EQ(text(map), "L..Ld -9223372036854775807..-1b 0..9223372036854775806a H..Hc ");
  map.assign(5, high, 'd');
  CHECK_EQ(text(map), "L..Ld -9223372036854775807..-1b 0..4a 5..Hd ");
  map.assign(low, high, 'b');
  CHECK_EQ(text(map), "L..Hb ");
}

TEST(ranges_the_wrong_way_round) {
  Map map('a');
  CHECK_THROWS((map.assign(2, 1, 'b'), 0), std::invalid_argument);
  CHECK_THROWS((map.update(high, low, [](char c) { return c; }), 0), std::invalid_argument);
  CHECK_THROWS(map.measure(2, 1, 'a'), std::invalid_argument);
  CHECK_EQ(text(map), "L..Ha ");
}

TEST(updating) {
  Map map('a');
  map.assign(10, 19, 'b');
  map.assign(20, 29, 'c');
  std::string seen;
  map.update(15, 40, [&](const char& c) {
    seen += c;
    return c == 'c' ? 'z' : 'b';
  });
  CHECK_EQ(seen, "bca");
  CHECK_EQ(text(map), "L..9a 10..19b 20..29z 30..40b 41..Ha ");
  map.update(low, high, [](const char&) { return 'q'; });
  CHECK_EQ(text(map), "L..Hq ");
}

TEST(updates_that_throw_change_nothing) {
  Map map('a');
  map.assign(0, 9, 'b');
  const auto before = text(map);
  auto fail = [](const char& c) -> char {
    if (c == 'b') throw std::runtime_error("b");
    return 'n';
  };
  CHECK_THROWS((map.update(-5, 5, fail), 0), std::runtime_error);
  CHECK_EQ(text(map), before);
}

TEST(finding) {
  Map map('a');
  map.assign(10, 20, 'b');
  map.assign(high, high, 'c');
  CHECK(map.find('a', -7) == -7);
  CHECK(map.find('b', low) == 10);
  CHECK(map.find('b', 15) == 15);
  CHECK(map.find('a', 10) == 21);
  CHECK(!map.find('b', 21).has_value());
  CHECK(map.find('c', low) == high);
  CHECK(map.find('c', high) == high);
  CHECK(!map.find('x', low).has_value());
}

TEST(measuring) {
  Map map('a');
  CHECK_EQ(map.measure(low, high, 'a'), std::numeric_limits<std::uint64_t>::max());
  CHECK_EQ(map.measure(low, high, 'b'), 0u);
  map.assign(0, 9, 'b');
  map.assign(20, 24, 'b');
  CHECK_EQ(map.measure(low, high, 'b'), 15u);
  CHECK_EQ(map.measure(5, 21, 'b'), 7u);
  CHECK_EQ(map.measure(5, 5, 'b'), 1u);
  CHECK_EQ(map.measure(5, 21, 'a'), 10u);
  CHECK_EQ(map.measure(low, high, 'a'), std::numeric_limits<std::uint64_t>::max() - 14);
  CHECK_EQ(map.measure(low, -1, 'a'), std::uint64_t{1} << 63);
}

TEST(merging) {
  Map a('a'), b('x');
  a.assign(0, 9, 'b');
  a.assign(20, high, 'c');
  b.assign(5, 19, 'y');
  b.assign(30, 30, 'a');
  std::string seen;
  const Map both = a.merge(b, [&](const char& mine, const char& others) {
    seen += std::string{mine, others, ' '};
    return others == 'y' ? 'y' : mine;
  });
  CHECK_EQ(seen, "ax bx by ay cx ca cx ");
  CHECK_EQ(text(both), "L..-1a 0..4b 5..19y 20..Hc ");
  CHECK_EQ(text(b), "L..4x 5..19y 20..29x 30..30a 31..Hx ");
  CHECK_EQ(text(Map('p').merge(Map('q'), [](const char&, const char& q) { return q; })), "L..Hq ");
}

TEST(many_runs_and_other_types) {
  IntervalMap<Odd> map{Odd(0)};
  for (std::int64_t i = 0; i < 40000; ++i) map.assign(i * 10, i * 10 + 4, Odd(static_cast<int>(i % 7) + 1));
  CHECK_EQ(map.size(), 80001u);
  int sum = 0;
  for (std::int64_t i = 0; i < 40000; ++i) sum += map.at(i * 10 + 4).n + map.at(i * 10 + 5).n;
  CHECK_EQ(sum, 159995);
  auto copy = map;
  map.assign(0, 500000, Odd(0));
  CHECK_EQ(map.size(), 1u);
  CHECK_EQ(copy.size(), 80001u);
  CHECK(copy.at(0) == Odd(1) && map.at(0) == Odd(0));
}
