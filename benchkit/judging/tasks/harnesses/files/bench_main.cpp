// Runs the tests of a workspace, in the order in which their files define them.
#include "bench_token.hpp"
#include "check.hpp"

#include <cstdlib>
#include <mutex>

namespace {
struct Case {
  const char* name;
  void (*run)();
};
std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}
std::mutex guard;
std::string first_failure;
bool failed = false;
}  // namespace

namespace check {
void add(const char* name, void (*run)()) { cases().push_back({name, run}); }

void fail(const char* file, int line, const std::string& what) {
  std::lock_guard<std::mutex> lock(guard);
  if (!failed) first_failure = what;
  failed = true;
  std::fprintf(stderr, "%s:%d: %s\n", file, line, what.c_str());
}
}  // namespace check

int main() {
  std::string lines;
  size_t seen = 0;
  for (const Case& each : cases()) {
    failed = false;
    first_failure.clear();
    ++seen;
    try {
      each.run();
    } catch (const std::exception& error) {
      check::fail(each.name, 0, std::string("an exception: ") + error.what());
    } catch (...) {
      check::fail(each.name, 0, "an exception of another kind");
    }
    if (failed) std::fprintf(stderr, "FAIL: %s\n", each.name);
    lines += line_of(failed, each.name, first_failure);
  }
  hand_in(lines, seen);
}
