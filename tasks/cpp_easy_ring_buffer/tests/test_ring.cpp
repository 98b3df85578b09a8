#include "check.hpp"
#include "ring.hpp"

#include <memory>
#include <string>

namespace {
using Ints = std::vector<int>;

Ring<int> filled(std::size_t capacity, int count) {
  Ring<int> ring(capacity);
  for (int i = 1; i <= count; ++i) ring.push(i);
  return ring;
}
}  // namespace

TEST(begins_empty) {
  Ring<int> ring(3);
  CHECK(ring.empty() && !ring.full());
  CHECK_EQ(ring.size(), 0u);
  CHECK_EQ(ring.capacity(), 3u);
  CHECK(!ring.pop().has_value());
  CHECK_THROWS(Ring<int>(0), std::invalid_argument);
}

TEST(first_in_first_out) {
  auto ring = filled(3, 2);
  CHECK(!ring.push(3));
  CHECK(ring.full());
  CHECK_EQ(ring.pop().value(), 1);
  CHECK_EQ(ring.pop().value(), 2);
  CHECK(!ring.push(4));
  CHECK((ring.to_vector() == Ints{3, 4}));
}

TEST(full_ring_drops_the_oldest) {
  auto ring = filled(3, 3);
  CHECK(ring.push(4));
  CHECK(ring.push(5));
  CHECK_EQ(ring.size(), 3u);
  CHECK((ring.to_vector() == Ints{3, 4, 5}));
  CHECK_EQ(ring.pop().value(), 3);
}

TEST(places) {
  auto ring = filled(4, 6);
  CHECK_EQ(ring[0], 3);
  CHECK_EQ(ring[3], 6);
  CHECK_EQ(ring[-1], 6);
  CHECK_EQ(ring[-4], 3);
  CHECK_THROWS(ring[4], std::out_of_range);
  CHECK_THROWS(ring[-5], std::out_of_range);
  ring[1] = 40;
  ring[-1] = 60;
  const auto& same = ring;
  CHECK_EQ(same[1], 40);
  CHECK_THROWS(same[9], std::out_of_range);
  CHECK((same.to_vector() == Ints{3, 40, 5, 60}));
  ring.clear();
  CHECK_THROWS(ring[0], std::out_of_range);
  CHECK_THROWS(ring[-1], std::out_of_range);
}

TEST(clear_keeps_the_capacity) {
  auto ring = filled(2, 5);
  ring.clear();
  CHECK(ring.empty());
  CHECK_EQ(ring.capacity(), 2u);
  ring.push(9);
  CHECK((ring.to_vector() == Ints{9}));
}

TEST(resize_up_and_down) {
  auto ring = filled(4, 6);
  ring.resize(6);
  CHECK_EQ(ring.capacity(), 6u);
  CHECK(!ring.push(7));
  CHECK((ring.to_vector() == Ints{3, 4, 5, 6, 7}));
  ring.resize(2);
  CHECK(ring.full());
  CHECK((ring.to_vector() == Ints{6, 7}));
  CHECK_THROWS(ring.resize(0), std::invalid_argument);
  CHECK_EQ(ring.capacity(), 2u);
  CHECK(ring.push(8));
  CHECK((ring.to_vector() == Ints{7, 8}));
}

TEST(copies_are_independent) {
  auto ring = filled(3, 4);
  auto copy = ring;
  copy.push(9);
  copy[0] = 0;
  CHECK((ring.to_vector() == Ints{2, 3, 4}));
  CHECK((copy.to_vector() == Ints{0, 4, 9}));
}

TEST(types_that_only_move) {
  Ring<std::unique_ptr<std::string>> ring(2);
  ring.push(std::make_unique<std::string>("a"));
  ring.push(std::make_unique<std::string>("b"));
  ring.push(std::make_unique<std::string>("c"));
  ring.resize(5);
  CHECK_EQ(*ring[0], "b");
  CHECK_EQ(**ring.pop(), "b");
}

TEST(keeps_nothing_that_left) {
  struct Named {
    explicit Named(std::shared_ptr<int> p) : held(std::move(p)) {}
    std::shared_ptr<int> held;
  };
  auto first = std::make_shared<int>(1), second = std::make_shared<int>(2);
  Ring<Named> ring(2);
  ring.push(Named(first));
  ring.push(Named(second));
  CHECK_EQ(first.use_count(), 2);
  ring.push(Named(second));
  CHECK_EQ(first.use_count(), 1);
  ring.pop();
  CHECK_EQ(second.use_count(), 2);
  ring.clear();
  CHECK_EQ(second.use_count(), 1);
}
