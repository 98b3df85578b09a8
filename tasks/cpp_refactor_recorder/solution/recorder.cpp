#include "recorder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <ranges>
#include <stdexcept>

namespace {
constexpr std::size_t longest_name = 11;

std::string stored(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
  name = name.substr(0, longest_name);
  name = name.substr(0, name.find_last_not_of(' ') + 1);
  std::string key(name);
  std::replace(key.begin(), key.end(), ':', '_');
  return key;
}

std::string fixed(double value, int digits) {
  const int size = std::snprintf(nullptr, 0, "%.*f", digits, value);
  std::string text(static_cast<std::size_t>(size) + 1, '\0');
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  text.pop_back();
  return text;
}
}  // namespace

Recorder::Recorder(int most) : most_(static_cast<std::size_t>(most)) {
  if (most < 1 || most > 1000) throw std::invalid_argument("from 1 to 1000 series");
}

std::vector<Recorder::Series>::iterator Recorder::find(const std::string& key) {
  return std::find_if(series_.begin(), series_.end(), [&](const Series& each) { return each.name == key; });
}

void Recorder::Series::add(double value) {
  min = count == 0 ? value : std::min(min, value);
  max = count == 0 ? value : std::max(max, value);
  window[static_cast<std::size_t>(count) % window.size()] = value;
  ++count;
  sum += value;
}

Stats Recorder::Series::stats() const {
  const int recent = std::min(count, static_cast<int>(window.size()));
  const double latest = std::accumulate(window.begin(), window.begin() + recent, 0.0);
  return {count, min, max, sum / count, latest / recent};
}

bool Recorder::add(std::string_view name, double value) {
  const std::string key = stored(name);
  if (key.empty() || !std::isfinite(value)) return false;
  auto place = find(key);
  if (place == series_.end()) {
    if (series_.size() >= most_) return false;
    place = series_.insert(place, Series{.name = key});
  }
  place->add(value);
  return true;
}

std::optional<Stats> Recorder::stats(std::string_view name) const {
  const std::string key = stored(name);
  for (const Series& each : series_) {
    if (each.name == key) return each.stats();
  }
  return std::nullopt;
}

bool Recorder::remove(std::string_view name) {
  const auto place = find(stored(name));
  if (place == series_.end()) return false;
  series_.erase(place);
  return true;
}

std::string Recorder::dump() const {
  std::string text;
  for (const Series& each : series_ | std::views::reverse) {
    const Stats stats = each.stats();
    text += each.name + std::string(longest_name - each.name.size(), ' ');
    text += " n=" + std::to_string(stats.count) + " min=" + fixed(stats.min, 2) + " max=" + fixed(stats.max, 2);
    text += " mean=" + fixed(stats.mean, 3);
    text += stats.recent > stats.mean ? " up\n" : stats.recent < stats.mean ? " down\n" : "\n";
  }
  return text;
}

std::vector<std::string> Recorder::names() const {
  std::vector<std::string> all;
  for (const Series& each : series_ | std::views::reverse) all.push_back(each.name);
  return all;
}
