// exp and tanh as straight lines of arithmetic, which compilers vectorise where a call of libm would be made for each
// value. Errors were measured over all float32 numbers of the range against float64 (1 and 1.2 units in the last
// place).
//
// Only for *.portable.cc: everything is local to the instruction set that includes it.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "runtime/instruction-set.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// e^x by x = n ln 2 + r, |r| <= ln 2 / 2, and the Taylor series of e^r to the seventh power, whose next term is below
// half a unit in the last place. Infinite above 88.72, 0 below -104, where the smallest subnormal ends; NaN for NaN.
inline float Exponential(float x) {
  constexpr float kHighest = 88.722839f;
  constexpr float kLowest = -104.0f;
  constexpr float kRounder = 12582912.0f;      // 1.5 * 2^23: adding it leaves a whole number in the low bits
  float inside = x < kHighest ? x : kHighest;  // NaN becomes kHighest, and NaN again at the end
  inside = inside > kLowest ? inside : kLowest;
  const float shifted = inside * 1.44269504f + kRounder;
  const float n = shifted - kRounder;
  // ln 2 in two parts, the first with zeros at its end: n times it is exact.
  const float r = (inside - n * 0.693359375f) - n * -2.12194440e-4f;
  float series = 1.0f / 5040;
  series = series * r + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  const float e = (series * r) * r + r + 1.0f;
  // 2^n in two factors, since 2^128 is none.
  const int32_t whole = static_cast<int32_t>(n);
  const int32_t half = whole >> 1;
  const int32_t first_bits = (half + 127) << 23;
  const int32_t second_bits = (whole - half + 127) << 23;
  float first, second;
  std::memcpy(&first, &first_bits, sizeof first);
  std::memcpy(&second, &second_bits, sizeof second);
  const float scaled = e * first * second;
  const float high = x > kHighest ? INFINITY : scaled;
  const float low = x < kLowest ? 0.0f : high;
  return x != x ? x : low;
}

// tanh by its odd series where cancellation would cost digits, elsewhere by 1 - 2 / (e^2|x| + 1).
inline float HyperbolicTangent(float x) {
  constexpr float kNearZero = 0.625f;
  const float size = std::fabs(x);
  const float z = x * x;
  // Least squares fit of (tanh(x) / x - 1) / x^2 on |x| < 0.625 (S. L. Moshier's Cephes library has the coefficients).
  float series = -5.70498872745e-3f;
  series = series * z + 2.06390887954e-2f;
  series = series * z - 5.37397155531e-2f;
  series = series * z + 1.33314422036e-1f;
  series = series * z - 3.33332819422e-1f;
  const float near = std::copysign(series * z * x + x, x);  // of -0 the sum loses the sign
  const float far = std::copysign(1.0f - 2.0f / (Exponential(2.0f * size) + 1.0f), x);
  return size < kNearZero ? near : far;
}

}  // namespace
}  // namespace ggb::GGB_ISA_NAMESPACE
