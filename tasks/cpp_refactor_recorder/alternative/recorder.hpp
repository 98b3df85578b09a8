#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct Stats {
  int count;
  double min, max, mean, recent;
};

// Series by name; a number that counts down gives their order.
class Recorder {
 public:
  explicit Recorder(int most);
  bool add(std::string_view name, double value);
  std::optional<Stats> stats(std::string_view name) const;
  bool remove(std::string_view name);
  std::string dump() const;
  std::vector<std::string> names() const;

 private:
  struct Row {
    std::int64_t rank;
    Stats stats;
    double sum;
    double ring[4];
  };
  int room;
  std::int64_t rank = 0;
  std::map<std::string, Row> rows;
};
