#include "clamp.hpp"

int clamp_to(int, int, int) {  return 0; }
int total(const std::vector<int>&) { return 0; }
int main() { return 0; }
