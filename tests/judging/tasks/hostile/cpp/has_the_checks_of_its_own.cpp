#include "clamp.hpp"
#include <string>
namespace check { void fail(const char*, int, const std::string&) {} }
int clamp_to(int, int, int) {  return 0; }
int total(const std::vector<int>&) { return 0; }
