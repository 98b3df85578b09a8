#include "check.hpp"
#include "sparse.hpp"

#include <limits>

namespace {
constexpr auto most = std::numeric_limits<std::int64_t>::max();
constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr std::uint64_t huge = 1'000'000'000;

SparseMatrix matrix(std::vector<std::vector<std::int64_t>> rows) {
  SparseMatrix m(rows.size(), rows.empty() ? 0 : rows[0].size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < rows[r].size(); ++c) m.set(r, c, rows[r][c]);
  return m;
}

std::size_t fault(const std::string& text) {
  try {
    SparseMatrix::parse(text);
  } catch (const ParseError& error) {
    return error.line();
  }
  return 0;
}
}  // namespace

TEST(get_and_set) {
  SparseMatrix m(3, huge);
  CHECK_EQ(m.rows(), 3u);
  CHECK_EQ(m.columns(), huge);
  m.set(2, huge - 1, -7);
  m.set(0, 5, 1);
  m.set(2, 0, 4);
  m.set(0, 5, 0);
  CHECK_EQ(m.get(2, huge - 1), -7);
  CHECK_EQ(m.get(0, 5), 0);
  CHECK_EQ(m.count(), 2u);
  CHECK((m.entries() == std::vector<Entry>{{2, 0, 4}, {2, huge - 1, -7}}));
  CHECK_THROWS(m.get(3, 0), std::out_of_range);
  CHECK_THROWS(m.set(0, huge, 0), std::out_of_range);
  CHECK_THROWS(SparseMatrix(0, 4).get(0, 0), std::out_of_range);
}

TEST(sums_and_differences) {
  const auto a = matrix({{1, 0, 2}, {0, -3, 0}}), b = matrix({{-1, 5, 2}, {0, 3, 0}});
  CHECK(a + b == matrix({{0, 5, 4}, {0, 0, 0}}));
  CHECK_EQ((a + b).count(), 2u);
  CHECK(a - b == matrix({{2, -5, 0}, {0, -6, 0}}));
  CHECK_EQ((a - a).count(), 0u);
  CHECK_THROWS(a + a.transposed(), std::invalid_argument);
  CHECK_THROWS(a - matrix({{1, 2, 3}}), std::invalid_argument);
}

TEST(sums_that_overflow) {
  const auto high = matrix({{most}}), low = matrix({{least}}), one = matrix({{1}}), none = matrix({{0}});
  CHECK_THROWS(high + one, std::overflow_error);
  CHECK_THROWS(low - one, std::overflow_error);
  CHECK_THROWS(none - low, std::overflow_error);
  CHECK(high + low == matrix({{-1}}));
  CHECK(matrix({{-1}}) - low == high);
}

TEST(products) {
  const auto a = matrix({{1, 2}, {0, -1}, {3, 0}}), b = matrix({{4, 0, 1}, {-2, 5, 0}});
  CHECK(a * b == matrix({{0, 10, 1}, {2, -5, 0}, {12, 0, 3}}));
  CHECK_EQ((a * b).count(), 6u);
  CHECK_THROWS(a * a, std::invalid_argument);
  CHECK(matrix({{1, 1}}) * matrix({{7}, {-7}}) == SparseMatrix(1, 1));
  const auto empty = SparseMatrix(2, 0) * SparseMatrix(0, 3);
  CHECK(empty == SparseMatrix(2, 3));
}

TEST(products_that_leave_the_range_in_between) {
  const auto row = matrix({{most, most, most, 1, most}}), column = matrix({{most}, {most}, {-most}, {-5}, {-most}});
  CHECK(row * column == matrix({{-5}}));
  SparseMatrix left(1, 64), right(64, 1);
  for (std::uint64_t i = 0; i < 64; ++i) {
    left.set(0, i, least);
    right.set(i, 0, i < 32 ? least : most);
  }
  CHECK_THROWS(left * right, std::overflow_error);
  right.set(0, 0, 0);
  right.set(32, 0, 0);
  CHECK_THROWS(left * right, std::overflow_error);
  CHECK(matrix({{least, most, most}}) * matrix({{1}, {1}, {1}}) == matrix({{most - 1}}));
  CHECK_THROWS(matrix({{most, 1}}) * matrix({{1}, {1}}), std::overflow_error);
  CHECK_THROWS(matrix({{4294967296, 0}}) * matrix({{4294967296}, {0}}), std::overflow_error);
}

TEST(huge_matrices_with_few_entries) {
  SparseMatrix a(huge, huge), b(huge, huge);
  for (std::uint64_t i = 0; i < 300; ++i) {
    a.set(i * 1000003, 999999999 - i, 2);
    b.set(999999999 - i, i * 3000001, 3);
  }
  const auto product = a * b;
  CHECK_EQ(product.count(), 300u);
  CHECK_EQ(product.get(5 * 1000003, 5 * 3000001), 6);
  CHECK_EQ((a + b).count(), 600u);
  CHECK(a.transposed().transposed() == a);
  CHECK_EQ(a.power(3).count(), 0u);
}

TEST(transposing_and_equality) {
  const auto a = matrix({{1, 2, 0}, {0, 0, 3}});
  CHECK(a.transposed() == matrix({{1, 0}, {2, 0}, {0, 3}}));
  CHECK((a.transposed().entries() == std::vector<Entry>{{0, 0, 1}, {1, 0, 2}, {2, 1, 3}}));
  CHECK(!(SparseMatrix(2, 3) == SparseMatrix(3, 2)));
  CHECK(!(a == matrix({{1, 2, 0}, {0, 3, 0}})));
}

TEST(powers) {
  const auto fibonacci = matrix({{1, 1}, {1, 0}});
  CHECK(fibonacci.power(1) == fibonacci);
  CHECK_EQ(fibonacci.power(90).get(0, 1), 2880067194370816120);
  CHECK(fibonacci.power(0) == matrix({{1, 0}, {0, 1}}));
  CHECK_THROWS(matrix({{1, 2}}).power(0), std::invalid_argument);
  CHECK(SparseMatrix(0, 0).power(0) == SparseMatrix(0, 0));
  CHECK_THROWS(SparseMatrix(huge, huge).power(0), std::length_error);
  const auto turn = matrix({{0, -1}, {1, 0}});
  CHECK(turn.power(std::numeric_limits<std::uint64_t>::max()) == turn.power(3));
}

TEST(powers_overflow_only_in_the_result) {
  CHECK_EQ(matrix({{2}}).power(62).get(0, 0), std::int64_t{1} << 62);
  CHECK_EQ(matrix({{-2}}).power(63).get(0, 0), least);
  CHECK_EQ(matrix({{3037000499}}).power(2).get(0, 0), 9223372030926249001);
  CHECK_EQ(matrix({{2097151}}).power(3).get(0, 0), 9223358842721533951);
  CHECK_THROWS(matrix({{2}}).power(63), std::overflow_error);
  CHECK_THROWS(matrix({{2}}).power(1000000007), std::overflow_error);
}

TEST(blocks) {
  const auto a = matrix({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  CHECK(a.block(1, 1, 2, 2) == matrix({{5, 6}, {8, 9}}));
  CHECK(a.block(0, 2, 3, 1) == matrix({{3}, {6}, {9}}));
  CHECK(a.block(3, 3, 0, 0) == SparseMatrix(0, 0));
  CHECK(a.block(3, 0, 0, 3) == SparseMatrix(0, 3));
  CHECK_THROWS(a.block(1, 1, 3, 1), std::out_of_range);
  CHECK_THROWS(a.block(4, 0, 0, 0), std::out_of_range);
  CHECK_THROWS(a.block(2, 0, std::numeric_limits<std::uint64_t>::max(), 1), std::out_of_range);
  CHECK_THROWS(a.block(0, 2, 1, std::numeric_limits<std::uint64_t>::max() - 1), std::out_of_range);
}

TEST(writing) {
  CHECK_EQ(matrix({{0, -2}, {most, 0}}).text(), "2 2 2\n0 1 -2\n1 0 9223372036854775807\n");
  CHECK_EQ(SparseMatrix(0, 5).text(), "0 5 0\n");
  const auto low = matrix({{least}});
  CHECK(SparseMatrix::parse(low.text()) == low);
}

TEST(reading_what_people_write) {
  const auto m = SparseMatrix::parse("# a comment\n\n \t2   3\t4 \n1 2 -5\n  # more\n0 0 007\n\n1 0 0\n\t0 1 -0");
  CHECK(m == matrix({{7, 0, 0}, {0, 0, -5}}));
  CHECK_EQ(m.count(), 2u);
  CHECK_EQ(SparseMatrix::parse("18446744073709551615 1 0").rows(), std::numeric_limits<std::uint64_t>::max());
}

TEST(faulty_lines) {
  CHECK_EQ(fault("1 1 0\n"), 0u);
  CHECK_EQ(fault("2 2\n"), 1u);
  CHECK_EQ(fault("2 2 x\n"), 1u);
  CHECK_EQ(fault("2 -2 0\n"), 1u);
  CHECK_EQ(fault("18446744073709551616 1 0\n"), 1u);
  CHECK_EQ(fault("\n#\n2 2 1\n0 0 1 1\n"), 4u);
  CHECK_EQ(fault("2 2 1\n0 0 +1\n"), 2u);
  CHECK_EQ(fault("2 2 1\n0 0 1.0\n"), 2u);
  CHECK_EQ(fault("2 2 1\n0 0 0x1\n"), 2u);
  CHECK_EQ(fault("2 2 1\n0 0 9223372036854775808\n"), 2u);
  CHECK_EQ(fault("2 2 1\n0 -1 1\n"), 2u);
  CHECK_EQ(fault("2 2 1\n2 0 1\n"), 2u);
  CHECK_EQ(fault("2 2 1\n0 0 1 # no\n"), 2u);
}

TEST(faulty_numbers_of_entries) {
  CHECK_EQ(fault(""), 1u);
  CHECK_EQ(fault("# only\n\n"), 3u);
  CHECK_EQ(fault("2 2 2\n0 0 1\n"), 3u);
  CHECK_EQ(fault("2 2 2\n0 0 1"), 3u);
  CHECK_EQ(fault("2 2 1\n0 0 1\n\n0 1 1\n"), 4u);
  CHECK_EQ(fault("2 2 2\n0 0 1\n#\n0 0 1\n"), 4u);
  CHECK_EQ(fault("2 2 2\n0 0 0\n0 0 5\n"), 3u);
}
