// Reads the token before any constructor runs, and hands the report in.
#pragma once
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
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

std::string line_of(bool failed, const std::string& name, const std::string& message) {
  return std::string(failed ? "failed" : "ok") + "\t" + one_line(name) + "\t" + one_line(message) + "\n";
}

// All tests have run to their end.
[[noreturn]] void hand_in(const std::string& lines, size_t seen) {
  write_all(std::string(token, token_length));
  write_all("\nstarted\n" + lines + "ended\t" + std::to_string(seen));
  std::fflush(nullptr);
  _exit(0);
}
}  // namespace
