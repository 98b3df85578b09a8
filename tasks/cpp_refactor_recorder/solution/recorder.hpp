#pragma once
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct Stats {
  int count;
  double min, max, mean, recent;
};

class Recorder {
 public:
  explicit Recorder(int most);
  bool add(std::string_view name, double value);
  std::optional<Stats> stats(std::string_view name) const;
  bool remove(std::string_view name);
  std::string dump() const;
  std::vector<std::string> names() const;

 private:
  struct Series {
    std::string name;
    int count = 0;
    double min = 0, max = 0, sum = 0;
    std::array<double, 4> window{};

    void add(double value);
    Stats stats() const;
  };

  std::vector<Series>::iterator find(const std::string& key);

  std::size_t most_;
  std::vector<Series> series_;  // the newest last
};
