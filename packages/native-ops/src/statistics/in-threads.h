// Work divided among threads that live as long as the call. No OpenMP here: its team belongs to the engine's thread,
// and these calls may come from one of Node's.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace ggb::statistics {
namespace GGB_ISA_NAMESPACE {

// Calls task(0), ..., task(count - 1), each once, on at most `threads` threads, one of which is the caller's. An
// exception that leaves a thread would end the process: it is kept, no further task begins, and the first one is thrown
// here when all threads have ended. Threads that the system refuses are done without.
template <typename Task>
void InThreads(int64_t count, int threads, const Task& task) {
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&]() noexcept {
    try {
      for (int64_t i = next++; i < count; i = next++) task(i);
    } catch (...) {
      next = count;
      const std::lock_guard<std::mutex> lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  const int64_t wanted = threads < count ? threads : count;
  // All room is taken before the first thread starts: nothing may throw while one runs.
  std::vector<std::thread> others(wanted > 1 ? static_cast<size_t>(wanted - 1) : 0);
  for (std::thread& other : others) {
    try {
      other = std::thread(work);
    } catch (const std::system_error&) {
      break;
    } catch (const std::bad_alloc&) {
      break;
    }
  }
  work();
  for (std::thread& other : others) {
    if (other.joinable()) other.join();
  }
  if (failure) std::rethrow_exception(failure);
}

}  // namespace GGB_ISA_NAMESPACE
}  // namespace ggb::statistics
