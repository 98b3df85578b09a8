#include "column.hpp"

#include <stdexcept>

int run(const std::vector<std::string>&, std::istream&, std::ostream&, std::ostream&) {
  throw std::logic_error("not implemented");
}
