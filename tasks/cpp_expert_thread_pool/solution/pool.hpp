#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
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

 private:
  struct Task {
    std::function<void()> work;
    int priority = 0;
    bool always = false;
    State state = State::waiting;
    std::exception_ptr error;
    std::size_t blockers = 0;
    std::vector<std::uint64_t> dependents;
  };
  using Lock = std::unique_lock<std::mutex>;

  void run_thread();
  void run_next(Lock& lock);
  void finish(std::uint64_t number, State state);
  Task& at(std::uint64_t number);
  const Task& at(std::uint64_t number) const;
  bool is_mine() const;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Task> tasks_;
  std::set<std::pair<int, std::uint64_t>> ready_;  // (-priority, number)
  std::size_t open_ = 0;
  bool closed_ = false;
  std::mutex joining_;
  std::vector<std::thread> threads_;
};
