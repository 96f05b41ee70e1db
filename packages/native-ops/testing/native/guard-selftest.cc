// Overwrites memory around a guarded block on purpose and tells whether the guards noticed. A program of its own: the
// addon has no op that writes out of bounds. Prints one word per attempt.
#include <cstdio>

#include "runtime/allocator.h"
#include "runtime/execution-context.h"

namespace {

const char* Attempt(size_t bytes, std::ptrdiff_t offset) {
  ggb::Allocator allocator(true);
  ggb::Block block;
  if (!allocator.Allocate(bytes, &block)) return "no-memory";
  block.data[offset] ^= 1;
  const bool intact = allocator.GuardsIntact(block);
  block.data[offset] ^= 1;
  allocator.Release(&block);
  return intact ? "unnoticed" : "noticed";
}

const char* AttemptScratch() {
  ggb::Allocator allocator(true);
  ggb::ExecutionContext context(&allocator, 1);
  float* scratch = nullptr;
  if (!context.Scratch(5, &scratch).ok()) return "no-memory";
  scratch[5] = 0;
  return context.ReleaseScratch().ok() ? "unnoticed" : "noticed";
}

}  // namespace

int main() {
  std::printf("inside %s\n", Attempt(12, 11));
  std::printf("behind %s\n", Attempt(12, 12));
  std::printf("behind-size-class %s\n", Attempt(12, 64));
  std::printf("before %s\n", Attempt(12, -1));
  std::printf("scratch %s\n", AttemptScratch());
  return 0;
}
