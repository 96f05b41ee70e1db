// y = x * (random word of the element >= threshold ? scale : 0). See dropout.md.
#include <algorithm>
#include <cstdint>

#include "ops/fused/random/philox.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {

// arguments: count, seed, counter, threshold (of 2^24), scale, x, y. Seed and counter are the words 2 to 5.
Status counter_dropout(CommandReader& arguments, ExecutionContext& context) {
  const int64_t count = arguments.ReadSize();
  PhiloxStream stream;
  stream.seed = static_cast<uint64_t>(arguments.ReadSize());
  stream.counter = static_cast<uint64_t>(arguments.ReadSize());
  const int32_t threshold = arguments.ReadInt();
  const float scale = arguments.ReadFloat();
  const float* x = arguments.ReadInput<float>(count);
  float* y = arguments.ReadOutput<float>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  const int64_t chunks = (count + kWordsPerChunk - 1) / kWordsPerChunk;
  ParallelFor(context, chunks, kElementwiseGrain / 4 / kWordsPerChunk, [&](int64_t begin, int64_t end) {
    uint32_t words[kWordsPerChunk];
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      PhiloxBlocks(stream, static_cast<uint64_t>(chunk * kLanes), words);
      const int64_t first = chunk * kWordsPerChunk;
      const int64_t n = std::min(kWordsPerChunk, count - first);
      for (int64_t i = 0; i < n; ++i) {
        // A product, not a choice: NaN and infinities of dropped elements stay visible.
        y[first + i] = x[first + i] * (static_cast<int32_t>(words[i] >> 8) >= threshold ? scale : 0.0f);
      }
    }
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
