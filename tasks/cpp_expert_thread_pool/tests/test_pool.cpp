#include "check.hpp"
#include "pool.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace {
using namespace std::chrono_literals;

// A whole test may take ten seconds: whoever hangs is ended.
struct Deadline {
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  std::thread thread{[this] {
    std::unique_lock lock(mutex);
    if (!changed.wait_for(lock, 8s, [this] { return over; })) std::_Exit(9);
  }};
  ~Deadline() {
    {
      std::lock_guard lock(mutex);
      over = true;
    }
    changed.notify_all();
    thread.join();
  }
};

class Gate {
 public:
  void open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class Log {
 public:
  std::function<void()> note(const std::string& text) {
    return [this, text] { add(text); };
  }
  void add(const std::string& text) {
    std::lock_guard lock(mutex_);
    text_ += text;
  }
  std::string text() {
    std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

// Keeps a pool of one thread busy until the gate is opened.
std::uint64_t block(Pool& pool, Gate& gate) {
  auto entered = std::make_shared<Gate>();
  auto number = pool.submit([&gate, entered] {
    entered->open();
    gate.pass();
  });
  entered->pass();
  return number;
}
}  // namespace

TEST(runs_and_numbers_tasks) {
  Deadline deadline;
  Pool pool(3);
  std::atomic<int> sum = 0;
  for (int i = 1; i <= 200; ++i) {
    CHECK_EQ(pool.submit([&sum, i] { sum += i; }), static_cast<std::uint64_t>(i));
  }
  pool.wait_all();
  CHECK_EQ(sum.load(), 20100);
  CHECK(pool.state(1) == State::done && pool.state(200) == State::done);
}

TEST(bad_arguments) {
  Deadline deadline;
  CHECK_THROWS(Pool(0), std::invalid_argument);
  Pool pool(1);
  CHECK_THROWS(pool.submit(nullptr), std::invalid_argument);
  CHECK_THROWS(pool.submit([] {}, {.after = {1}}), std::invalid_argument);
  CHECK_THROWS(pool.state(0), std::invalid_argument);
  CHECK_THROWS(pool.wait(1), std::invalid_argument);
  CHECK_THROWS(pool.cancel(7), std::invalid_argument);
  CHECK_THROWS(pool.error(1), std::invalid_argument);
  CHECK_EQ(pool.submit([] {}), 1u);
}

TEST(tasks_run_at_the_same_time) {
  Deadline deadline;
  Pool pool(3);
  std::atomic<int> inside = 0;
  Gate all;
  for (int i = 0; i < 3; ++i) {
    pool.submit([&] {
      if (++inside == 3) all.open();
      all.pass();
    });
  }
  pool.wait_all();
  CHECK_EQ(inside.load(), 3);
}

TEST(priorities) {
  Deadline deadline;
  Gate gate;
  Log log;
  Pool pool(1);
  auto first = block(pool, gate);
  pool.submit(log.note("a"));
  pool.submit(log.note("b"), {.priority = 5});
  pool.submit(log.note("c"), {.priority = -2147483647});
  pool.submit(log.note("d"), {.priority = 5});
  pool.submit(log.note("e"), {.priority = 9, .after = {first}});
  CHECK(pool.state(2) == State::waiting && pool.state(first) == State::running);
  gate.open();
  pool.wait_all();
  CHECK_EQ(log.text(), "ebdac");
}

TEST(dependencies_keep_their_order) {
  Deadline deadline;
  Gate gate;
  Log log;
  Pool pool(4);
  auto first = pool.submit([&] {
    gate.pass();
    log.add("1");
  });
  auto left = pool.submit(log.note("2"), {.after = {first, first}});
  auto right = pool.submit(log.note("2"), {.after = {first}});
  auto last = pool.submit(log.note("3"), {.priority = 9, .after = {right, left}});
  CHECK(pool.state(last) == State::waiting);
  gate.open();
  CHECK(pool.wait(last) == State::done);
  CHECK_EQ(log.text(), "1223");
  CHECK(pool.wait(pool.submit(log.note("4"), {.after = {first, last}})) == State::done);
}

TEST(failures) {
  Deadline deadline;
  Pool pool(2);
  auto bad = pool.submit([] { throw std::out_of_range("far"); });
  CHECK(pool.wait(bad) == State::failed);
  CHECK_THROWS(std::rethrow_exception(pool.error(bad)), std::out_of_range);
  auto odd = pool.submit([] { throw 7; });
  CHECK(pool.wait(odd) == State::failed);
  auto good = pool.submit([] {});
  CHECK(pool.wait(good) == State::done);
  CHECK(pool.error(good) == nullptr);
}

TEST(skipping_and_always) {
  Deadline deadline;
  Gate gate, other;
  Log log;
  Pool pool(2);
  auto slow = block(pool, other);
  auto bad = pool.submit([&] {
    gate.pass();
    throw 1;
  });
  auto skipped = pool.submit(log.note("x"), {.after = {slow, bad}});
  auto chain = pool.submit(log.note("y"), {.after = {skipped}});
  auto always = pool.submit(log.note("z"), {.after = {chain, slow}, .always = true});
  gate.open();
  CHECK(pool.wait(skipped) == State::skipped);
  CHECK(pool.wait(chain) == State::skipped);
  CHECK(pool.state(always) == State::waiting);
  CHECK(pool.state(slow) == State::running);
  other.open();
  CHECK(pool.wait(always) == State::done);
  CHECK_EQ(log.text(), "z");
  CHECK(pool.wait(pool.submit([] {}, {.after = {bad}})) == State::skipped);
  CHECK(pool.wait(pool.submit([] {}, {.after = {always}})) == State::done);
}

TEST(cancelling) {
  Deadline deadline;
  Gate gate;
  Log log;
  Pool pool(1);
  auto first = block(pool, gate);
  auto second = pool.submit(log.note("2"));
  auto third = pool.submit(log.note("3"), {.after = {second}});
  auto fourth = pool.submit(log.note("4"), {.after = {third}, .always = true});
  CHECK(!pool.cancel(first));
  CHECK(pool.cancel(second));
  CHECK(!pool.cancel(second));
  CHECK(!pool.cancel(third));
  CHECK(pool.state(second) == State::cancelled && pool.state(third) == State::skipped);
  gate.open();
  CHECK(pool.wait(fourth) == State::done);
  CHECK(!pool.cancel(fourth));
  CHECK(pool.error(second) == nullptr);
  CHECK_EQ(log.text(), "4");
}

TEST(one_thread_waits_for_its_subtasks) {
  Deadline deadline;
  Log log;
  Pool pool(1);
  auto outer = pool.submit([&] {
    auto low = pool.submit(log.note("c"), {.priority = -1});
    auto high = pool.submit([&] {
      log.add("a");
      pool.wait(pool.submit(log.note("b"), {.priority = 2}));
    });
    CHECK(pool.wait(low) == State::done);
    CHECK(pool.state(high) == State::done);
    log.add("d");
  });
  CHECK(pool.wait(outer) == State::done);
  CHECK_EQ(log.text(), "abcd");
}

TEST(recursive_sum) {
  Deadline deadline;
  Pool pool(2);
  std::function<long(int, int)> sum = [&](int low, int high) -> long {
    if (high - low < 8) {
      long all = 0;
      for (int i = low; i < high; ++i) all += i;
      return all;
    }
    int middle = (low + high) / 2;
    long left = 0, right = 0;
    auto a = pool.submit([&] { left = sum(low, middle); });
    auto b = pool.submit([&] { right = sum(middle, high); });
    pool.wait(a);
    pool.wait(b);
    return left + right;
  };
  long result = 0;
  pool.wait(pool.submit([&] { result = sum(0, 500); }));
  CHECK_EQ(result, 124750);
}

TEST(wait_all_sees_what_tasks_hand_in) {
  Deadline deadline;
  Pool pool(2);
  std::atomic<int> count = 0;
  std::function<void(int)> grow = [&](int depth) {
    ++count;
    if (depth > 0) {
      pool.submit([&grow, depth] { grow(depth - 1); });
      pool.submit([&grow, depth] { grow(depth - 1); });
    }
  };
  pool.submit([&] { grow(5); });
  pool.wait_all();
  CHECK_EQ(count.load(), 63);
  std::atomic<int> refused = 0;
  pool.wait(pool.submit([&] {
    try {
      pool.wait_all();
    } catch (const std::logic_error&) {
      ++refused;
    }
    try {
      pool.shutdown(true);
    } catch (const std::logic_error&) {
      ++refused;
    }
  }));
  CHECK_EQ(refused.load(), 2);
  CHECK(pool.wait(pool.submit([] {})) == State::done);
}

TEST(shutdown_finishes_what_waits) {
  Deadline deadline;
  Log log;
  Gate gate;
  Pool pool(1);
  auto first = block(pool, gate);
  pool.submit(log.note("a"), {.after = {first}});
  pool.submit([&] {
    try {
      pool.submit(log.note("late"));
    } catch (const std::runtime_error&) {
      log.add("b");
    }
  });
  std::thread closing([&] { pool.shutdown(false); });
  while (true) {
    try {
      pool.submit([] {});
    } catch (const std::runtime_error&) {
      break;
    }
    std::this_thread::yield();
  }
  gate.open();
  closing.join();
  pool.shutdown(true);
  CHECK_EQ(log.text(), "ab");
  CHECK(pool.state(first) == State::done);
  CHECK_THROWS(pool.submit([] {}), std::runtime_error);
}

TEST(shutdown_drops_what_waits) {
  Deadline deadline;
  Log log;
  Gate gate;
  Pool pool(1);
  auto first = block(pool, gate);
  auto second = pool.submit(log.note("a"));
  auto third = pool.submit(log.note("b"), {.after = {second}});
  auto fourth = pool.submit(log.note("c"), {.after = {first}, .always = true});
  std::thread closing([&] { pool.shutdown(true); });
  CHECK(pool.wait(second) == State::cancelled);
  CHECK(pool.state(third) == State::cancelled);
  CHECK(pool.state(fourth) == State::cancelled);
  CHECK(pool.state(first) == State::running);
  gate.open();
  closing.join();
  CHECK(pool.state(first) == State::done);
  CHECK_EQ(log.text(), "");
}

TEST(destructor_runs_all) {
  Deadline deadline;
  std::atomic<int> count = 0;
  {
    Pool pool(3);
    std::uint64_t last = pool.submit([&] { ++count; });
    for (int i = 0; i < 50; ++i) last = pool.submit([&] { ++count; }, {.after = {last}});
  }
  CHECK_EQ(count.load(), 51);
}
