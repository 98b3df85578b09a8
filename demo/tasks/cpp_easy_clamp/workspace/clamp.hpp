#pragma once
#include <vector>

int clamp_to(int value, int low, int high);
int total(const std::vector<int>& values);
