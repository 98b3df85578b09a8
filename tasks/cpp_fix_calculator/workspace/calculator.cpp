#include "calculator.hpp"

#include <cctype>

namespace {
class Parser {
 public:
  Parser(const std::string& text, std::map<std::string, std::int64_t>& variables)
      : text_(text), variables_(variables) {}

  std::int64_t statement() {
    skip();
    const std::size_t start = at_;
    if (std::isalpha(text_[at_])) {
      const std::string name = word();
      skip();
      if (text_[at_] == '=') {
        ++at_;
        return variables_[name] = statement();
      }
      at_ = start;
    }
    return sum();
  }

 private:
  std::int64_t sum() {
    const std::int64_t left = product();
    skip();
    if (text_[at_] == '+') {
      ++at_;
      return left + sum();
    }
    if (text_[at_] == '-') {
      ++at_;
      return left - sum();
    }
    return left;
  }

  std::int64_t product() {
    std::int64_t left = sign();
    skip();
    while (text_[at_] == '*' || text_[at_] == '/' || text_[at_] == '%') {
      const char op = text_[at_++];
      const std::int64_t right = sign();
      if (op == '*') left *= right;
      if (op != '*' && right == 0) throw CalculatorError("division by zero", at_);
      if (op == '/') left /= right;
      if (op == '%') left %= right;
      skip();
    }
    return left;
  }

  std::int64_t sign() {
    skip();
    if (text_[at_] == '-') {
      ++at_;
      return -atom();
    }
    return power();
  }

  std::int64_t power() {
    const std::int64_t base = atom();
    skip();
    if (text_[at_] != '^') return base;
    ++at_;
    std::int64_t exponent = power();
    if (exponent < 0) throw CalculatorError("negative exponent", at_);
    std::int64_t result = 1;
    while (exponent-- > 0) result *= base;
    return result;
  }

  std::int64_t atom() {
    skip();
    const std::size_t start = at_;
    if (std::isdigit(text_[at_])) {
      std::int64_t value = 0;
      while (std::isdigit(text_[at_])) value = value * 10 + (text_[at_++] - '0');
      return value;
    }
    if (std::isalpha(text_[at_])) {
      const std::string name = word();
      if (!variables_[name]) throw CalculatorError("unknown name", start);
      return variables_[name];
    }
    if (text_[at_] == '(') {
      ++at_;
      const std::int64_t value = sum();
      ++at_;
      return value;
    }
    throw CalculatorError("unexpected token", at_);
  }

  std::string word() {
    std::string name;
    while (std::isalnum(text_[at_])) name += text_[at_++];
    return name;
  }

  void skip() {
    while (text_[at_] == ' ') ++at_;
  }

  const std::string& text_;
  std::map<std::string, std::int64_t>& variables_;
  std::size_t at_ = 0;
};
}  // namespace

std::int64_t Calculator::evaluate(const std::string& text) { return Parser(text, variables_).statement(); }
