// Gaussian windows of 9 and 11 taps in float32, accurate to 1e-6 on any image: every tile of results is computed around a
// pivot of its own, taken from pixels that lie in the windows of all of them. Where the pivot is far from a window's mean,
// that window's variance is large, and what rounding takes from it is small against it. See windowed-ssim.md.
//
// Blocks of 16 rows of the map, and in them 16 pixels of the image at a time:
//   bytes -> s = a + b, d = a - b -> down the columns: mean and variance of s and d -> transposed, so that the 16 rows lie
//   side by side in vectors -> along the rows: mean and variance -> similarity -> sum.
// Both filters then are the same code, and none needs shifts or unaligned loads.
#include "ops/fused/windowed-ssim/plan.h"
#include "ops/fused/windowed-ssim/tiles.h"

namespace ggb::ssim::GGB_ISA_NAMESPACE {
namespace {

constexpr int kRows = 16;   // of the map in one block
constexpr int kChunk = 16;  // pixels of the image that are filtered down the columns at once
constexpr int kPlanes = 4;  // mean and variance of s, of d
constexpr int kRecord = kPlanes * kRows;

enum Plane { kMeanS = 0, kVarianceS = kRows, kMeanD = 2 * kRows, kVarianceD = 3 * kRows };

// Sum and difference of kWidth bytes.
GGB_INLINE void LoadSumAndDifference(const uint8_t* a, const uint8_t* b, float* sum, float* difference) {
#if defined(__AVX512F__)
  // The masked forms, because GCC 12 believes the others to read what was never set.
  constexpr __mmask16 kAll = 0xffff;
  const __m512i p = _mm512_maskz_cvtepu8_epi32(kAll, _mm_loadu_si128(reinterpret_cast<const __m128i*>(a)));
  const __m512i q = _mm512_maskz_cvtepu8_epi32(kAll, _mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
  _mm512_store_ps(sum, _mm512_maskz_cvtepi32_ps(kAll, _mm512_add_epi32(p, q)));
  _mm512_store_ps(difference, _mm512_maskz_cvtepi32_ps(kAll, _mm512_sub_epi32(p, q)));
#elif defined(__AVX2__)
  const __m256i p = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(a)));
  const __m256i q = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(b)));
  _mm256_store_ps(sum, _mm256_cvtepi32_ps(_mm256_add_epi32(p, q)));
  _mm256_store_ps(difference, _mm256_cvtepi32_ps(_mm256_sub_epi32(p, q)));
#else
  for (int i = 0; i < kWidth; ++i) {
    sum[i] = static_cast<float>(a[i] + b[i]);
    difference[i] = static_cast<float>(a[i] - b[i]);
  }
#endif
}

template <int kTaps>
class TiledSum {
 public:
  TiledSum(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map)
      : plan_(plan), a_(a), b_(b), sums_(sums), map_(map) {
    float side[kTaps / 2 + 1];
    double rest = 1;
    for (int k = 0; k < kTaps / 2; ++k) {
      side[k] = static_cast<float>(plan.weights[k]);
      rest -= 2.0 * static_cast<double>(side[k]);
    }
    // The middle takes what rounding left, so that the sum stays 1.
    side[kTaps / 2] = static_cast<float>(rest);
    for (int k = 0; k <= kTaps / 2; ++k) weights_[k] = Splat(side[k]);
    float* memory = reinterpret_cast<float*>(plan.scratch);
    sum_rows_ = memory;
    difference_rows_ = sum_rows_ + kChunk * plan.channels * kInputRows;
    columns_ = difference_rows_ + kChunk * plan.channels * kInputRows;
    edge_ = reinterpret_cast<uint8_t*>(columns_ + kColumnPixels * plan.channels * kRecord);
    // Results to the right of the map are computed and not used; they should not be computed from NaN, which is slow.
    for (int i = 0; i < kColumnPixels * plan.channels * kRecord; ++i) columns_[i] = 0;
  }

  void Run() {
    for (int row = 0; row < plan_.map_height; row += kRows) {
      row_ = row;
      for (int c = 0; c < plan_.channels; ++c) {
        for (int l = 0; l < kRows; ++l) lanes_[c][l] = 0;
      }
      for (int pixel = 0; pixel < plan_.width; pixel += kChunk) {
        ReadChunk(pixel);
        FilterColumns();
        FilterRows(pixel - kReach);
        KeepReach();
      }
      const int valid = plan_.map_height - row < kRows ? plan_.map_height - row : kRows;
      for (int c = 0; c < plan_.channels; ++c) {
        for (int l = 0; l < valid; ++l) sums_[c] += lanes_[c][l];
      }
    }
  }

  static constexpr int kReach = kTaps - 1;
  static constexpr int kInputRows = kRows + kReach;
  // Pixels in columns_: those that the next chunk's windows reach back to, a chunk, and what a last tile reads past it.
  static constexpr int kColumnPixels = kReach + kChunk + kTile;

  static constexpr size_t ScratchBytes(int channels) {
    return (2 * kChunk * kInputRows + kColumnPixels * kRecord) * sizeof(float) * channels +
           2 * kInputRows * kChunk * channels;
  }

 private:
  // Fills sum_rows_ and difference_rows_, [vector of kWidth columns][input row], from 16 pixels of 26 rows.
  void ReadChunk(int pixel) {
    const int channels = plan_.channels;
    const int columns = kChunk * channels;
    const int64_t length = static_cast<int64_t>(plan_.width) * channels;
    const int available = plan_.width - pixel < kChunk ? (plan_.width - pixel) * channels : columns;
    for (int i = 0; i < kInputRows; ++i) {
      // Rows below the image belong to results below the map, which nobody adds up.
      const int64_t row = row_ + i < plan_.height ? row_ + i : plan_.height - 1;
      const uint8_t* a = a_ + row * length + static_cast<int64_t>(pixel) * channels;
      const uint8_t* b = b_ + row * length + static_cast<int64_t>(pixel) * channels;
      if (available < columns) {
        uint8_t* edge_a = edge_;
        uint8_t* edge_b = edge_ + columns;
        for (int j = 0; j < columns; ++j) {
          edge_a[j] = j < available ? a[j] : 0;
          edge_b[j] = j < available ? b[j] : 0;
        }
        a = edge_a;
        b = edge_b;
      }
      for (int j = 0; j < columns; j += kWidth) {
        LoadSumAndDifference(a + j, b + j, sum_rows_ + j * kInputRows + i * kWidth,
                             difference_rows_ + j * kInputRows + i * kWidth);
      }
    }
  }

  // Down the columns: from the rows to columns_, [pixel and channel][plane][row], behind what KeepReach kept.
  void FilterColumns() {
    float* to = columns_ + kReach * plan_.channels * kRecord;
    for (int j = 0; j < kChunk * plan_.channels; j += kWidth) {
      FilterColumn(sum_rows_ + j * kInputRows, to + j * kRecord + kMeanS);
      FilterColumn(difference_rows_ + j * kInputRows, to + j * kRecord + kMeanD);
    }
  }

  GGB_INLINE void FilterColumn(const float* in, float* to) {
    Vec means[kRows];
    Vec variances[kRows];
#pragma GCC unroll 1
    for (int o = 0; o < kRows; o += kTile) {
      const float* from = in + o * kWidth;
      const Vec pivot = Pivot<kTaps>(from, kWidth);
      Vec tile_means[kTile];
      Vec tile_variances[kTile];
      FilterTile<kTaps, false>(from, nullptr, kWidth, pivot, weights_, tile_means, tile_variances);
      for (int i = 0; i < kTile; ++i) {
        means[o + i] = tile_means[i] + pivot;
        variances[o + i] = tile_variances[i];
      }
    }
    for (int r = 0; r < kRows; r += kWidth) {
      StoreTransposed(means + r, to + r);
      StoreTransposed(variances + r, to + kRows + r);
    }
  }

  GGB_INLINE void StoreTransposed(const Vec* rows, float* to) {
    Vec square[kWidth];
    Unroll<0, kWidth>([&](auto i) __attribute__((always_inline)) { square[i] = rows[i]; });
    Transpose(square);
    Unroll<0, kWidth>([&](auto i) __attribute__((always_inline)) { *reinterpret_cast<Vec*>(to + i * kRecord) = square[i]; });
  }

  // Along the rows, for every window that ends within this chunk. columns_ begins at pixel `first`, which may be negative.
  void FilterRows(int first) {
    const int begin = first < 0 ? -first : 0;
    const int end = plan_.map_width - first < kChunk ? plan_.map_width - first : kChunk;
    for (int pixel = begin; pixel < end; pixel += kTile) {
      const int count = end - pixel < kTile ? end - pixel : kTile;
      for (int c = 0; c < plan_.channels; ++c) {
        const float* from = columns_ + (pixel * plan_.channels + c) * kRecord;
        for (int l = 0; l < kRows; l += kWidth) ScoreTile(from + l, first + pixel, count, c, l);
      }
    }
  }

  GGB_INLINE void ScoreTile(const float* from, int map_column, int count, int channel, int lane) {
    const int64_t stride = plan_.channels * kRecord;
    const Vec pivot_s = Pivot<kTaps>(from + kMeanS, stride);
    const Vec pivot_d = Pivot<kTaps>(from + kMeanD, stride);
    Vec mean_s[kTile];
    Vec variance_s[kTile];
    Vec mean_d[kTile];
    Vec variance_d[kTile];
    FilterTile<kTaps, true>(from + kMeanS, from + kVarianceS, stride, pivot_s, weights_, mean_s, variance_s);
    FilterTile<kTaps, true>(from + kMeanD, from + kVarianceD, stride, pivot_d, weights_, mean_d, variance_d);
    const Vec c1 = Splat(static_cast<float>(2 * plan_.c1));
    const Vec c2 = Splat(static_cast<float>(2 * plan_.c2));
    Vec scores[kTile];
    for (int o = 0; o < kTile; ++o) {
      const Vec s = mean_s[o] + pivot_s;
      const Vec d = mean_d[o] + pivot_d;
      const Vec base = s * s + c1;
      const Vec contrast = AtLeastZero(variance_s[o]) + c2;
      const Vec vd = AtLeastZero(variance_d[o]);
      scores[o] = ((base - d * d) * (contrast - vd)) / ((base + d * d) * (contrast + vd));
    }
    Vec sum = Splat(0);
    if (count == kTile) {
      sum = ((scores[0] + scores[1]) + (scores[2] + scores[3]));
      if constexpr (kTile == 8) sum += ((scores[4] + scores[5]) + (scores[6] + scores[7]));
    } else {
      for (int o = 0; o < count; ++o) sum += scores[o];
    }
    double* lanes = lanes_[channel] + lane;
    for (int l = 0; l < kWidth; ++l) lanes[l] += static_cast<double>(sum[l]);
    if (__builtin_expect(map_ != nullptr, 0)) AddToMap(scores, map_column, count, channel, lane);
  }

  __attribute__((noinline)) void AddToMap(const Vec* scores, int map_column, int count, int channel, int lane) {
    const float share = 1.0f / static_cast<float>(plan_.channels);
    for (int l = 0; l < kWidth && row_ + lane + l < plan_.map_height; ++l) {
      float* to = map_ + static_cast<int64_t>(row_ + lane + l) * plan_.map_width + map_column;
      for (int o = 0; o < count; ++o) to[o] = (channel == 0 ? 0.0f : to[o]) + scores[o][l] * share;
    }
  }

  // Moves the last kReach pixels of columns_ to its front.
  void KeepReach() {
    const int size = kReach * plan_.channels * kRecord;
    const float* from = columns_ + kChunk * plan_.channels * kRecord;
    for (int i = 0; i < size; i += kWidth) {
      *reinterpret_cast<Vec*>(columns_ + i) = *reinterpret_cast<const Vec*>(from + i);
    }
  }

  const Plan& plan_;
  const uint8_t* a_;
  const uint8_t* b_;
  double* sums_;
  float* map_;
  int row_ = 0;
  float* sum_rows_;
  float* difference_rows_;
  float* columns_;
  uint8_t* edge_;
  double lanes_[3][kRows];
  Vec weights_[kTaps / 2 + 1];
};

}  // namespace

void ssim_sum_tiled(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  if (plan.size == 11) {
    TiledSum<11>(plan, a, b, sums, map).Run();
  } else {
    TiledSum<9>(plan, a, b, sums, map).Run();
  }
}

}  // namespace ggb::ssim::GGB_ISA_NAMESPACE
