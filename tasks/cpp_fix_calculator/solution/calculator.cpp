#include "calculator.hpp"

#include <limits>
#include <string_view>

namespace {
using Number = std::int64_t;
constexpr Number least = std::numeric_limits<Number>::min();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Parser {
 public:
  Parser(const std::string& text, std::map<std::string, Number>& variables) : text_(text), variables_(variables) {}

  Number whole() {
    const Number value = statement();
    if (peek() != '\0') fail_here();
    return value;
  }

 private:
  // The next character that is no blank; '\0' at the end.
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  [[noreturn]] void fail(const char* what, std::size_t place) const { throw CalculatorError(what, place + 1); }

  [[noreturn]] void fail_here() {
    peek();
    if (at_ == text_.size()) fail("unexpected end", at_);
    const char c = text_[at_];
    const bool known = is_digit(c) || is_letter(c) || std::string_view("+-*/%^()=").find(c) != std::string_view::npos;
    fail(known ? "unexpected token" : "unexpected character", at_);
  }

  Number statement() {
    if (is_letter(peek())) {
      const std::size_t start = at_;
      const std::string name = word();
      if (peek() == '=') {
        ++at_;
        return variables_[name] = statement();
      }
      at_ = start;
    }
    return sum();
  }

  Number sum() {
    Number left = product();
    while (peek() == '+' || peek() == '-') {
      const std::size_t place = at_;
      const bool plus = text_[at_++] == '+';
      const Number right = product();
      const bool over = plus ? __builtin_add_overflow(left, right, &left) : __builtin_sub_overflow(left, right, &left);
      if (over) fail("overflow", place);
    }
    return left;
  }

  Number product() {
    Number left = sign();
    while (peek() == '*' || peek() == '/' || peek() == '%') {
      const std::size_t place = at_;
      const char op = text_[at_++];
      const Number right = sign();
      left = op == '*' ? multiply(left, right, place) : divide(left, right, op == '/', place);
    }
    return left;
  }

  Number multiply(Number left, Number right, std::size_t place) const {
    Number result;
    if (__builtin_mul_overflow(left, right, &result)) fail("overflow", place);
    return result;
  }

  Number divide(Number left, Number right, bool quotient, std::size_t place) const {
    if (right == 0) fail("division by zero", place);
    if (right == -1) {
      if (!quotient) return 0;
      if (left == least) fail("overflow", place);
      return -left;
    }
    Number whole = left / right, rest = left % right;
    if (rest != 0 && (rest < 0) != (right < 0)) {
      --whole;
      rest += right;
    }
    return quotient ? whole : rest;
  }

  Number sign() {
    if (peek() == '+') {
      ++at_;
      return sign();
    }
    if (peek() != '-') return power();
    const std::size_t place = at_++;
    const Number value = sign();
    if (value == least) fail("overflow", place);
    return -value;
  }

  Number power() {
    const Number base = atom();
    if (peek() != '^') return base;
    const std::size_t place = at_++;
    Number exponent = sign();
    if (exponent < 0) fail("negative exponent", place);
    if (base == 0 || base == 1) return exponent == 0 ? 1 : base;
    if (base == -1) return exponent % 2 == 0 ? 1 : -1;
    Number result = 1;
    while (exponent-- > 0) result = multiply(result, base, place);
    return result;
  }

  Number atom() {
    const char c = peek();
    if (is_digit(c)) return number();
    if (is_letter(c)) {
      const std::size_t start = at_;
      const auto found = variables_.find(word());
      if (found == variables_.end()) fail("unknown name", start);
      return found->second;
    }
    if (c != '(') fail_here();
    ++at_;
    const Number value = sum();
    if (peek() != ')') fail_here();
    ++at_;
    return value;
  }

  Number number() {
    const std::size_t start = at_;
    Number value = 0;
    for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
      if (__builtin_mul_overflow(value, Number{10}, &value) || __builtin_add_overflow(value, Number{text_[at_] - '0'}, &value))
        fail("number too large", start);
    }
    return value;
  }

  std::string word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    return text_.substr(start, at_ - start);
  }

  const std::string& text_;
  std::map<std::string, Number>& variables_;
  std::size_t at_ = 0;
};
}  // namespace

std::int64_t Calculator::evaluate(const std::string& text) {
  auto variables = variables_;
  const Number value = Parser(text, variables).whole();
  variables_ = std::move(variables);
  return value;
}
