// Threads of the image addon's own. libuv has four, which file access of the whole program shares; OpenMP's belong to
// the engine.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "images/score-pair.h"

namespace ggb::images {

// Work that falls into pieces which any thread may run in any order. Nothing may throw.
class Job {
 public:
  virtual ~Job() = default;
  virtual void Run(size_t piece, Workspace* workspace) = 0;
  // Called once, on some thread, when no piece runs any more and none will.
  virtual void OnEnd(std::shared_ptr<Job> self) = 0;

  // Whether the job ended before all of its pieces ran. Read it from OnEnd on.
  bool is_cancelled() const { return is_cancelled_; }

 protected:
  Job(size_t pieces, int threads) : pieces_(pieces), threads_(threads) {}

 private:
  friend class ThreadPool;
  const size_t pieces_;
  const int threads_;
  size_t next_ = 0;
  int running_ = 0;
  bool is_cancelled_ = false;
};

class ThreadPool {
 public:
  ThreadPool() = default;
  ~ThreadPool() { Stop(); }
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Jobs are run in the order in which they came; a thread that the first does not want helps the next. False when no
  // thread can be started.
  bool Submit(const std::shared_ptr<Job>& job);
  // Lets the pieces end that run and starts no other.
  void Cancel(const std::shared_ptr<Job>& job);
  // Cancels everything and waits for the threads.
  void Stop();

 private:
  void Work();
  std::shared_ptr<Job> Claimable();
  bool RemoveIfOver(const std::shared_ptr<Job>& job);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::vector<std::thread> threads_;
  bool is_stopping_ = false;
};

}  // namespace ggb::images
