// The mean of |a - b| and its gradients, one pass each. See mean-absolute-difference.md.
#include <cmath>
#include <cstdint>

#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// Sums that run side by side.
constexpr int64_t kLanes = 32;

double SumOfDifferences(const float* a, const float* b, int64_t count) {
  double lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] += static_cast<double>(std::fabs(a[i + l] - b[i + l]));
  }
  for (int64_t l = 0; i + l < count; ++l) lanes[l] += static_cast<double>(std::fabs(a[i + l] - b[i + l]));
  double sum = 0;
  for (double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

// arguments: count, a, b, y
Status mean_absolute_difference(CommandReader& arguments, ExecutionContext& context) {
  const int64_t count = arguments.ReadSize();
  const float* a = arguments.ReadInput<float>(count);
  const float* b = arguments.ReadInput<float>(count);
  float* y = arguments.ReadOutput<float>(1);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  const int pieces = PieceCount(context, count, kElementwiseGrain);
  double* partial = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces, &partial));
  ParallelPieces(pieces, count, [=](int piece, int64_t begin, int64_t end) {
    partial[piece] = SumOfDifferences(a + begin, b + begin, end - begin);
  });
  double sum = 0;
  for (int piece = 0; piece < pieces; ++piece) sum += partial[piece];
  *y = static_cast<float>(sum / static_cast<double>(count));
  return Status::Ok();
}

// arguments: count, sign (1: gradient of a, -1: of b), dy, a, b, gradient
Status mean_absolute_difference_gradient(CommandReader& arguments, ExecutionContext& context) {
  const int64_t count = arguments.ReadSize();
  const float sign = arguments.ReadFloat();
  const float* dy = arguments.ReadInput<float>(1);
  const float* a = arguments.ReadInput<float>(count);
  const float* b = arguments.ReadInput<float>(count);
  float* gradient = arguments.ReadOutput<float>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  const float above = static_cast<float>(static_cast<double>(sign) * *dy / static_cast<double>(count));
  ParallelFor(context, count, kElementwiseGrain, [=](int64_t begin, int64_t end) {
#pragma GCC ivdep
    for (int64_t i = begin; i < end; ++i) {
      const float difference = a[i] - b[i];
      const float signed_gradient = difference > 0 ? above : -above;
      gradient[i] = difference != difference ? difference : signed_gradient;
    }
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
