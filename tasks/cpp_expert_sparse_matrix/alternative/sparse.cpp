#include "sparse.hpp"

#include <algorithm>
#include <regex>
#include <sstream>
#include <tuple>

namespace {
bool before(const Entry& a, const Entry& b) { return std::tie(a.row, a.column) < std::tie(b.row, b.column); }

// A sum of products in three limbs of 64 bits, in two's complement.
struct Sum {
  unsigned __int128 low = 0;
  std::int64_t high = 0;

  void add(__int128 value) {
    const auto bits = static_cast<unsigned __int128>(value);
    low += bits;
    high += (low < bits ? 1 : 0) + (value < 0 ? -1 : 0);
  }
  std::int64_t value() const {
    const auto result = static_cast<std::int64_t>(static_cast<std::uint64_t>(low));
    const auto sign = static_cast<unsigned __int128>(static_cast<__int128>(result));
    if (sign != low || high != (result < 0 ? -1 : 0)) throw std::overflow_error("entry");
    return result;
  }
};

struct Term {
  std::uint64_t row, column;
  __int128 value;
};

std::vector<Entry> gathered(std::vector<Term> terms) {
  std::sort(terms.begin(), terms.end(), [](auto& a, auto& b) { return std::tie(a.row, a.column) < std::tie(b.row, b.column); });
  std::vector<Entry> out;
  for (std::size_t i = 0; i < terms.size();) {
    Sum sum;
    const auto first = terms[i];
    for (; i < terms.size() && terms[i].row == first.row && terms[i].column == first.column; ++i) sum.add(terms[i].value);
    if (auto value = sum.value()) out.push_back({first.row, first.column, value});
  }
  return out;
}

bool unsigned_number(const std::string& text, std::uint64_t& out) {
  if (text.empty() || text.find_first_not_of("0123456789") != text.npos) return false;
  out = 0;
  for (char c : text)
    if (__builtin_mul_overflow(out, 10u, &out) || __builtin_add_overflow(out, static_cast<unsigned>(c - '0'), &out)) return false;
  return true;
}

bool signed_number(const std::string& text, std::int64_t& out) {
  const bool minus = text[0] == '-';
  std::uint64_t size;
  if (!unsigned_number(text.substr(minus), size) || size > (std::uint64_t{1} << 63) - !minus) return false;
  out = static_cast<std::int64_t>(minus ? -size : size);
  return true;
}
}  // namespace

SparseMatrix::SparseMatrix(std::uint64_t rows, std::uint64_t columns) : height(rows), width(columns) {}

std::int64_t SparseMatrix::get(std::uint64_t row, std::uint64_t column) const {
  if (!(row < height && column < width)) throw std::out_of_range("get");
  const Entry wanted{row, column, 0};
  auto at = std::lower_bound(list.begin(), list.end(), wanted, before);
  return at != list.end() && !before(wanted, *at) ? at->value : 0;
}

void SparseMatrix::set(std::uint64_t row, std::uint64_t column, std::int64_t value) {
  const bool there = get(row, column) != 0;
  const Entry fresh{row, column, value};
  auto at = std::lower_bound(list.begin(), list.end(), fresh, before);
  if (there && value == 0) list.erase(at);
  else if (there) at->value = value;
  else if (value != 0) list.insert(at, fresh);
}

SparseMatrix SparseMatrix::operator+(const SparseMatrix& other) const {
  if (height != other.height || width != other.width) throw std::invalid_argument("+");
  std::vector<Term> terms;
  for (auto& e : list) terms.push_back({e.row, e.column, e.value});
  for (auto& e : other.list) terms.push_back({e.row, e.column, e.value});
  SparseMatrix out(height, width);
  out.list = gathered(terms);
  return out;
}

SparseMatrix SparseMatrix::operator-(const SparseMatrix& other) const {
  if (height != other.height || width != other.width) throw std::invalid_argument("-");
  std::vector<Term> terms;
  for (auto& e : list) terms.push_back({e.row, e.column, e.value});
  for (auto& e : other.list) terms.push_back({e.row, e.column, -static_cast<__int128>(e.value)});
  SparseMatrix out(height, width);
  out.list = gathered(terms);
  return out;
}

SparseMatrix SparseMatrix::operator*(const SparseMatrix& other) const {
  if (width != other.height) throw std::invalid_argument("*");
  std::vector<Term> terms;
  for (auto& a : list) {
    auto b = std::lower_bound(other.list.begin(), other.list.end(), Entry{a.column, 0, 0}, before);
    for (; b != other.list.end() && b->row == a.column; ++b)
      terms.push_back({a.row, b->column, static_cast<__int128>(a.value) * b->value});
  }
  SparseMatrix out(height, other.width);
  out.list = gathered(terms);
  return out;
}

bool SparseMatrix::operator==(const SparseMatrix& other) const {
  return std::tie(height, width, list) == std::tie(other.height, other.width, other.list);
}

SparseMatrix SparseMatrix::transposed() const {
  SparseMatrix out(width, height);
  for (auto& e : list) out.list.push_back({e.column, e.row, e.value});
  std::sort(out.list.begin(), out.list.end(), before);
  return out;
}

SparseMatrix SparseMatrix::power(std::uint64_t n) const {
  if (height != width) throw std::invalid_argument("power");
  if (n == 0) {
    if (height > 1000000) throw std::length_error("power");
    SparseMatrix out(height, height);
    for (std::uint64_t i = 0; i < height; ++i) out.list.push_back({i, i, 1});
    return out;
  }
  if (n == 1) return *this;
  const SparseMatrix half = power(n / 2), whole = half * half;
  return n % 2 ? whole * *this : whole;
}

SparseMatrix SparseMatrix::block(std::uint64_t row, std::uint64_t column, std::uint64_t rows, std::uint64_t columns) const {
  std::uint64_t bottom, right;
  if (__builtin_add_overflow(row, rows, &bottom) || __builtin_add_overflow(column, columns, &right) || bottom > height || right > width)
    throw std::out_of_range("block");
  SparseMatrix out(rows, columns);
  for (auto& e : list)
    if (e.row >= row && e.row < bottom && e.column >= column && e.column < right)
      out.list.push_back({e.row - row, e.column - column, e.value});
  return out;
}

std::string SparseMatrix::text() const {
  std::ostringstream out;
  out << height << ' ' << width << ' ' << list.size() << '\n';
  for (auto& e : list) out << e.row << ' ' << e.column << ' ' << e.value << '\n';
  return out.str();
}

SparseMatrix SparseMatrix::parse(const std::string& text) {
  std::istringstream in(text);
  std::string line;
  std::size_t number = 0;
  SparseMatrix out(0, 0);
  bool headed = false;
  std::uint64_t expected = 0;
  std::vector<std::tuple<std::uint64_t, std::uint64_t>> places;
  while (std::getline(in, line)) {
    ++number;
    std::vector<std::string> words(1);
    for (char c : line + " ")
      if (c != ' ' && c != '\t') words.back() += c;
      else if (!words.back().empty()) words.emplace_back();
    words.pop_back();
    if (words.empty() || words[0][0] == '#') continue;
    std::uint64_t a, b;
    std::int64_t value;
    if (words.size() != 3 || !unsigned_number(words[0], a) || !unsigned_number(words[1], b)) throw ParseError(number);
    if (!headed) {
      if (!unsigned_number(words[2], expected)) throw ParseError(number);
      out = SparseMatrix(a, b);
      headed = true;
      continue;
    }
    const auto place = std::make_tuple(a, b);
    if (!signed_number(words[2], value) || a >= out.height || b >= out.width || places.size() == expected ||
        std::find(places.begin(), places.end(), place) != places.end())
      throw ParseError(number);
    places.push_back(place);
    out.set(a, b, value);
  }
  if (!headed || places.size() < expected) throw ParseError(number + 1);
  return out;
}
