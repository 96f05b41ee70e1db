// Batch normalization with given statistics: y = offset + (x - mean) * scale / sqrt(variance + epsilon). Statistics
// repeat with a period, the number of channels; (x - mean) is formed first, so that a mean far from zero costs no
// digits.
#include <cmath>
#include <cstdint>

#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// The inner loop is at least this long: few channels are repeated in the tables.
constexpr int64_t kLeastRow = 64;

}  // namespace

// arguments: elements of x, period, epsilon, elements of mean, variance, scale, offset (each the
// period or 1; 0 when absent), x, mean, variance, scale (if any), offset (if any), y
Status batch_norm(CommandReader& arguments, ExecutionContext& context) {
  const int64_t count = arguments.ReadSize();
  const int64_t period = arguments.ReadSize();
  const float epsilon = arguments.ReadFloat();
  int64_t sizes[4];
  for (int64_t& size : sizes) {
    size = arguments.ReadSize();
    if (size > 1 && size != period) arguments.Fail(StatusCode::kInvalidShape, "statistics differ in size");
  }
  if (period < 1 || count % period != 0 || sizes[0] < 1 || sizes[1] < 1) {
    arguments.Fail(StatusCode::kInvalidShape, "the statistics do not divide x");
  }
  const float* x = arguments.ReadInput<float>(count);
  const float* mean = arguments.ReadInput<float>(sizes[0]);
  const float* variance = arguments.ReadInput<float>(sizes[1]);
  const float* scale = sizes[2] > 0 ? arguments.ReadInput<float>(sizes[2]) : nullptr;
  const float* offset = sizes[3] > 0 ? arguments.ReadInput<float>(sizes[3]) : nullptr;
  float* y = arguments.ReadOutput<float>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (count == 0) return Status::Ok();

  const int64_t repeats = period < kLeastRow ? (kLeastRow + period - 1) / period : 1;
  const int64_t row = period * repeats;
  float* shifts = nullptr;
  float* slopes = nullptr;
  float* bases = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(row, &shifts));
  GGB_RETURN_IF_ERROR(context.Scratch(row, &slopes));
  GGB_RETURN_IF_ERROR(context.Scratch(row, &bases));
  const auto at = [](const float* values, int64_t size, int64_t c, float missing) {
    return size == 0 ? missing : values[size == 1 ? 0 : c];
  };
  for (int64_t i = 0; i < row; ++i) {
    const int64_t c = i % period;
    const double deviation = std::sqrt(static_cast<double>(at(variance, sizes[1], c, 1)) + epsilon);
    shifts[i] = at(mean, sizes[0], c, 0);
    slopes[i] = static_cast<float>(at(scale, sizes[2], c, 1) / deviation);
    bases[i] = at(offset, sizes[3], c, 0);
  }
  const int64_t rows = (count + row - 1) / row;
  ParallelFor(context, rows, 1 + kElementwiseGrain / row, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      const float* from = x + r * row;
      float* to = y + r * row;
      const int64_t columns = count - r * row < row ? count - r * row : row;
#pragma GCC ivdep
      for (int64_t c = 0; c < columns; ++c) to[c] = bases[c] + (from[c] - shifts[c]) * slopes[c];
    }
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
