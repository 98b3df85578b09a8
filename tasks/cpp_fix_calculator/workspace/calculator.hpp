#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>

// What is wrong, and the column in the text (from 1, in bytes).
//
//   "unexpected character"   a character that begins no token; the column of it
//   "unexpected token"       a token that cannot stand here; the column where it begins
//   "unexpected end"         the text ends too early; the column after its last character
//   "number too large"       a number that does not fit into std::int64_t; where it begins
//   "unknown name"           a variable that was never set; where it begins
//   "overflow"               a result that does not fit into std::int64_t; the column of the operator
//   "division by zero"       also for %; the column of the operator
//   "negative exponent"      the column of the operator
class CalculatorError : public std::runtime_error {
 public:
  CalculatorError(const std::string& what, std::size_t column) : std::runtime_error(what), column_(column) {}
  std::size_t column() const { return column_; }

 private:
  std::size_t column_;
};

// Evaluates texts over whole numbers of 64 bits.
//
//   statement   name = statement | sum          the name gets the value, and the value is the result
//   sum         product { (+ | -) product }     from left to right
//   product     sign { (* | / | %) sign }       from left to right
//   sign        (- | +) sign | power
//   power       atom [ ^ sign ]                 so 2 ^ 3 ^ 2 is 2 ^ (3 ^ 2), -2 ^ 2 is -(2 ^ 2), 2 ^ -1 is an error
//   atom        number | name | ( sum )
//
// Numbers are decimal digits. Names are letters (a-z, A-Z), digits and _, and begin with no digit. Blanks and tabs may stand
// between tokens. Division rounds down (to the smaller number), and % has the sign of its right operand, so that a == (a / b) * b + a % b
// always holds; least / -1 is an overflow, and least % -1 is 0. x ^ 0 is 1 for all x.
//
// Variables keep their values from one text to the next. A text that fails changes no variable.
class Calculator {
 public:
  std::int64_t evaluate(const std::string& text);

 private:
  std::map<std::string, std::int64_t> variables_;
};
