// Products, powers and sums of a matrix of a million rows with thousands of values.
#include <cstdint>
#include <string>

#include "sparse.hpp"

std::string heavy() {
  SparseMatrix matrix(1000000, 1000000);
  for (std::uint64_t i = 0; i < 15000; ++i) {
    matrix.set(i * 7919 % 20011 * 49, i * i % 8009 * 99, static_cast<std::int64_t>(i % 7) - 3);
  }
  SparseMatrix product = matrix * matrix.transposed();
  SparseMatrix sum = product + matrix - product.transposed();
  std::int64_t digest = 0;
  for (const Entry& entry : sum.entries()) digest = digest % 1000003 * 31 + entry.value + static_cast<std::int64_t>(entry.row % 97);
  const SparseMatrix again = SparseMatrix::parse(matrix.text());
  return std::to_string(digest) + " " + std::to_string(product.count()) + " " + std::to_string(again == matrix);
}
