#include "column.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>

namespace {
using Row = std::vector<std::string>;
using Table = std::vector<Row>;

struct Failure {
  int code;
  std::string words;
};

Failure bad_row(std::size_t number, const std::string& words) {
  return {1, "row " + std::to_string(number) + ": " + words};
}

class Reader {
 public:
  explicit Reader(std::istream& in) : text_(std::istreambuf_iterator<char>(in), {}) {}

  Table table() {
    Table rows;
    while (at_ < text_.size()) {
      if (ends_row()) continue;
      rows.push_back(row(rows.size() + 1));
      if (rows.back().size() != rows.front().size()) throw bad_row(rows.size(), "another number of cells");
    }
    if (rows.empty()) throw bad_row(1, "no column names");
    return rows;
  }

 private:
  bool ends_row() {
    for (const std::string_view end : {"\n", "\r\n"}) {
      if (std::string_view(text_).substr(at_, end.size()) == end) {
        at_ += end.size();
        return true;
      }
    }
    return at_ == text_.size();
  }

  Row row(std::size_t number) {
    Row cells;
    while (true) {
      const bool quoted = at_ < text_.size() && text_[at_] == '"';
      cells.push_back(quoted ? quoted_cell(number) : plain_cell());
      if (ends_row()) return cells;
      if (text_[at_] != ',') throw bad_row(number, "something after a closing quote");
      ++at_;
    }
  }

  std::string plain_cell() {
    std::string cell;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n' && text_.compare(at_, 2, "\r\n") != 0)
      cell += text_[at_++];
    return cell;
  }

  std::string quoted_cell(std::size_t number) {
    std::string cell;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"' && text_.compare(at_, 2, "\"\"") != 0) {
        ++at_;
        return cell;
      }
      if (text_[at_] == '"') ++at_;
      cell += text_[at_];
    }
    throw bad_row(number, "a quote is not closed");
  }

  std::string text_;
  std::size_t at_ = 0;
};

void print(std::ostream& out, const Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) out << ',';
    const bool quote = row[i].find_first_of(",\"\n\r") != std::string::npos || (row.size() == 1 && row[i].empty());
    if (!quote) {
      out << row[i];
      continue;
    }
    out << '"';
    for (char c : row[i]) out << (c == '"' ? "\"\"" : std::string(1, c));
    out << '"';
  }
  out << '\n';
}

std::size_t column(const Table& table, const std::string& name) {
  const auto& names = table.front();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) throw Failure{2, "no column " + name};
  return static_cast<std::size_t>(found - names.begin());
}

std::vector<std::size_t> columns(const Table& table, const Row& names) {
  std::vector<std::size_t> found;
  for (const auto& name : names) found.push_back(column(table, name));
  return found;
}

Table only(const Table& table, const std::vector<std::size_t>& places) {
  Table result;
  for (const auto& row : table) {
    result.emplace_back();
    for (auto place : places) result.back().push_back(row[place]);
  }
  return result;
}

std::optional<double> as_number(const std::string& cell) {
  const std::string digits = cell.substr(cell.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789.") != std::string::npos) return std::nullopt;
  if (std::count(digits.begin(), digits.end(), '.') > 1 || digits.front() == '.' || digits.back() == '.')
    return std::nullopt;
  double value = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return value;
}

Table sorted(Table table, const std::string& name, bool numeric, bool reverse) {
  const auto place = column(table, name);
  const auto before = [&](const Row& a, const Row& b) {
    if (!numeric) return reverse ? b[place] < a[place] : a[place] < b[place];
    const auto x = as_number(a[place]), y = as_number(b[place]);
    if (!x || !y) return x.has_value() && !y;
    return reverse ? *y < *x : *x < *y;
  };
  std::stable_sort(table.begin() + 1, table.end(), before);
  return table;
}

Table summed(const Table& table, const Row& names) {
  Table result{names, {}};
  for (auto place : columns(table, names)) {
    std::int64_t sum = 0;
    for (std::size_t i = 1; i < table.size(); ++i) {
      const auto& cell = table[i][place];
      std::int64_t value = 0;
      const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (!cell.empty() && (error != std::errc() || end != cell.data() + cell.size()))
        throw bad_row(i + 1, "no whole number in column " + table[0][place]);
      sum += value;
    }
    result[1].push_back(std::to_string(sum));
  }
  return result;
}

Table counted(const Table& table, const std::string& name) {
  const auto place = column(table, name);
  std::map<std::string, std::size_t> where;
  std::vector<std::pair<std::string, int>> counts;
  for (std::size_t i = 1; i < table.size(); ++i) {
    const auto [found, fresh] = where.emplace(table[i][place], counts.size());
    if (fresh) counts.emplace_back(table[i][place], 0);
    ++counts[found->second].second;
  }
  Table result{{name, "count"}};
  for (const auto& [cell, count] : counts) result.push_back({cell, std::to_string(count)});
  return result;
}

Table without(const Table& table, const Row& names) {
  const auto dropped = columns(table, names);
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < table[0].size(); ++i) {
    if (std::find(dropped.begin(), dropped.end(), i) == dropped.end()) kept.push_back(i);
  }
  if (kept.empty()) throw Failure{2, "no column would be left"};
  return only(table, kept);
}

Table work(const std::vector<std::string>& args, std::istream& in) {
  if (args.empty()) throw Failure{2, "use: column COMMAND NAME..."};
  const auto& command = args[0];
  if (command.starts_with("--")) throw Failure{2, "unknown option " + command};
  const std::vector<std::string> known{"select", "drop", "sort", "sum", "count"};
  if (std::find(known.begin(), known.end(), command) == known.end()) throw Failure{2, "unknown command " + command};
  bool numeric = false, reverse = false;
  Row names;
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (command == "sort" && args[i] == "--numeric") numeric = true;
    else if (command == "sort" && args[i] == "--reverse") reverse = true;
    else if (args[i].starts_with("--")) throw Failure{2, "unknown option " + args[i]};
    else names.push_back(args[i]);
  }
  const bool single = command == "sort" || command == "count";
  if (names.empty() || (single && names.size() > 1)) throw Failure{2, "wrong number of columns for " + command};
  const Table table = Reader(in).table();
  if (command == "select") return only(table, columns(table, names));
  if (command == "drop") return without(table, names);
  if (command == "sort") return sorted(table, names[0], numeric, reverse);
  return command == "sum" ? summed(table, names) : counted(table, names[0]);
}
}  // namespace

int run(const std::vector<std::string>& args, std::istream& in, std::ostream& out, std::ostream& err) {
  try {
    for (const auto& row : work(args, in)) print(out, row);
    return 0;
  } catch (const Failure& failure) {
    err << "column: " << failure.words << '\n';
    return failure.code;
  }
}
