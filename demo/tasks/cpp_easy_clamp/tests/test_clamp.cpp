#include "check.hpp"
#include "clamp.hpp"

#include <stdexcept>

TEST(below) { CHECK_EQ(clamp_to(1, 2, 5), 2); }
TEST(above) { CHECK_EQ(clamp_to(9, 2, 5), 5); }
TEST(within) { CHECK_EQ(clamp_to(3, 2, 5), 3); }
TEST(at_bounds) { CHECK_EQ(clamp_to(5, 5, 5), 5); }
TEST(negative) { CHECK_EQ(clamp_to(-9, -5, -2), -5); }
TEST(wrong_way_round) { CHECK_THROWS(clamp_to(1, 3, 2), std::invalid_argument); }
TEST(total_of_some) { CHECK_EQ(total({1, 2, 3}), 6); }
TEST(total_of_nothing) { CHECK(total({}) == 0); }
