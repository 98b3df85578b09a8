#include "check.hpp"
#include "calculator.hpp"

namespace {
std::int64_t value(const std::string& text) { return Calculator().evaluate(text); }

std::string fault(Calculator& calculator, const std::string& text) {
  try {
    return "gives " + std::to_string(calculator.evaluate(text));
  } catch (const CalculatorError& error) {
    return error.what() + std::string(" at ") + std::to_string(error.column());
  }
}

std::string fault(const std::string& text) {
  Calculator calculator;
  return fault(calculator, text);
}
}  // namespace

TEST(from_left_to_right) {
  CHECK_EQ(value("10 - 4 - 3"), 3);
  CHECK_EQ(value("10-4+3-2"), 7);
  CHECK_EQ(value("100/10/2*3%4"), 3);
  CHECK_EQ(value("2 + 3 * 4 - 1"), 13);
  CHECK_EQ(value("(2 + 3) * (4 - 1)"), 15);
  CHECK_EQ(value(" \t007\t"), 7);
}

TEST(signs_and_powers) {
  CHECK_EQ(value("-2 ^ 2"), -4);
  CHECK_EQ(value("(-2) ^ 2"), 4);
  CHECK_EQ(value("2 ^ 3 ^ 2"), 512);
  CHECK_EQ(value("2 ^ +3"), 8);
  CHECK_EQ(value("- - + -5"), -5);
  CHECK_EQ(value("2 * -3 - -4"), -2);
  CHECK_EQ(value("2 ^ 3 * 2"), 16);
  CHECK_EQ(value("0 ^ 0"), 1);
  CHECK_EQ(value("2 ^ 2 - 1"), 3);
}

TEST(division_rounds_down) {
  CHECK_EQ(value("7 / 2"), 3);
  CHECK_EQ(value("-7 / 2"), -4);
  CHECK_EQ(value("7 / -2"), -4);
  CHECK_EQ(value("-7 / -2"), 3);
  CHECK_EQ(value("-8 / 2"), -4);
  CHECK_EQ(value("7 % -2"), -1);
  CHECK_EQ(value("-7 % 2"), 1);
  CHECK_EQ(value("-7 % -2"), -1);
  CHECK_EQ(value("-6 % 2"), 0);
}

TEST(limits) {
  CHECK_EQ(value("9223372036854775807"), INT64_MAX);
  CHECK_EQ(value("-9223372036854775807 - 1"), INT64_MIN);
  CHECK_EQ(value("(-9223372036854775807 - 1) % -1"), 0);
  CHECK_EQ(value("(-2) ^ 63"), INT64_MIN);
  CHECK_EQ(value("2 ^ 62"), std::int64_t{1} << 62);
  CHECK_EQ(value("1 ^ 9223372036854775807"), 1);
  CHECK_EQ(value("(-1) ^ 9223372036854775807"), -1);
  CHECK_EQ(value("0 ^ 9223372036854775807"), 0);
}

TEST(overflow) {
  CHECK_EQ(fault("1 + 9223372036854775807"), "overflow at 3");
  CHECK_EQ(fault("-9223372036854775807 - 1 - 1"), "overflow at 26");
  CHECK_EQ(fault("2 ^ 70"), "overflow at 3");
  CHECK_EQ(fault("2 ^ 64"), "overflow at 3");
  CHECK_EQ(fault("9 + 4294967296 * 4294967296"), "overflow at 16");
  CHECK_EQ(fault("(-2 ^ 62 * 2) / -1"), "overflow at 15");
  CHECK_EQ(fault(" -(-2 ^ 62 * 2)"), "overflow at 2");
  CHECK_EQ(fault("3 ^ 9223372036854775807"), "overflow at 3");
}

TEST(faulty_arithmetic) {
  CHECK_EQ(fault("1 + 5 / (2 - 2)"), "division by zero at 7");
  CHECK_EQ(fault("5 % 0"), "division by zero at 3");
  CHECK_EQ(fault("2 ^ -1"), "negative exponent at 3");
  CHECK_EQ(fault("9223372036854775808"), "number too large at 1");
  CHECK_EQ(fault("1 + 99999999999999999999999"), "number too large at 5");
}

TEST(texts_that_end_too_early) {
  CHECK_EQ(fault(""), "unexpected end at 1");
  CHECK_EQ(fault("  "), "unexpected end at 3");
  CHECK_EQ(fault("1 + "), "unexpected end at 5");
  CHECK_EQ(fault("(1 + 2"), "unexpected end at 7");
  CHECK_EQ(fault("x ="), "unexpected end at 4");
}

TEST(tokens_that_cannot_stand_here) {
  CHECK_EQ(fault("1 2"), "unexpected token at 3");
  CHECK_EQ(fault("(1 2)"), "unexpected token at 4");
  CHECK_EQ(fault("1)"), "unexpected token at 2");
  CHECK_EQ(fault("()"), "unexpected token at 2");
  CHECK_EQ(fault("* 2"), "unexpected token at 1");
  CHECK_EQ(fault("1 = 2"), "unexpected token at 3");
  CHECK_EQ(fault("2x"), "unexpected token at 2");
  CHECK_EQ(fault("(2 = 2)"), "unexpected token at 4");
  CHECK_EQ(fault("1 $ 2"), "unexpected character at 3");
  CHECK_EQ(fault("\n1"), "unexpected character at 1");
}

TEST(variables) {
  Calculator calculator;
  CHECK_EQ(calculator.evaluate("x = 4"), 4);
  CHECK_EQ(calculator.evaluate("x * x"), 16);
  CHECK_EQ(calculator.evaluate(" a_1 = _b = x + 1"), 5);
  CHECK_EQ(calculator.evaluate("a_1 * 10 + _b"), 55);
  CHECK_EQ(calculator.evaluate("x = x - 4"), 0);
  CHECK_EQ(calculator.evaluate("x + 1"), 1);
  CHECK_EQ(fault(calculator, "1 + X"), "unknown name at 5");
  CHECK_EQ(fault(calculator, "x1"), "unknown name at 1");
}

TEST(texts_that_fail_change_nothing) {
  Calculator calculator;
  calculator.evaluate("x = 1");
  CHECK_EQ(fault(calculator, "x = 5 )"), "unexpected token at 7");
  CHECK_EQ(fault(calculator, "x = y = 1 / 0"), "division by zero at 11");
  CHECK_EQ(fault(calculator, "y = 7 7"), "unexpected token at 7");
  CHECK_EQ(fault(calculator, "z + 1"), "unknown name at 1");
  CHECK_EQ(calculator.evaluate("x"), 1);
  CHECK_EQ(fault(calculator, "y"), "unknown name at 1");
  CHECK_EQ(fault(calculator, "z"), "unknown name at 1");
}

TEST(calculators_are_independent) {
  Calculator first, second;
  first.evaluate("n = 3");
  CHECK_EQ(fault(second, "n"), "unknown name at 1");
  Calculator copy = first;
  copy.evaluate("n = 4");
  CHECK_EQ(first.evaluate("n ^ 2"), 9);
}
