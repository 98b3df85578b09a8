#include "clamp.hpp"

#include <stdexcept>

int clamp_to(int value, int low, int high) {
  if (high < low) throw std::invalid_argument("bounds");
  return value < low ? low : value > high ? high : value;
}

int total(const std::vector<int>& values) {
  int sum = 0;
  for (int each : values) sum += each;
  return sum;
}
