#include "pool.hpp"

namespace {
thread_local const Pool* current = nullptr;

bool is_over(State state) { return state != State::waiting && state != State::running; }
}  // namespace

Pool::Pool(std::size_t threads) {
  if (threads == 0) throw std::invalid_argument("a pool needs a thread");
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { run_thread(); });
}

Pool::~Pool() { shutdown(false); }

bool Pool::is_mine() const { return current == this; }

Pool::Task& Pool::at(std::uint64_t number) {
  if (number == 0 || number > tasks_.size()) throw std::invalid_argument("no such task");
  return tasks_[number - 1];
}

const Pool::Task& Pool::at(std::uint64_t number) const { return const_cast<Pool*>(this)->at(number); }

std::uint64_t Pool::submit(std::function<void()> work, Options options) {
  Lock lock(mutex_);
  if (closed_) throw std::runtime_error("the pool is shut down");
  if (!work) throw std::invalid_argument("no work");
  for (auto number : options.after) at(number);
  const std::uint64_t number = tasks_.size() + 1;
  Task task;
  task.work = std::move(work);
  task.priority = options.priority;
  task.always = options.always;
  tasks_.push_back(std::move(task));
  ++open_;
  bool skip = false;
  for (auto other : options.after) {
    Task& before = at(other);
    if (is_over(before.state)) {
      skip = skip || before.state != State::done;
    } else {
      before.dependents.push_back(number);
      ++at(number).blockers;
    }
  }
  if (skip && !options.always) {
    finish(number, State::skipped);
  } else if (at(number).blockers == 0) {
    ready_.emplace(-options.priority, number);
    changed_.notify_all();
  }
  return number;
}

// Ends a task and deals with all that depends on it; the lock is held.
void Pool::finish(std::uint64_t first, State state) {
  std::vector<std::pair<std::uint64_t, State>> ending{{first, state}};
  while (!ending.empty()) {
    auto [number, how] = ending.back();
    ending.pop_back();
    Task& task = at(number);
    if (is_over(task.state)) continue;
    ready_.erase({-task.priority, number});
    task.state = how;
    task.work = nullptr;
    --open_;
    for (auto next : std::exchange(task.dependents, {})) {
      Task& dependent = at(next);
      --dependent.blockers;
      if (dependent.state != State::waiting) continue;
      if (how != State::done && !dependent.always) {
        ending.emplace_back(next, State::skipped);
      } else if (dependent.blockers == 0) {
        ready_.emplace(-dependent.priority, next);
      }
    }
  }
  changed_.notify_all();
}

void Pool::run_next(Lock& lock) {
  const auto number = ready_.begin()->second;
  ready_.erase(ready_.begin());
  at(number).state = State::running;
  auto work = std::move(at(number).work);
  lock.unlock();
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  work = nullptr;
  lock.lock();
  at(number).error = error;
  finish(number, error ? State::failed : State::done);
}

void Pool::run_thread() {
  current = this;
  Lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !ready_.empty() || (closed_ && open_ == 0); });
    if (ready_.empty()) return;
    run_next(lock);
  }
}

State Pool::state(std::uint64_t number) const {
  Lock lock(mutex_);
  return at(number).state;
}

std::exception_ptr Pool::error(std::uint64_t number) const {
  Lock lock(mutex_);
  return at(number).error;
}

State Pool::wait(std::uint64_t number) {
  Lock lock(mutex_);
  at(number);
  while (!is_over(at(number).state)) {
    if (is_mine() && !ready_.empty()) {
      run_next(lock);
    } else {
      changed_.wait(lock);
    }
  }
  return at(number).state;
}

void Pool::wait_all() {
  if (is_mine()) throw std::logic_error("a task cannot wait for all");
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return open_ == 0; });
}

bool Pool::cancel(std::uint64_t number) {
  Lock lock(mutex_);
  if (at(number).state != State::waiting) return false;
  finish(number, State::cancelled);
  return true;
}

void Pool::shutdown(bool drop) {
  if (is_mine()) throw std::logic_error("a task cannot shut its pool down");
  {
    Lock lock(mutex_);
    closed_ = true;
    if (drop) {
      for (std::uint64_t number = 1; number <= tasks_.size(); ++number) {
        Task& task = at(number);
        if (task.state != State::waiting) continue;
        task.state = State::cancelled;
        task.work = nullptr;
        --open_;
      }
      ready_.clear();
    }
    changed_.notify_all();
  }
  std::lock_guard<std::mutex> lock(joining_);
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}
