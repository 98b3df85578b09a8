#pragma once
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

struct Entry {
  std::uint64_t row, column;
  std::int64_t value;
  bool operator==(const Entry&) const = default;
};

class ParseError : public std::runtime_error {
 public:
  explicit ParseError(std::size_t line) : std::runtime_error("line " + std::to_string(line)), line_(line) {}
  std::size_t line() const { return line_; }

 private:
  std::size_t line_;
};

// The entries stand in a sorted list.
class SparseMatrix {
 public:
  SparseMatrix(std::uint64_t rows, std::uint64_t columns);

  static SparseMatrix parse(const std::string& text);
  std::string text() const;

  std::uint64_t rows() const { return height; }
  std::uint64_t columns() const { return width; }
  std::int64_t get(std::uint64_t row, std::uint64_t column) const;
  void set(std::uint64_t row, std::uint64_t column, std::int64_t value);
  std::size_t count() const { return list.size(); }
  std::vector<Entry> entries() const { return list; }

  SparseMatrix operator+(const SparseMatrix& other) const;
  SparseMatrix operator-(const SparseMatrix& other) const;
  SparseMatrix operator*(const SparseMatrix& other) const;
  bool operator==(const SparseMatrix& other) const;
  SparseMatrix transposed() const;
  SparseMatrix power(std::uint64_t n) const;
  SparseMatrix block(std::uint64_t row, std::uint64_t column, std::uint64_t rows, std::uint64_t columns) const;

 private:
  std::uint64_t height, width;
  std::vector<Entry> list;
};
