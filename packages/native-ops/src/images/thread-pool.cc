#include "images/thread-pool.h"

#include <algorithm>
#include <system_error>

namespace ggb::images {

bool ThreadPool::Submit(const std::shared_ptr<Job>& job) {
  bool is_over = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const size_t wanted = std::min(static_cast<size_t>(job->threads_), std::max<size_t>(job->pieces_, 1));
    try {
      while (threads_.size() < wanted) threads_.emplace_back([this] { Work(); });
    } catch (const std::system_error&) {
      // Fewer threads do the same work.
      if (threads_.empty()) return false;
    }
    jobs_.push_back(job);
    is_over = RemoveIfOver(job);
  }
  if (is_over) {
    job->OnEnd(job);
  } else {
    wake_.notify_all();
  }
  return true;
}

void ThreadPool::Cancel(const std::shared_ptr<Job>& job) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (job->next_ == job->pieces_) return;
    job->is_cancelled_ = true;
    job->next_ = job->pieces_;
    if (!RemoveIfOver(job)) return;
  }
  job->OnEnd(job);
}

void ThreadPool::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_stopping_ = true;
    jobs_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ThreadPool::Work() {
  Workspace workspace;
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    std::shared_ptr<Job> job;
    wake_.wait(lock, [&] { return is_stopping_ || (job = Claimable()) != nullptr; });
    if (is_stopping_) return;
    const size_t piece = job->next_++;
    ++job->running_;
    lock.unlock();
    job->Run(piece, &workspace);
    lock.lock();
    --job->running_;
    if (is_stopping_) return;
    const bool is_over = RemoveIfOver(job);
    if (!is_over) continue;
    lock.unlock();
    job->OnEnd(job);
    job.reset();
    lock.lock();
  }
}

std::shared_ptr<Job> ThreadPool::Claimable() {
  for (const std::shared_ptr<Job>& job : jobs_) {
    if (job->next_ < job->pieces_ && job->running_ < job->threads_) return job;
  }
  return nullptr;
}

bool ThreadPool::RemoveIfOver(const std::shared_ptr<Job>& job) {
  if (job->next_ < job->pieces_ || job->running_ > 0) return false;
  const auto position = std::find(jobs_.begin(), jobs_.end(), job);
  if (position == jobs_.end()) return false;
  jobs_.erase(position);
  return true;
}

}  // namespace ggb::images
