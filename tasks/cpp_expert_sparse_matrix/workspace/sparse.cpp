#include "sparse.hpp"

namespace {
[[noreturn]] void missing() { throw std::logic_error("not implemented"); }
}  // namespace

SparseMatrix::SparseMatrix(std::uint64_t, std::uint64_t) { missing(); }
SparseMatrix SparseMatrix::parse(const std::string&) { missing(); }
std::string SparseMatrix::text() const { missing(); }
std::uint64_t SparseMatrix::rows() const { missing(); }
std::uint64_t SparseMatrix::columns() const { missing(); }
std::int64_t SparseMatrix::get(std::uint64_t, std::uint64_t) const { missing(); }
void SparseMatrix::set(std::uint64_t, std::uint64_t, std::int64_t) { missing(); }
std::size_t SparseMatrix::count() const { missing(); }
std::vector<Entry> SparseMatrix::entries() const { missing(); }
SparseMatrix SparseMatrix::operator+(const SparseMatrix&) const { missing(); }
SparseMatrix SparseMatrix::operator-(const SparseMatrix&) const { missing(); }
SparseMatrix SparseMatrix::operator*(const SparseMatrix&) const { missing(); }
bool SparseMatrix::operator==(const SparseMatrix&) const { missing(); }
SparseMatrix SparseMatrix::transposed() const { missing(); }
SparseMatrix SparseMatrix::power(std::uint64_t) const { missing(); }
SparseMatrix SparseMatrix::block(std::uint64_t, std::uint64_t, std::uint64_t, std::uint64_t) const { missing(); }
