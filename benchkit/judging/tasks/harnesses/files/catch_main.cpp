// Runs the tests that an exercise wrote for Catch2's single header, and reports each.
#include "bench_token.hpp"
#include <pthread.h>
#define CATCH_CONFIG_RUNNER
#include "test/catch.hpp"

namespace {
std::string lines;
size_t seen = 0;

struct Listener : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;

  bool assertionEnded(const Catch::AssertionStats& stats) override {
    if (!stats.assertionResult.isOk() && first_failure.empty())
      first_failure = stats.assertionResult.getExpression() + " " + std::string(stats.assertionResult.getMessage());
    return true;
  }

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    ++seen;
    lines += line_of(!stats.totals.assertions.allOk(), stats.testInfo.name, first_failure);
    first_failure.clear();
  }

  std::string first_failure;
};
}  // namespace

CATCH_REGISTER_LISTENER(Listener)

// Tests start threads by the thousand, and the memory that their stacks may take counts.
void limit_stacks() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 1 << 20);
  pthread_setattr_default_np(&attributes);
  pthread_attr_destroy(&attributes);
}

int main(int argc, char** argv) {
  limit_stacks();
  Catch::Session session;
  if (session.applyCommandLine(argc, argv) != 0) return 2;
  session.run();
  hand_in(lines, seen);
}
