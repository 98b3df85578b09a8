#include "column.hpp"

#include <algorithm>
#include <functional>
#include <iostream>
#include <numeric>
#include <regex>
#include <sstream>

namespace {
using Cells = std::vector<std::string>;

// A state machine over single characters.
int parse(std::istream& in, std::vector<Cells>& rows, std::string& why) {
  enum { start, plain, quoted, closed } state = start;
  Cells row;
  std::string cell;
  bool any = false;
  auto fault = [&](const char* words) {
    why = words + std::string(" in row ") + std::to_string(rows.size() + 1);
    return 1;
  };
  auto end_cell = [&] {
    row.push_back(cell);
    cell.clear();
    state = start;
  };
  auto end_row = [&] {
    if (any) {
      end_cell();
      rows.push_back(row);
    }
    row.clear();
    cell.clear();
    any = false;
    state = start;
    return rows.empty() || rows.back().size() == rows[0].size();
  };
  for (int c = in.get(); c != EOF; c = in.get()) {
    if (state == quoted) {
      if (c != '"') cell += static_cast<char>(c);
      else if (in.peek() == '"') cell += static_cast<char>(in.get());
      else state = closed;
      continue;
    }
    bool line_end = c == '\n';
    if (c == '\r' && in.peek() == '\n') {
      in.get();
      line_end = true;
    }
    if (line_end) {
      if (!end_row()) {
        rows.pop_back();
        return fault("wrong number of cells");
      }
      continue;
    }
    any = true;
    if (c == ',') end_cell();
    else if (state == closed) return fault("text after a quote");
    else if (state == start && c == '"') state = quoted;
    else {
      cell += static_cast<char>(c);
      state = plain;
    }
  }
  if (state == quoted) return fault("open quote");
  if (!end_row()) {
    rows.pop_back();
    return fault("wrong number of cells");
  }
  return rows.empty() ? fault("nothing") : 0;
}

std::string shown(const Cells& row) {
  std::string line;
  for (auto& cell : row) {
    std::string copy = std::regex_replace(cell, std::regex("\""), "\"\"");
    bool quote = std::any_of(cell.begin(), cell.end(), [](char c) { return c == ',' || c == '"' || c == '\n' || c == '\r'; });
    quote = quote || (cell.empty() && row.size() == 1);
    line += (&cell == &row[0] ? "" : ",") + (quote ? '"' + copy + '"' : cell);
  }
  return line + "\n";
}
}  // namespace

int run(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err) {
  auto fail = [&](int code, const std::string& words) {
    err << words << std::endl;
    return code;
  };
  if (args.empty()) return fail(2, "a command is missing");
  const std::string& command = args.front();
  if (!std::regex_match(command, std::regex("select|drop|sort|sum|count"))) return fail(2, "what is " + command + "?");
  Cells names;
  bool numeric = false, reverse = false;
  for (auto arg = args.begin() + 1; arg != args.end(); ++arg) {
    if (arg->rfind("--", 0) != 0) names.push_back(*arg);
    else if (command != "sort") return fail(2, "what is " + *arg + "?");
    else if (*arg == "--numeric") numeric = true;
    else if (*arg == "--reverse") reverse = true;
    else return fail(2, "what is " + *arg + "?");
  }
  if (names.empty()) return fail(2, "a name is missing");
  if (names.size() > 1 && (command == "sort" || command == "count")) return fail(2, "one name only");
  std::vector<Cells> rows;
  std::string why;
  if (int code = parse(in, rows, why)) return fail(code, why);
  std::vector<std::size_t> at;
  for (auto& name : names) {
    auto found = std::find(rows[0].begin(), rows[0].end(), name);
    if (found == rows[0].end()) return fail(2, "there is no " + name);
    at.push_back(static_cast<std::size_t>(found - rows[0].begin()));
  }
  std::ostringstream text;
  if (command == "drop") {
    std::vector<std::size_t> all(rows[0].size());
    std::iota(all.begin(), all.end(), 0);
    std::erase_if(all, [&](std::size_t i) { return std::count(at.begin(), at.end(), i) > 0; });
    if (all.empty()) return fail(2, "nothing would be left");
    at = all;
  }
  if (command == "drop" || command == "select") {
    for (auto& row : rows) {
      Cells part;
      for (auto i : at) part.push_back(row[i]);
      text << shown(part);
    }
  } else if (command == "sort") {
    static const std::regex number("-?[0-9]+(\\.[0-9]+)?");
    std::vector<const Cells*> order, rest;
    for (std::size_t i = 1; i < rows.size(); ++i)
      (!numeric || std::regex_match(rows[i][at[0]], number) ? order : rest).push_back(&rows[i]);
    auto less = [&](const Cells* a, const Cells* b) {
      auto &x = (*a)[at[0]], &y = (*b)[at[0]];
      return numeric ? std::stold(x) < std::stold(y) : x < y;
    };
    if (reverse) std::reverse(order.begin(), order.end());
    std::stable_sort(order.begin(), order.end(), less);
    if (reverse) std::reverse(order.begin(), order.end());
    order.insert(order.end(), rest.begin(), rest.end());
    text << shown(rows[0]);
    for (auto row : order) text << shown(*row);
  } else if (command == "sum") {
    Cells sums;
    for (auto i : at) {
      long long sum = 0;
      for (std::size_t r = 1; r < rows.size(); ++r) {
        if (rows[r][i].empty()) continue;
        static const std::regex whole("-?[0-9]+");
        try {
          if (!std::regex_match(rows[r][i], whole)) throw std::invalid_argument("");
          sum += std::stoll(rows[r][i]);
        } catch (const std::exception&) {
          return fail(1, "row " + std::to_string(r + 1) + ", " + rows[0][i] + ": a number is needed");
        }
      }
      sums.push_back(std::to_string(sum));
    }
    text << shown(names) << shown(sums);
  } else {
    Cells order;
    std::vector<int> counts;
    for (std::size_t r = 1; r < rows.size(); ++r) {
      auto found = std::find(order.begin(), order.end(), rows[r][at[0]]);
      const auto place = static_cast<std::size_t>(found - order.begin());
      if (found == order.end()) {
        order.push_back(rows[r][at[0]]);
        counts.push_back(0);
      }
      ++counts[place];
    }
    text << shown({names[0], "count"});
    for (std::size_t i = 0; i < order.size(); ++i) text << shown({order[i], std::to_string(counts[i])});
  }
  out << text.str();
  return 0;
}
