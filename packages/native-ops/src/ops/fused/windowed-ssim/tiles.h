// What the tiled kernels are made of: vectors, loops that unroll at compile time, and the filter of one tile. Compiled
// once per instruction set, with GCC's and Clang's vector types, so that one source serves all of them and WebAssembly.
#pragma once

#include <stdint.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "runtime/instruction-set.h"

namespace ggb::ssim::GGB_ISA_NAMESPACE {

// kMaxTile: results of a filter that are computed at once. Two sums for each fill half of the registers.
#if defined(__AVX512F__)
constexpr int kWidth = 16;
constexpr int kMaxTile = 8;
constexpr int kSumTile = 8;
#elif defined(__AVX2__)
constexpr int kWidth = 8;
constexpr int kMaxTile = 4;
constexpr int kSumTile = 4;
#else
constexpr int kWidth = 4;
constexpr int kMaxTile = 4;
constexpr int kSumTile = 4;
#endif

// Tiles are as large as leaves their windows four inputs in common, from which the pivot is taken: windowed-ssim.md.
template <int kTaps>
constexpr int kTileOf = kTaps >= kMaxTile + 3 ? kMaxTile : 4;

typedef float Vec __attribute__((vector_size(4 * kWidth)));
typedef int32_t IntVec __attribute__((vector_size(4 * kWidth)));

#define GGB_INLINE inline __attribute__((always_inline))

template <int kValue>
struct Constant {
  constexpr operator int() const { return kValue; }
};

// Calls body(Constant<i>) for begin <= i < end, each with its own code: indices of local arrays are then constants, and
// the arrays live in registers.
template <int kBegin, int kEnd, class Body>
GGB_INLINE void Unroll(const Body& body) {
  if constexpr (kBegin < kEnd) {
    body(Constant<kBegin>());
    Unroll<kBegin + 1, kEnd>(body);
  }
}

GGB_INLINE Vec Splat(float value) { return value - Vec{}; }

GGB_INLINE Vec LoadUnaligned(const float* from) {
  Vec value;
  __builtin_memcpy(&value, from, sizeof(value));
  return value;
}

// NaN becomes 0 here too.
GGB_INLINE Vec AtLeastZero(Vec x) {
#if defined(__AVX512F__)
  // GCC 12 would compare and select.
  return (Vec)_mm512_maskz_max_ps(0xffff, (__m512)x, _mm512_setzero_ps());
#elif defined(__AVX2__)
  return (Vec)_mm256_max_ps((__m256)x, _mm256_setzero_ps());
#else
  return x > 0.0f ? x : Vec{};
#endif
}

// Transposes a square of kWidth vectors: in each of log2(kWidth) stages, vector i and vector i + kWidth / 2 are
// interleaved.
GGB_INLINE void Transpose(Vec* rows) {
  Vec other[kWidth];
  constexpr int kHalf = kWidth / 2;
  const auto stage = [](const Vec* from, Vec* to) __attribute__((always_inline)) {
    Unroll<0, kHalf>([&](auto i) __attribute__((always_inline)) {
      const Vec a = from[i];
      const Vec b = from[i + kHalf];
#if defined(__AVX512F__)
      to[2 * i] = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      to[2 * i + 1] = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif defined(__AVX2__)
      to[2 * i] = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      to[2 * i + 1] = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
      to[2 * i] = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      to[2 * i + 1] = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
    });
  };
  stage(rows, other);
  stage(other, rows);
  if constexpr (kWidth >= 8) stage(rows, other);
  if constexpr (kWidth >= 16) stage(other, rows);
  if constexpr (kWidth == 8) Unroll<0, kWidth>([&](auto i) __attribute__((always_inline)) { rows[i] = other[i]; });
}

// The first half of the taps and the middle one, which takes what rounding left, so that the sum stays 1.
template <int kTaps>
GGB_INLINE void SplatWeights(const double* weights, Vec* splat) {
  double rest = 1;
  for (int k = 0; k < kTaps / 2; ++k) {
    const float side = static_cast<float>(weights[k]);
    splat[k] = Splat(side);
    rest -= 2.0 * static_cast<double>(side);
  }
  splat[kTaps / 2] = Splat(static_cast<float>(rest));
}

constexpr int kPivotInputs = 4;

// Mean of four of the inputs of a tile that the windows of all its results have in common. `load` gives inputs by
// number.
template <int kTaps, class LoadInput>
GGB_INLINE Vec Pivot(const LoadInput& load) {
  constexpr int kTile = kTileOf<kTaps>;
  constexpr int kShared = kTaps - kTile + 1;
  static_assert(kShared >= kPivotInputs, "the windows of a tile must have four inputs in common");
  constexpr int kFirst = (kTaps + kTile - 1 - kPivotInputs) / 2;
  Vec sum = load(Constant<kFirst>());
  Unroll<1, kPivotInputs>([&](auto i) __attribute__((always_inline)) { sum += load(Constant<kFirst + i>()); });
  return sum * (1.0f / kPivotInputs);
}

// The filter of one tile: from kTile + kTaps - 1 inputs x and variances v, which `load` and `load_variance` give by
// number (the latter may be nullptr: none),
//   means[o]     = sum over k of w[k] (x[o + k] - pivot)
//   variances[o] = sum over k of w[k] (v[o + k] + (x[o + k] - pivot)^2) - means[o]^2
// `weights`: the first half of the taps, and the middle one.
template <int kTaps, class LoadInput, class LoadVariance>
GGB_INLINE void FilterTile(const LoadInput& load, const LoadVariance& load_variance, Vec pivot, const Vec* weights,
                           Vec* means, Vec* variances) {
  constexpr int kTile = kTileOf<kTaps>;
  Vec sums[kTile];
  Vec squares[kTile];
  Unroll<0, kTile + kTaps - 1>([&](auto i) __attribute__((always_inline)) {
    const Vec difference = load(i) - pivot;
    Vec square;
    if constexpr (__is_same(LoadVariance, decltype(nullptr))) {
      square = difference * difference;
    } else {
      square = load_variance(i) + difference * difference;
    }
    Unroll<0, kTile>([&](auto o) __attribute__((always_inline)) {
      constexpr int kTap = i - o;
      if constexpr (kTap == 0) {
        sums[o] = weights[0] * difference;
        squares[o] = weights[0] * square;
      } else if constexpr (kTap > 0 && kTap < kTaps) {
        constexpr int kWeight = kTap <= kTaps / 2 ? kTap : kTaps - 1 - kTap;
        sums[o] += weights[kWeight] * difference;
        squares[o] += weights[kWeight] * square;
      }
    });
  });
  Unroll<0, kTile>([&](auto o) __attribute__((always_inline)) {
    means[o] = sums[o];
    variances[o] = squares[o] - sums[o] * sums[o];
  });
}

// results[o] = sum over k of w[k] x[o + k] for o < kTile, from inputs kBegin <= i < kEnd that `load` gives by number;
// the others are zero. At least one of them is in each window.
template <int kTaps, int kTile, int kBegin = 0, int kEnd = kTile + kTaps - 1, class LoadInput>
GGB_INLINE void SumTile(const LoadInput& load, const Vec* weights, Vec* results) {
  Vec sums[kTile];
  Unroll<kBegin, kEnd>([&](auto i) __attribute__((always_inline)) {
    const Vec x = load(i);
    Unroll<0, kTile>([&](auto o) __attribute__((always_inline)) {
      constexpr int kTap = i - o;
      constexpr bool kIsFirst = kTap == 0 || i == kBegin;
      if constexpr (kTap >= 0 && kTap < kTaps) {
        constexpr int kWeight = kTap <= kTaps / 2 ? kTap : kTaps - 1 - kTap;
        if constexpr (kIsFirst) {
          sums[o] = weights[kWeight] * x;
        } else {
          sums[o] += weights[kWeight] * x;
        }
      }
    });
  });
  Unroll<0, kTile>([&](auto o) __attribute__((always_inline)) { results[o] = sums[o]; });
}

}  // namespace ggb::ssim::GGB_ISA_NAMESPACE
