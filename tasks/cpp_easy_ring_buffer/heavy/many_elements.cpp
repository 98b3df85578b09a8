// Six million elements through rings of several sizes.
#include <cstdint>
#include <string>

#include "ring.hpp"

std::string heavy() {
  std::uint64_t sum = 0;
  for (std::size_t capacity : {7u, 1000u, 40000u}) {
    Ring<std::uint64_t> ring(capacity);
    for (std::uint64_t i = 0; i < 2000000; ++i) {
      sum += ring.push(i * 7919 % 10007);
      sum += ring[-1] + ring[0];
      if (i % 3 == 0) sum += ring.pop().value_or(0);
    }
    for (std::uint64_t each : ring.to_vector()) sum = sum * 31 + each;
  }
  return std::to_string(sum);
}
