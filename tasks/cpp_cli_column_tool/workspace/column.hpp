#pragma once
#include <iosfwd>
#include <string>
#include <vector>

// The command: arguments in, exit code out.
int run(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err);
