// Runs the tests of a workspace and reports with a token, which is read before any constructor runs.
#include "check.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <unistd.h>

namespace {
char token[4096];
size_t token_length = 0;
int report = -1;

void read_token(int, char**, char**) {
  ssize_t length = read(0, token, sizeof token - 1);
  if (length <= 0) return;
  while (length > 0 && static_cast<unsigned char>(token[length - 1]) <= ' ') --length;
  token[length] = '\0';
  char* space = std::strchr(token, ' ');
  if (space == nullptr) return;
  report = open(space + 1, O_WRONLY | O_CREAT | O_EXCL, 0600);
  token_length = static_cast<size_t>(space - token);
  std::memset(space, 0, sizeof token - token_length);
}

__attribute__((section(".preinit_array"), used)) void (*before_all)(int, char**, char**) = read_token;

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

std::string one_line(std::string text) {
  for (char& each : text)
    if (each == '\n' || each == '\t' || each == '\r') each = ' ';
  return text;
}

void write_all(const std::string& text) {
  size_t at = 0;
  while (at < text.size()) {
    ssize_t written = write(report, text.data() + at, text.size() - at);
    if (written <= 0) _exit(3);
    at += static_cast<size_t>(written);
  }
}
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
  std::string lines = "\nstarted\n";
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
    lines += std::string(failed ? "failed" : "ok") + "\t" + each.name + "\t" + one_line(first_failure) + "\n";
  }
  lines += "ended\t" + std::to_string(seen);
  write_all(std::string(token, token_length));
  write_all(lines);
  std::fflush(nullptr);
  _exit(0);
}
