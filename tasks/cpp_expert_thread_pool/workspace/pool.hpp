#pragma once
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <stdexcept>
#include <vector>

enum class State { waiting, running, done, failed, cancelled, skipped };

struct Options {
  int priority = 0;
  std::vector<std::uint64_t> after = {};
  bool always = false;
};

class Pool {
 public:
  explicit Pool(std::size_t threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  std::uint64_t submit(std::function<void()> work, Options options = {});
  State state(std::uint64_t number) const;
  std::exception_ptr error(std::uint64_t number) const;
  State wait(std::uint64_t number);
  void wait_all();
  bool cancel(std::uint64_t number);
  void shutdown(bool drop);
};
