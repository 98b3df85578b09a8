#include "clamp.hpp"

int clamp_to(int, int, int) { throw 1; }

int total(const std::vector<int>&) { throw 1; }
