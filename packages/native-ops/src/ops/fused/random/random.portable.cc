// Random tensors whose element i depends on seed, counter and i alone: the same for every number of threads and however
// a tensor is cut into pieces. The formulas are in random.md and, word for word, in random.reference.ts.
#include "ops/fused/random/random.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "ops/fused/random/philox.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using random::Distribution;

// y[i] = convert(words, i) chunk by chunk; convert fills one chunk from its words.
template <class T, class Convert>
void Generate(ExecutionContext& context, const PhiloxStream& stream, int64_t count, int64_t grain, T* y,
              const Convert& convert) {
  const int64_t chunks = (count + kWordsPerChunk - 1) / kWordsPerChunk;
  ParallelFor(context, chunks, grain / kWordsPerChunk, [&](int64_t begin, int64_t end) {
    uint32_t words[kWordsPerChunk];
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      PhiloxBlocks(stream, static_cast<uint64_t>(chunk * kLanes), words);
      T* to = y + chunk * kWordsPerChunk;
      const int64_t left = count - chunk * kWordsPerChunk;
      if (left >= kWordsPerChunk) {
        convert(words, to);
      } else {
        T last[kWordsPerChunk];
        convert(words, last);
        std::copy_n(last, left, to);
      }
    }
  });
}

// Logarithm, root, sine and cosine in float64: about 16 additions' worth of time per element.
constexpr int64_t kNormalGrain = kElementwiseGrain / 16;

}  // namespace

// arguments: distribution, count, seed, counter, then
//   uniform: min, max - min, the largest float32 below max;  normal: mean, standard deviation;  integers: min, max -
//   min
// and y. Seed and counter are the words 3 to 6, so that a recorded command can be replayed with another counter.
Status counter_random(CommandReader& arguments, ExecutionContext& context) {
  const auto distribution = static_cast<Distribution>(arguments.ReadInt());
  const int64_t count = arguments.ReadSize();
  PhiloxStream stream;
  stream.seed = static_cast<uint64_t>(arguments.ReadSize());
  stream.counter = static_cast<uint64_t>(arguments.ReadSize());
  switch (distribution) {
    case Distribution::kUniform: {
      const double min = arguments.ReadFloat();
      const double range = arguments.ReadFloat();
      const float largest = arguments.ReadFloat();
      float* y = arguments.ReadOutput<float>(count);
      GGB_RETURN_IF_ERROR(arguments.Finish());
      Generate(context, stream, count, kElementwiseGrain / 4, y, [=](const uint32_t* words, float* to) {
        for (int64_t i = 0; i < kWordsPerChunk; ++i) {
          // 24 bits times 24 bits is exact in float64, so the sum is rounded once whether it is fused or not.
          const double u = static_cast<int32_t>(words[i] >> 8) * 0x1p-24;
          const float value = static_cast<float>(min + range * u);
          to[i] = value < largest ? value : largest;
        }
      });
      return Status::Ok();
    }
    case Distribution::kNormal: {
      const double mean = arguments.ReadFloat();
      const double deviation = arguments.ReadFloat();
      float* y = arguments.ReadOutput<float>(count);
      GGB_RETURN_IF_ERROR(arguments.Finish());
      Generate(context, stream, count, kNormalGrain, y, [=](const uint32_t* words, float* to) {
        for (int64_t i = 0; i < kWordsPerChunk; i += 2) {
          const double radius = std::sqrt(-2 * std::log((words[i] + 0.5) * 0x1p-32));
          const double angle = 6.283185307179586 * (words[i + 1] * 0x1p-32);
          to[i] = static_cast<float>(mean + deviation * (radius * std::cos(angle)));
          to[i + 1] = static_cast<float>(mean + deviation * (radius * std::sin(angle)));
        }
      });
      return Status::Ok();
    }
    case Distribution::kIntegers: {
      const uint32_t min = static_cast<uint32_t>(arguments.ReadInt());
      const uint64_t range = static_cast<uint64_t>(arguments.ReadSize());
      if (range > uint64_t{1} << 32) arguments.Fail(StatusCode::kInvalidShape, "more integers than 32 bits can count");
      int32_t* y = arguments.ReadOutput<int32_t>(count);
      GGB_RETURN_IF_ERROR(arguments.Finish());
      Generate(context, stream, count, kElementwiseGrain / 4, y, [=](const uint32_t* words, int32_t* to) {
        for (int64_t i = 0; i < kWordsPerChunk; ++i) {
          to[i] = static_cast<int32_t>(min + static_cast<uint32_t>(words[i] * range >> 32));
        }
      });
      return Status::Ok();
    }
  }
  return Status(StatusCode::kInvalidCommand, "no such distribution");
}

}  // namespace ggb::GGB_ISA_NAMESPACE
