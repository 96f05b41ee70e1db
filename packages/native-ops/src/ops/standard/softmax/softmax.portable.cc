// Softmax along the last axis: exp(x - max) / sum. The maximum makes every exponent at most 0, so nothing overflows;
// NaN and two infinities of one sign make their row NaN, as in TF.js.
#include <cmath>
#include <cstdint>
#include <cstring>

#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// exp(x) for x <= 0, in a form that vectorises: 2^n * exp(r) with x = n ln 2 + r, |r| <= ln 2 / 2, and the Taylor
// polynomial of degree 7 (next term: 5e-9 relative). Below -87.3 the result is denormal and becomes 0.
inline float ExpOfNegative(float x) {
  constexpr float kLog2E = 1.44269504f;
  constexpr float kLn2High = 0.693359375f;  // 9 bits: n * kLn2High is exact
  constexpr float kLn2Low = -2.12194440e-4f;
  constexpr float kRounder = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer that stands in the low bits
  const float shifted = x * kLog2E + kRounder;
  const float n = shifted - kRounder;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.0f / 5040;
  p = p * r + 1.0f / 720;
  p = p * r + 1.0f / 120;
  p = p * r + 1.0f / 24;
  p = p * r + 1.0f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  uint32_t exponent;
  std::memcpy(&exponent, &shifted, sizeof(exponent));
  const uint32_t bits = (exponent + 127) << 23;  // shifts all but the integer out
  float power;
  std::memcpy(&power, &bits, sizeof(power));
  return x < -87.3f ? 0.0f : p * power;
}

void SoftmaxRow(const float* x, int64_t count, float* y) {
  float largest = -INFINITY;
  int any_nan = 0;
#pragma omp simd reduction(max : largest) reduction(| : any_nan)
  for (int64_t i = 0; i < count; ++i) {
    largest = x[i] > largest ? x[i] : largest;
    any_nan |= x[i] != x[i];
  }
  if (any_nan) largest = NAN;
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < count; ++i) {
    const float value = ExpOfNegative(x[i] - largest);
    y[i] = value;
    sum += value;
  }
  const float share = static_cast<float>(1 / sum);
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) y[i] *= share;
}

}  // namespace

// arguments: rows, columns, x, y
Status softmax(CommandReader& arguments, ExecutionContext& context) {
  const int64_t rows = arguments.ReadSize();
  const int64_t columns = arguments.ReadSize();
  const int64_t count = ElementCount(Shape{2, {rows, columns}});
  const float* x = arguments.ReadInput<float>(count);
  float* y = arguments.ReadOutput<float>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  // An element costs about four additions.
  ParallelFor(context, rows, 1 + kElementwiseGrain / (4 * columns + 1), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) SoftmaxRow(x + row * columns, columns, y + row * columns);
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
