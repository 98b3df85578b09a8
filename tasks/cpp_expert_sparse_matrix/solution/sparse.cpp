#include "sparse.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <string_view>

namespace {
using Wide = __int128;

std::int64_t narrow(Wide value) {
  if (value < std::numeric_limits<std::int64_t>::min() || value > std::numeric_limits<std::int64_t>::max())
    throw std::overflow_error("an entry does not fit");
  return static_cast<std::int64_t>(value);
}

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  while (true) {
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return found;
    const auto end = std::min(line.find_first_of(" \t", start), line.size());
    found.push_back(line.substr(start, end - start));
    line.remove_prefix(end);
  }
}

template <class Number>
Number number(std::string_view word, std::size_t line) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) throw ParseError(line);
  return value;
}
}  // namespace

void SparseMatrix::check(std::uint64_t row, std::uint64_t column) const {
  if (row >= rows_ || column >= columns_) throw std::out_of_range("outside of the matrix");
}

std::int64_t SparseMatrix::get(std::uint64_t row, std::uint64_t column) const {
  check(row, column);
  const auto found = cells_.find({row, column});
  return found == cells_.end() ? 0 : found->second;
}

void SparseMatrix::set(std::uint64_t row, std::uint64_t column, std::int64_t value) {
  check(row, column);
  if (value == 0) {
    cells_.erase({row, column});
  } else {
    cells_[{row, column}] = value;
  }
}

std::vector<Entry> SparseMatrix::entries() const {
  std::vector<Entry> all;
  for (const auto& [place, value] : cells_) all.push_back({place.first, place.second, value});
  return all;
}

SparseMatrix SparseMatrix::combined(const SparseMatrix& other, int sign) const {
  if (rows_ != other.rows_ || columns_ != other.columns_) throw std::invalid_argument("sizes differ");
  SparseMatrix sum = *this;
  for (const auto& [place, value] : other.cells_) {
    const Wide wide = Wide(get(place.first, place.second)) + Wide(sign) * value;
    sum.set(place.first, place.second, narrow(wide));
  }
  return sum;
}

SparseMatrix SparseMatrix::operator*(const SparseMatrix& other) const {
  if (columns_ != other.rows_) throw std::invalid_argument("sizes do not fit");
  SparseMatrix product(rows_, other.columns_);
  // 128 bits hold one product, and its halves hold the sum of 2^32 of them
  struct Sum {
    Wide high = 0, low = 0;
  };
  std::map<Place, Sum> sums;
  for (const auto& [place, value] : cells_) {
    for (auto at = other.cells_.lower_bound({place.second, 0}); at != other.cells_.end(); ++at) {
      if (at->first.first != place.second) break;
      const Wide part = Wide(value) * at->second;
      Sum& sum = sums[{place.first, at->first.second}];
      sum.high += part >> 64;
      sum.low += static_cast<Wide>(static_cast<std::uint64_t>(part));
    }
  }
  for (const auto& [place, sum] : sums) {
    const Wide high = sum.high + (sum.low >> 64);
    if (high != 0 && high != -1) throw std::overflow_error("an entry does not fit");
    const Wide whole = high * (Wide(1) << 64) + static_cast<Wide>(static_cast<std::uint64_t>(sum.low));
    product.set(place.first, place.second, narrow(whole));
  }
  return product;
}

SparseMatrix SparseMatrix::transposed() const {
  SparseMatrix turned(columns_, rows_);
  for (const auto& [place, value] : cells_) turned.cells_[{place.second, place.first}] = value;
  return turned;
}

SparseMatrix SparseMatrix::power(std::uint64_t n) const {
  if (rows_ != columns_) throw std::invalid_argument("not square");
  if (n == 0) {
    if (rows_ > 1'000'000) throw std::length_error("too large an identity");
    SparseMatrix identity(rows_, rows_);
    for (std::uint64_t i = 0; i < rows_; ++i) identity.cells_[{i, i}] = 1;
    return identity;
  }
  std::optional<SparseMatrix> result;
  SparseMatrix square = *this;
  while (true) {
    if (n & 1) result = result ? *result * square : square;
    n >>= 1;
    if (n == 0) return *result;
    square = square * square;
  }
}

SparseMatrix SparseMatrix::block(std::uint64_t row, std::uint64_t column, std::uint64_t rows, std::uint64_t columns) const {
  if (row > rows_ || rows > rows_ - row || column > columns_ || columns > columns_ - column)
    throw std::out_of_range("outside of the matrix");
  SparseMatrix part(rows, columns);
  for (auto at = cells_.lower_bound({row, 0}); at != cells_.end() && at->first.first - row < rows; ++at) {
    const auto [r, c] = at->first;
    if (c >= column && c - column < columns) part.cells_[{r - row, c - column}] = at->second;
  }
  return part;
}

std::string SparseMatrix::text() const {
  std::string out = std::to_string(rows_) + " " + std::to_string(columns_) + " " + std::to_string(count()) + "\n";
  for (const auto& [place, value] : cells_)
    out += std::to_string(place.first) + " " + std::to_string(place.second) + " " + std::to_string(value) + "\n";
  return out;
}

SparseMatrix SparseMatrix::parse(const std::string& text) {
  std::optional<SparseMatrix> matrix;
  std::uint64_t left = 0;
  std::set<Place> seen;
  std::string_view rest = text;
  std::size_t line = 0;
  while (!rest.empty()) {
    ++line;
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto parts = words(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (parts.empty() || parts[0][0] == '#') continue;
    if (parts.size() != 3) throw ParseError(line);
    const auto first = number<std::uint64_t>(parts[0], line), second = number<std::uint64_t>(parts[1], line);
    if (!matrix) {
      matrix.emplace(first, second);
      left = number<std::uint64_t>(parts[2], line);
      continue;
    }
    const auto value = number<std::int64_t>(parts[2], line);
    if (first >= matrix->rows_ || second >= matrix->columns_ || left == 0 || !seen.insert({first, second}).second)
      throw ParseError(line);
    --left;
    matrix->set(first, second, value);
  }
  if (!matrix || left > 0) throw ParseError(line + 1);
  return *matrix;
}
