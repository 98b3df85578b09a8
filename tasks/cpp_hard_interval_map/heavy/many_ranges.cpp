// Hundred thousand ranges assigned, changed, measured and merged.
#include <cstdint>
#include <string>

#include "interval_map.hpp"

std::string heavy() {
  IntervalMap<int> one(0), other(1);
  std::uint64_t sum = 0;
  for (std::int64_t i = 0; i < 100000; ++i) {
    const std::int64_t first = i * 7919 % 1000003;
    one.assign(first, first + i % 200, static_cast<int>(i % 11));
    other.assign(first + 50, first + 90, static_cast<int>(i % 7));
    sum += static_cast<std::uint64_t>(one.at(i * 104729 % 1000003));
    if (i % 50 == 0) one.update(first, first + 500, [](const int& value) { return value + 1; });
    if (i % 500 == 0) sum += one.measure(first, first + 20000, 3);
  }
  const IntervalMap<int> both = one.merge(other, [](const int& a, const int& b) { return a * 3 + b; });
  for (const auto& run : both.runs()) sum = sum * 31 + static_cast<std::uint64_t>(run.value) + static_cast<std::uint64_t>(run.last);
  return std::to_string(sum) + " " + std::to_string(both.size());
}
