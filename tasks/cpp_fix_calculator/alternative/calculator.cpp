#include "calculator.hpp"

#include <cstring>
#include <vector>

namespace {
struct Token {
  char kind;  // 'n' number, 'v' name, 'e' end, else the character itself
  std::size_t column;
  std::string text;
};

std::vector<Token> tokens(const std::string& text) {
  static const std::string letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_", digits = "0123456789";
  std::vector<Token> all;
  std::size_t i = 0;
  while ((i = text.find_first_not_of(" \t", i)) != std::string::npos) {
    std::size_t end = i + 1;
    char kind = text[i];
    if (digits.find(kind) != std::string::npos) {
      end = text.find_first_not_of(digits, i);
      kind = 'n';
    } else if (letters.find(kind) != std::string::npos) {
      end = text.find_first_not_of(letters + digits, i);
      kind = 'v';
    } else if (kind == '\0' || !std::strchr("+-*/%^()=", kind)) {
      kind = '?';
    }
    end = std::min(end, text.size());
    all.push_back({kind, i + 1, text.substr(i, end - i)});
    i = end;
  }
  all.push_back({'e', text.size() + 1, ""});
  return all;
}

std::int64_t fit(__int128 value, std::size_t column) {
  if (value != static_cast<std::int64_t>(value)) throw CalculatorError("overflow", column);
  return static_cast<std::int64_t>(value);
}

// Precedence climbing over the list of tokens.
struct Machine {
  std::vector<Token> list;
  std::map<std::string, std::int64_t> names;
  std::size_t i = 0;

  [[noreturn]] void unexpected() {
    const char kind = list[i].kind;
    throw CalculatorError(kind == 'e' ? "unexpected end" : kind == '?' ? "unexpected character" : "unexpected token", list[i].column);
  }

  std::int64_t apply(char op, std::int64_t a, std::int64_t b, std::size_t column) {
    const __int128 x = a, y = b;
    switch (op) {
      case '+': return fit(x + y, column);
      case '-': return fit(x - y, column);
      case '*': return fit(x * y, column);
      case '^': {
        if (b < 0) throw CalculatorError("negative exponent", column);
        if (b > 64 && (a == 0 || a == 1 || a == -1)) b = 64 + b % 2;
        std::int64_t result = 1;
        for (; b > 0; --b) result = fit(static_cast<__int128>(result) * a, column);
        return result;
      }
    }
    if (b == 0) throw CalculatorError("division by zero", column);
    __int128 quotient = x / y;
    if (quotient * y != x && (x < 0) != (y < 0)) --quotient;
    return op == '/' ? fit(quotient, column) : fit(x - quotient * y, column);
  }

  std::int64_t operand() {
    const Token token = list[i];
    std::int64_t value = 0;
    switch (token.kind) {
      case '-':
      case '+':
        ++i;
        value = climb(3);
        return token.kind == '-' ? fit(-static_cast<__int128>(value), token.column) : value;
      case 'n':
        try {
          value = std::stoll(token.text);
        } catch (const std::out_of_range&) {
          throw CalculatorError("number too large", token.column);
        }
        break;
      case 'v':
        if (!names.contains(token.text)) throw CalculatorError("unknown name", token.column);
        value = names[token.text];
        break;
      case '(':
        ++i;
        value = climb(1);
        if (list[i].kind != ')') unexpected();
        break;
      default:
        unexpected();
    }
    ++i;
    return value;
  }

  std::int64_t climb(int level) {
    std::int64_t left = operand();
    while (true) {
      const char op = list[i].kind;
      const int its = op == '+' || op == '-' ? 1 : op == '*' || op == '/' || op == '%' ? 2 : op == '^' ? 3 : 0;
      if (its < level || its == 0) return left;
      const std::size_t column = list[i++].column;
      left = apply(op, left, climb(its == 3 ? 3 : its + 1), column);
    }
  }

  std::int64_t statement() {
    if (list[i].kind == 'v' && list[i + 1].kind == '=') {
      const std::string name = list[i].text;
      i += 2;
      return names[name] = statement();
    }
    const auto value = climb(1);
    if (list[i].kind != 'e') unexpected();
    return value;
  }
};
}  // namespace

std::int64_t Calculator::evaluate(const std::string& text) {
  Machine machine{tokens(text), variables_};
  const auto value = machine.statement();
  variables_.swap(machine.names);
  return value;
}
