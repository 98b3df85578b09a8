#include "recorder.hpp"

#include <cfloat>
#include <cmath>
#include <iomanip>
#include <sstream>
#include <stdexcept>

static std::string key(std::string_view name) {
  std::string out;
  while (!name.empty() && name.front() == ' ') name.remove_prefix(1);
  for (char c : name.substr(0, std::min<std::size_t>(11, name.size()))) out += c == ':' ? '_' : c;
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

Recorder::Recorder(int most) : room(most) {
  if (!(1 <= most && most <= 1000)) throw std::invalid_argument("most");
}

bool Recorder::add(std::string_view name, double value) {
  const auto k = key(name);
  if (k == "" || std::fabs(value) > DBL_MAX || value != value) return false;
  auto found = rows.find(k);
  if (found == rows.end()) {
    if (room == 0) return false;
    --room;
    found = rows.insert({k, Row{--rank, {0, value, value, 0, 0}, 0, {}}}).first;
  }
  Row& row = found->second;
  Stats& s = row.stats;
  row.ring[s.count % 4] = value;
  s.count += 1;
  row.sum += value;
  s.mean = row.sum / s.count;
  s.min = std::fmin(s.min, value);
  s.max = std::fmax(s.max, value);
  double sum = 0;
  int n = 0;
  for (; n < 4 && n < s.count; ++n) sum += row.ring[n];
  s.recent = sum / n;
  return true;
}

std::optional<Stats> Recorder::stats(std::string_view name) const {
  auto found = rows.find(key(name));
  return found == rows.end() ? std::nullopt : std::optional(found->second.stats);
}

bool Recorder::remove(std::string_view name) {
  const bool was = rows.erase(key(name)) == 1;
  room += was;
  return was;
}

std::vector<std::string> Recorder::names() const {
  std::map<std::int64_t, std::string> ordered;
  for (auto& [name, row] : rows) ordered[row.rank] = name;
  std::vector<std::string> all;
  for (auto& [rank, name] : ordered) all.push_back(name);
  return all;
}

std::string Recorder::dump() const {
  std::ostringstream out;
  out << std::fixed;
  for (auto& name : names()) {
    auto& s = rows.at(name).stats;
    out << std::left << std::setw(11) << name << " n=" << s.count << std::setprecision(2) << " min=" << s.min << " max=" << s.max;
    out << " mean=" << std::setprecision(3) << s.mean << (s.recent == s.mean ? "" : s.recent < s.mean ? " down" : " up") << '\n';
  }
  return out.str();
}
