#include "pool.hpp"

#include <algorithm>

// One job, which looks at its predecessors itself instead of being told by them.
struct Job {
  std::uint64_t number;
  std::function<void()> work;
  Options options;
  State state = State::waiting;
  std::exception_ptr error;
  bool over() const { return state > State::running; }
};

struct Shared {
  std::mutex mutex;
  std::condition_variable news;
  std::map<std::uint64_t, Job> jobs;
  std::vector<std::thread> threads;
  std::vector<std::thread::id> ids;
  bool closed = false, joined = false, joining = false;

  Job& job(std::uint64_t number) {
    auto found = jobs.find(number);
    if (found == jobs.end()) throw std::invalid_argument("unknown task");
    return found->second;
  }

  bool mine() { return std::find(ids.begin(), ids.end(), std::this_thread::get_id()) != ids.end(); }

  bool all_over() {
    return std::all_of(jobs.begin(), jobs.end(), [](auto& each) { return each.second.over(); });
  }

  // Skips what must be skipped; numbers only ever depend on smaller ones, so that one pass is enough.
  void settle() {
    for (auto& [number, job] : jobs) {
      if (job.state != State::waiting || job.options.always) continue;
      for (auto before : job.options.after) {
        Job& other = jobs.at(before);
        if (other.over() && other.state != State::done) job.state = State::skipped;
      }
    }
    news.notify_all();
  }

  Job* best() {
    Job* found = nullptr;
    for (auto& [number, job] : jobs) {
      if (job.state != State::waiting) continue;
      auto& after = job.options.after;
      bool ready = std::all_of(after.begin(), after.end(), [&](auto n) { return jobs.at(n).over(); });
      if (ready && (!found || job.options.priority > found->options.priority)) found = &job;
    }
    return found;
  }

  void run(Job& job, std::unique_lock<std::mutex>& lock) {
    job.state = State::running;
    lock.unlock();
    std::exception_ptr error;
    try {
      job.work();
    } catch (...) {
      error = std::current_exception();
    }
    job.work = {};
    lock.lock();
    job.error = error;
    job.state = error ? State::failed : State::done;
    settle();
  }
};

Pool::Pool(std::size_t threads) : shared(std::make_unique<Shared>()) {
  if (threads < 1) throw std::invalid_argument("threads");
  std::unique_lock lock(shared->mutex);
  for (; threads > 0; --threads) {
    shared->threads.emplace_back([s = shared.get()] {
      std::unique_lock lock(s->mutex);
      while (!(s->closed && s->all_over())) {
        if (Job* job = s->best()) {
          s->run(*job, lock);
        } else {
          s->news.wait(lock);
        }
      }
    });
    shared->ids.push_back(shared->threads.back().get_id());
  }
}

Pool::~Pool() {
  if (shared) shutdown(false);
}

std::uint64_t Pool::submit(std::function<void()> work, Options options) {
  std::unique_lock lock(shared->mutex);
  if (shared->closed) throw std::runtime_error("closed");
  if (!work) throw std::invalid_argument("work");
  for (auto number : options.after) shared->job(number);
  std::uint64_t number = shared->jobs.size() + 1;
  shared->jobs.emplace(number, Job{number, std::move(work), std::move(options), State::waiting, nullptr});
  shared->settle();
  return number;
}

State Pool::state(std::uint64_t number) const {
  std::unique_lock lock(shared->mutex);
  return shared->job(number).state;
}

std::exception_ptr Pool::error(std::uint64_t number) const {
  std::unique_lock lock(shared->mutex);
  return shared->job(number).error;
}

State Pool::wait(std::uint64_t number) {
  std::unique_lock lock(shared->mutex);
  Job& job = shared->job(number);
  while (!job.over()) {
    Job* other = shared->mine() ? shared->best() : nullptr;
    if (other) {
      shared->run(*other, lock);
    } else {
      shared->news.wait(lock);
    }
  }
  return job.state;
}

void Pool::wait_all() {
  std::unique_lock lock(shared->mutex);
  if (shared->mine()) throw std::logic_error("from within");
  shared->news.wait(lock, [this] { return shared->all_over(); });
}

bool Pool::cancel(std::uint64_t number) {
  std::unique_lock lock(shared->mutex);
  Job& job = shared->job(number);
  if (job.state != State::waiting) return false;
  job.state = State::cancelled;
  shared->settle();
  return true;
}

void Pool::shutdown(bool drop) {
  std::unique_lock lock(shared->mutex);
  if (shared->mine()) throw std::logic_error("from within");
  shared->closed = true;
  for (auto& [number, job] : shared->jobs) {
    if (drop && job.state == State::waiting) job.state = State::cancelled;
  }
  shared->news.notify_all();
  if (shared->joining) {
    shared->news.wait(lock, [this] { return shared->joined; });
    return;
  }
  shared->joining = true;
  lock.unlock();
  for (auto& thread : shared->threads) thread.join();
  lock.lock();
  shared->joined = true;
  shared->news.notify_all();
}
