// The checks of C++ tasks: TEST(name) { CHECK(cond); CHECK_EQ(a, b); CHECK_THROWS(expression, Type); }
#pragma once
#include <exception>
#include <functional>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace check {
void add(const char* name, void (*run)());
void fail(const char* file, int line, const std::string& what);

struct Register {
  Register(const char* name, void (*run)()) { add(name, run); }
};

template <class A, class B>
void equal(const A& a, const B& b, const char* text, const char* file, int line) {
  if (a == b) return;
  std::ostringstream out;
  out << text;
  if constexpr (requires { out << a; out << b; }) out << " (" << a << " != " << b << ")";
  fail(file, line, out.str());
}
}  // namespace check

#define TEST(name)                                                    \
  static void test_##name();                                          \
  static check::Register register_##name(#name, test_##name);         \
  static void test_##name()
#define CHECK(...)                                                    \
  do {                                                                \
    if (!(__VA_ARGS__)) check::fail(__FILE__, __LINE__, #__VA_ARGS__); \
  } while (0)
#define CHECK_EQ(a, b) check::equal((a), (b), #a " == " #b, __FILE__, __LINE__)
#define CHECK_THROWS(expr, Type)                                      \
  do {                                                                \
    bool thrown_ = false;                                             \
    try {                                                             \
      (void)(expr);                                                   \
    } catch (const Type&) {                                           \
      thrown_ = true;                                                 \
    } catch (...) {                                                   \
    }                                                                 \
    if (!thrown_) check::fail(__FILE__, __LINE__, #expr " throws " #Type); \
  } while (0)
