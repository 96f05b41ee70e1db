// One block after another of a map of similarities, in tiles: see tiled.portable.cc for what it does and why. Pixels are
// bytes or float32. On request it also gives what the gradient is made of (windowed-ssim.md).
#pragma once

#include <stddef.h>

#include "ops/fused/windowed-ssim/tiles.h"

namespace ggb::ssim::GGB_ISA_NAMESPACE {

constexpr int kRows = 16;   // of the map in one block
constexpr int kChunk = 16;  // pixels of the image that are filtered down the columns at once
constexpr int kPlanes = 4;
constexpr int kRecord = kPlanes * kRows;

struct TiledShape {
  int width;
  int height;
  int channels;
  double c1;
  double c2;
  const double* weights;
};

// What the gradient is made of: 4 planes [map_height, width * channels], and the pivots of sums and differences.
struct Partials {
  float* planes;
  float pivot_s;
  float pivot_d;
};

// Sum and difference of kWidth pixels.
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

GGB_INLINE void LoadSumAndDifference(const float* a, const float* b, float* sum, float* difference) {
  const Vec p = LoadUnaligned(a);
  const Vec q = LoadUnaligned(b);
  *reinterpret_cast<Vec*>(sum) = p + q;
  *reinterpret_cast<Vec*>(difference) = p - q;
}

template <int kTaps, class Pixel, bool kDerivatives>
class TiledMap {
 public:
  static constexpr int kReach = kTaps - 1;
  static constexpr int kInputRows = kRows + kReach;
  // Pixels in columns_: those that the next chunk's windows reach back to, a chunk, and what a last tile reads past it.
  static constexpr int kColumnPixels = kReach + kChunk + kTile;

  static int64_t ScratchBytes(int64_t width, int64_t channels) {
    const int64_t bytes = (2 * kChunk * kInputRows + kColumnPixels * kRecord) * sizeof(float) * channels +
                          kRows * sizeof(double) * channels + 2 * kChunk * sizeof(Pixel) * channels;
    return bytes + (kDerivatives ? DerivativePixels(width) * channels * kRecord * sizeof(float) : 0);
  }

  // scratch: ScratchBytes, aligned to 64.
  TiledMap(const TiledShape& shape, void* scratch) : shape_(shape), map_width_(shape.width - kReach) {
    SplatWeights<kTaps>(shape.weights, weights_);
    const int channels = shape.channels;
    float* memory = static_cast<float*>(scratch);
    sum_rows_ = memory;
    difference_rows_ = sum_rows_ + kChunk * channels * kInputRows;
    columns_ = difference_rows_ + kChunk * channels * kInputRows;
    float* next = columns_ + kColumnPixels * channels * kRecord;
    // Results to the right of the map are computed and not used; they should not be computed from NaN, which is slow.
    for (int i = 0; i < kColumnPixels * channels * kRecord; ++i) columns_[i] = 0;
    if (kDerivatives) {
      derivatives_ = next;
      const int64_t size = DerivativePixels(shape.width) * channels * kRecord;
      for (int64_t i = 0; i < size; ++i) derivatives_[i] = 0;
      next += size;
    }
    lanes_ = reinterpret_cast<double*>(next);
    edge_ = reinterpret_cast<Pixel*>(lanes_ + kRows * channels);
  }

  // Rows [row, row + kRows) of the map. Adds the similarities of each channel to `sums`; writes them into `map`, unless it
  // is null, and the rows of `partials`, with kDerivatives.
  void ScoreBlock(const Pixel* a, const Pixel* b, int row, double* sums, float* map,
                  const Partials* partials = nullptr) {
    row_ = row;
    map_ = map;
    partials_ = partials;
    for (int i = 0; i < kRows * shape_.channels; ++i) lanes_[i] = 0;
    for (int pixel = 0; pixel < shape_.width; pixel += kChunk) {
      ReadChunk(a, b, pixel);
      FilterColumns();
      FilterRows(pixel - kReach);
      KeepReach();
    }
    if constexpr (kDerivatives) SpreadDerivatives();
    for (int c = 0; c < shape_.channels; ++c) {
      for (int l = 0; l < ValidRows(); ++l) sums[c] += lanes_[c * kRows + l];
    }
  }

 private:
  // Of columns_: mean and variance of the sums and of the differences, down a column.
  enum Plane { kMeanS = 0, kVarianceS = kRows, kMeanD = 2 * kRows, kVarianceD = 3 * kRows };

  // The map with zeros around it, as far as windows reach.
  static int64_t DerivativePixels(int64_t width) { return kReach + width + kTile + kChunk; }

  int MapHeight() const { return shape_.height - kReach; }
  int ValidRows() const { return MapHeight() - row_ < kRows ? MapHeight() - row_ : kRows; }

  // Fills sum_rows_ and difference_rows_, [vector of kWidth columns][input row], from kChunk pixels of kInputRows rows.
  void ReadChunk(const Pixel* image_a, const Pixel* image_b, int pixel) {
    const int channels = shape_.channels;
    const int columns = kChunk * channels;
    const int64_t length = static_cast<int64_t>(shape_.width) * channels;
    const int available = shape_.width - pixel < kChunk ? (shape_.width - pixel) * channels : columns;
    for (int i = 0; i < kInputRows; ++i) {
      // Rows below the image belong to results below the map, which nobody adds up.
      const int64_t row = row_ + i < shape_.height ? row_ + i : shape_.height - 1;
      const Pixel* a = image_a + row * length + static_cast<int64_t>(pixel) * channels;
      const Pixel* b = image_b + row * length + static_cast<int64_t>(pixel) * channels;
      if (available < columns) {
        for (int j = 0; j < columns; ++j) {
          edge_[j] = j < available ? a[j] : Pixel{0};
          edge_[columns + j] = j < available ? b[j] : Pixel{0};
        }
        a = edge_;
        b = edge_ + columns;
      }
      for (int j = 0; j < columns; j += kWidth) {
        LoadSumAndDifference(a + j, b + j, sum_rows_ + j * kInputRows + i * kWidth,
                             difference_rows_ + j * kInputRows + i * kWidth);
      }
    }
  }

  // Down the columns: from the rows to columns_, [pixel and channel][plane][row], behind what KeepReach kept.
  void FilterColumns() {
    float* to = columns_ + kReach * shape_.channels * kRecord;
    for (int j = 0; j < kChunk * shape_.channels; j += kWidth) {
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
    Unroll<0, kWidth>([&](auto i)
                          __attribute__((always_inline)) { *reinterpret_cast<Vec*>(to + i * kRecord) = square[i]; });
  }

  // Along the rows, for every window that ends within this chunk. columns_ begins at pixel `first`, which may be negative.
  void FilterRows(int first) {
    const int begin = first < 0 ? -first : 0;
    const int end = map_width_ - first < kChunk ? map_width_ - first : kChunk;
    for (int pixel = begin; pixel < end; pixel += kTile) {
      const int count = end - pixel < kTile ? end - pixel : kTile;
      for (int c = 0; c < shape_.channels; ++c) {
        const float* from = columns_ + (pixel * shape_.channels + c) * kRecord;
        for (int l = 0; l < kRows; l += kWidth) ScoreTile(from + l, first + pixel, count, c, l);
      }
    }
  }

  GGB_INLINE void ScoreTile(const float* from, int map_column, int count, int channel, int lane) {
    const int64_t stride = shape_.channels * kRecord;
    const Vec pivot_s = Pivot<kTaps>(from + kMeanS, stride);
    const Vec pivot_d = Pivot<kTaps>(from + kMeanD, stride);
    Vec mean_s[kTile];
    Vec variance_s[kTile];
    Vec mean_d[kTile];
    Vec variance_d[kTile];
    FilterTile<kTaps, true>(from + kMeanS, from + kVarianceS, stride, pivot_s, weights_, mean_s, variance_s);
    FilterTile<kTaps, true>(from + kMeanD, from + kVarianceD, stride, pivot_d, weights_, mean_d, variance_d);
    const Vec c1 = Splat(static_cast<float>(2 * shape_.c1));
    const Vec c2 = Splat(static_cast<float>(2 * shape_.c2));
    Vec scores[kTile];
    for (int o = 0; o < kTile; ++o) {
      const Vec s = mean_s[o] + pivot_s;
      const Vec d = mean_d[o] + pivot_d;
      const Vec base = s * s + c1;
      const Vec contrast = AtLeastZero(variance_s[o]) + c2;
      const Vec vd = AtLeastZero(variance_d[o]);
      const Vec denominator_l = base + d * d;
      const Vec denominator_c = contrast + vd;
      if constexpr (kDerivatives) {
        const Vec inverse = 1.0f / (denominator_l * denominator_c);
        const Vec inverse_l = inverse * denominator_c;
        const Vec inverse_c = inverse * denominator_l;
        const Vec luminance = (base - d * d) * inverse_l;
        const Vec structure = (contrast - vd) * inverse_c;
        scores[o] = luminance * structure;
        if (o < count) {
          const Vec outer = 4.0f * structure * inverse_l * inverse_l;
          const Vec by_vs = 2.0f * luminance * inverse_c * inverse_c * vd;
          const Vec by_vd = -2.0f * luminance * inverse_c * inverse_c * contrast;
          const Vec by_s = outer * s * d * d - 2.0f * (s - partials_->pivot_s) * by_vs;
          const Vec by_d = -outer * d * base - 2.0f * (d - partials_->pivot_d) * by_vd;
          float* to =
              derivatives_ + (static_cast<int64_t>(kReach + map_column + o) * shape_.channels + channel) * kRecord + lane;
          *reinterpret_cast<Vec*>(to) = by_s + by_d;
          *reinterpret_cast<Vec*>(to + kRows) = by_s - by_d;
          *reinterpret_cast<Vec*>(to + 2 * kRows) = by_vs;
          *reinterpret_cast<Vec*>(to + 3 * kRows) = by_vd;
        }
      } else {
        scores[o] = ((base - d * d) * (contrast - vd)) / (denominator_l * denominator_c);
      }
    }
    Vec sum = Splat(0);
    if (count == kTile) {
      sum = ((scores[0] + scores[1]) + (scores[2] + scores[3]));
      if constexpr (kTile == 8) sum += ((scores[4] + scores[5]) + (scores[6] + scores[7]));
    } else {
      for (int o = 0; o < count; ++o) sum += scores[o];
    }
    double* lanes = lanes_ + channel * kRows + lane;
    for (int l = 0; l < kWidth; ++l) lanes[l] += static_cast<double>(sum[l]);
    if (__builtin_expect(map_ != nullptr, 0)) AddToMap(scores, map_column, count, channel, lane);
  }

  __attribute__((noinline)) void AddToMap(const Vec* scores, int map_column, int count, int channel, int lane) {
    const float share = 1.0f / static_cast<float>(shape_.channels);
    for (int l = 0; l < kWidth && row_ + lane + l < MapHeight(); ++l) {
      float* to = map_ + static_cast<int64_t>(row_ + lane + l) * map_width_ + map_column;
      for (int o = 0; o < count; ++o) to[o] = (channel == 0 ? 0.0f : to[o]) + scores[o][l] * share;
    }
  }

  // Moves the last kReach pixels of columns_ to its front.
  void KeepReach() {
    const int size = kReach * shape_.channels * kRecord;
    const float* from = columns_ + kChunk * shape_.channels * kRecord;
    for (int i = 0; i < size; i += kWidth) {
      *reinterpret_cast<Vec*>(columns_ + i) = *reinterpret_cast<const Vec*>(from + i);
    }
  }

  // Each window's derivatives go to all of its pixels with their weights: the transposed filter along the rows, then back
  // from vectors of rows to rows. Pixel x is in the windows x - kReach to x.
  void SpreadDerivatives() {
    const int channels = shape_.channels;
    const int64_t stride = channels * kRecord;
    const int64_t length = static_cast<int64_t>(shape_.width) * channels;
    const int64_t plane_size = MapHeight() * length;
    for (int pixel = 0; pixel < shape_.width; pixel += kChunk) {
      for (int tile = 0; tile < kChunk; tile += kTile) {
        for (int c = 0; c < channels; ++c) {
          for (int i = 0; i < kRecord; i += kWidth) {
            Vec results[kTile];
            SumTile<kTaps>(derivatives_ + static_cast<int64_t>(pixel + tile) * stride + c * kRecord + i, stride,
                           weights_, results);
            float* to = columns_ + static_cast<int64_t>(tile) * stride + c * kRecord + i;
            for (int o = 0; o < kTile; ++o) *reinterpret_cast<Vec*>(to + o * stride) = results[o];
          }
        }
      }
      for (int j = 0; j < kChunk * channels; j += kWidth) {
        const int64_t column = static_cast<int64_t>(pixel) * channels + j;
        const int64_t count = length - column < kWidth ? length - column : kWidth;
        if (count <= 0) break;
        for (int p = 0; p < kPlanes; ++p) {
          for (int r = 0; r < kRows; r += kWidth) {
            Vec square[kWidth];
            const float* from = columns_ + j * kRecord + p * kRows + r;
            Unroll<0, kWidth>([&](auto i) __attribute__((always_inline)) {
              square[i] = *reinterpret_cast<const Vec*>(from + i * kRecord);
            });
            Transpose(square);
            float* to = partials_->planes + p * plane_size + (row_ + r) * length + column;
            for (int i = 0; i < kWidth && r + i < ValidRows(); ++i) {
              __builtin_memcpy(to + i * length, &square[i], count * sizeof(float));
            }
          }
        }
      }
    }
    // columns_ is what the next block begins with.
    for (int i = 0; i < kColumnPixels * channels * kRecord; ++i) columns_[i] = 0;
  }

  const TiledShape shape_;
  const int map_width_;
  int row_ = 0;
  float* map_ = nullptr;
  const Partials* partials_ = nullptr;
  float* sum_rows_;
  float* difference_rows_;
  float* columns_;
  float* derivatives_ = nullptr;
  double* lanes_;  // sums of similarities, [channel][row of the block]
  Pixel* edge_;
  Vec weights_[kTaps / 2 + 1];
};

}  // namespace ggb::ssim::GGB_ISA_NAMESPACE
