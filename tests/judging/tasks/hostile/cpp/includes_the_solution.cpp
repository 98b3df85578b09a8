#include "CATALOGUE/cpp_easy_clamp/solution/clamp.cpp"
