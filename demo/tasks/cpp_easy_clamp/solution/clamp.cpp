#include "clamp.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

int clamp_to(int value, int low, int high) {
  if (low > high) throw std::invalid_argument("low is above high");
  return std::clamp(value, low, high);
}

int total(const std::vector<int>& values) { return std::accumulate(values.begin(), values.end(), 0); }
