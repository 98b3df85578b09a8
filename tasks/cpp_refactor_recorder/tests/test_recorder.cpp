#include "check.hpp"
#include "recorder.hpp"

#include <cmath>
#include <limits>

namespace {
std::string joined(const Recorder& recorder) {
  std::string all;
  for (const auto& name : recorder.names()) all += name + "|";
  return all;
}
}  // namespace

TEST(limits_of_the_constructor) {
  CHECK_THROWS(Recorder(0), std::invalid_argument);
  CHECK_THROWS(Recorder(-3), std::invalid_argument);
  CHECK_THROWS(Recorder(1001), std::invalid_argument);
  CHECK(Recorder(1000).add("a", 1));
  CHECK_EQ(Recorder(1).dump(), "");
}

TEST(statistics) {
  Recorder r(3);
  for (double v : {4.0, -2.0, 7.0}) CHECK(r.add("a", v));
  const auto s = r.stats("a").value();
  CHECK_EQ(s.count, 3);
  CHECK_EQ(s.min, -2.0);
  CHECK_EQ(s.max, 7.0);
  CHECK_EQ(s.mean, 3.0);
  CHECK_EQ(s.recent, 3.0);
  CHECK(!r.stats("b").has_value());
  CHECK(!r.stats("").has_value());
}

TEST(recent_values) {
  Recorder r(3);
  for (double v : {100.0, 8.0, 1.0, 2.0, 3.0, 6.0}) r.add("a", v);
  const auto s = r.stats("a").value();
  CHECK_EQ(s.mean, 20.0);
  CHECK_EQ(s.recent, 3.0);
  CHECK_EQ(s.max, 100.0);
}

TEST(values_that_are_not_taken) {
  Recorder r(2);
  CHECK(!r.add("a", std::nan("")));
  CHECK(!r.add("a", std::numeric_limits<double>::infinity()));
  CHECK(!r.add("a", -std::numeric_limits<double>::infinity()));
  CHECK(!r.add("", 1));
  CHECK(!r.add("   ", 1));
  CHECK_EQ(joined(r), "");
  r.add("a", 2);
  CHECK(!r.add("a", std::nan("")));
  CHECK_EQ(r.stats("a")->count, 1);
}

TEST(names_are_cut) {
  Recorder r(9);
  r.add("  temperature of the room", 1);
  r.add("temperature", 3);
  r.add("a:b c ", 1);
  r.add("ten bytes: and more", 1);
  r.add(" :", 1);
  CHECK_EQ(joined(r), "_|ten bytes_|a_b c|temperature|");
  CHECK_EQ(r.stats("temperature, too")->count, 2);
  CHECK(r.stats(" a_b c").has_value());
  CHECK(r.remove(" ten bytes: x"));
  CHECK(!r.remove("ten bytes"));
  r.add("0123456789    z", 1);
  CHECK_EQ(r.names().front(), "0123456789");
}

TEST(names_are_views) {
  Recorder r(9);
  const std::string text = "alphabeta";
  r.add(std::string_view(text).substr(0, 5), 1);
  r.add(std::string_view("x\0y", 3), 2);
  r.add("x", 3);
  CHECK_EQ(r.names().size(), 3u);
  CHECK(r.names()[1] == std::string("x\0y", 3));
  CHECK_EQ(r.names()[2], "alpha");
  CHECK_EQ(r.stats("x")->mean, 3.0);
}

TEST(number_of_series) {
  Recorder r(2);
  CHECK(r.add("a", 1) && r.add("b", 1));
  CHECK(!r.add("c", 1));
  CHECK(r.add("a", 2));
  CHECK(!r.stats("c").has_value());
  CHECK(r.remove("a"));
  CHECK(!r.remove("a"));
  CHECK(r.add("c", 1));
  CHECK(!r.add("a", 1));
  CHECK_EQ(joined(r), "c|b|");
}

TEST(dumping) {
  Recorder r(5);
  for (double v : {1.0, 2.0, 3.0, 4.0, 5.0}) r.add("rise", v);
  for (double v : {9.0, 1.0, 1.0, 1.0, 1.005}) r.add("fall:ing", v);
  r.add("still", -0.125);
  CHECK_EQ(r.dump(),
           "still       n=1 min=-0.12 max=-0.12 mean=-0.125\n"
           "fall_ing    n=5 min=1.00 max=9.00 mean=2.601 down\n"
           "rise        n=5 min=1.00 max=5.00 mean=3.000 up\n");
  r.remove("fall_ing");
  r.add("rise", 3);
  r.add("eleven byte", 1e20);
  CHECK_EQ(r.dump(),
           "eleven byte n=1 min=100000000000000000000.00 max=100000000000000000000.00 mean=100000000000000000000.000\n"
           "still       n=1 min=-0.12 max=-0.12 mean=-0.125\n"
           "rise        n=6 min=1.00 max=5.00 mean=3.000 up\n");
}

TEST(long_dumps) {
  Recorder r(1000);
  for (int i = 0; i < 1000; ++i) r.add("series " + std::to_string(i), i);
  const std::string text = r.dump();
  std::size_t lines = 0;
  for (char c : text) lines += c == '\n';
  CHECK_EQ(lines, 1000u);
  CHECK(text.starts_with("series 999  n=1 min=999.00"));
}

TEST(recorders_are_values) {
  Recorder a(2), b(1);
  a.add("x", 1);
  CHECK(b.add("x", 5));
  CHECK(!b.add("y", 5));
  CHECK_EQ(a.stats("x")->mean, 1.0);
  Recorder copy = a;
  copy.add("x", 3);
  CHECK(copy.add("y", 3));
  CHECK(!copy.add("z", 3));
  CHECK_EQ(a.stats("x")->count, 1);
  CHECK(!a.stats("y").has_value());
  a = copy;
  copy.remove("y");
  CHECK_EQ(joined(a), "y|x|");
  const Recorder moved = std::move(a);
  CHECK_EQ(moved.stats("x")->mean, 2.0);
}
