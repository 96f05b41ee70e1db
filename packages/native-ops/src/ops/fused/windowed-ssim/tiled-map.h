// One block after another of a map of similarities, in tiles: see tiled.portable.cc for what it does and why. Pixels
// are bytes or float32. On request it also gives what the gradient is made of (windowed-ssim.md).
#pragma once

#include <stddef.h>

#include "ops/fused/windowed-ssim/tiles.h"

namespace ggb::ssim::GGB_ISA_NAMESPACE {

constexpr int kRows = 16;   // of the map in one block
constexpr int kChunk = 16;  // pixels of the image that are filtered down the columns at once
constexpr int kRecord = 4 * kRows;
constexpr int kPartials = 3;  // planes of which the gradient is made
constexpr int kPartialRecord = kPartials * kRows;

struct TiledShape {
  int width;
  int height;
  int channels;
  double c1;
  double c2;
  const double* weights;
};

// Where the gradient of `scale` / 4 times the sum of similarities by the first image goes, [height, width, channels],
// and the pivots of sums and differences.
struct Gradient {
  float* to;
  float pivot_s;
  float pivot_d;
  float scale;
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

// Gives vectors by number, `stride` floats apart.
struct StridedVectors {
  const float* from;
  int64_t stride;
  template <class Number>
  GGB_INLINE Vec operator()(Number i) const {
    return *reinterpret_cast<const Vec*>(from + i * stride);
  }
};

GGB_INLINE StridedVectors VectorsAt(const float* from, int64_t stride) { return {from, stride}; }

template <int kTaps, class Pixel, bool kDerivatives>
class TiledMap {
 public:
  static constexpr int kTile = kTileOf<kTaps>;
  static constexpr int kReach = kTaps - 1;
  static constexpr int kInputRows = kRows + kReach;
  static constexpr int kKeptRows = 2 * kRows;
  static_assert(kReach <= kRows, "a block's windows end within the block below");
  // Pixels in columns_: those that the next chunk's windows reach back to, a chunk, and what a last tile reads past it.
  static constexpr int kColumnPixels = kReach + kChunk + kTile;

  static int64_t ScratchBytes(int64_t width, int64_t channels) {
    const int64_t floats = InputFloats(width, channels) + kColumnPixels * kRecord * channels +
                           (kDerivatives ? DerivativeFloats(width, channels) : 0);
    return floats * sizeof(float) + kRows * sizeof(double) * channels;
  }

  // scratch: ScratchBytes, aligned to 64.
  TiledMap(const TiledShape& shape, void* scratch)
      : shape_(shape), map_width_(shape.width - kReach), stride_(RowStride(shape.width, shape.channels)) {
    SplatWeights<kTaps>(shape.weights, weights_);
    const int channels = shape.channels;
    sums_ = static_cast<float*>(scratch);
    differences_ = sums_ + InputFloats(shape.width, channels) / 2;
    columns_ = sums_ + InputFloats(shape.width, channels);
    float* next = columns_ + kColumnPixels * channels * kRecord;
    if (kDerivatives) {
      derivatives_ = next;
      kept_ = derivatives_ + (kReach + kChunk) * channels * kPartialRecord;
      carried_ = kept_ + kPartials * kWidth * kRows;
      next += DerivativeFloats(shape.width, channels);
      // Once KeepReach has moved what the next chunk needs, the rest of columns_ is free: what is used together should
      // fit the innermost cache.
      spread_ = columns_ + kReach * channels * kRecord;
      along_ = spread_ + kChunk * channels * kPartialRecord;
    }
    // Of what lies around the image nothing is used, but something is computed, which NaN would make slow.
    for (float* to = sums_; to < next; to += kWidth) *reinterpret_cast<Vec*>(to) = Splat(0);
    lanes_ = reinterpret_cast<double*>(next);
  }

  // Before the first block of a pair of images, or of a part of one that begins at `row` of the map.
  void Begin(const Pixel* a, const Pixel* b, int row) {
    a_ = a;
    b_ = b;
    read_ = row;
    if constexpr (kDerivatives) {
      for (int64_t i = 0; i < kReach * stride_; i += kWidth) *reinterpret_cast<Vec*>(carried_ + i) = Splat(0);
    }
  }

  // Rows [row, row + kRows) of the map, block after block. Adds the similarities of each channel to `sums`; writes them
  // into `map`, unless it is null.
  void ScoreBlock(int row, double* sums, float* map) {
    BeginBlock(row, map);
    for (int pixel = 0; pixel < shape_.width; pixel += kChunk) {
      FilterColumns(pixel);
      FilterRows(pixel - kReach);
      KeepReach(columns_, kRecord);
    }
    AddLanes(sums);
  }

  // The same without a map; and rows [row, row + kRows) of the gradient, unless gradient.to is null, where an image has
  // them: blocks go on until they are below the image. Rows of the gradient are also made of windows of the block
  // above, so that a part of an image that does not begin at the top begins a block earlier, without a gradient.
  void DifferentiateBlock(int row, double* sums, const Gradient& gradient) {
    BeginBlock(row, nullptr);
    gradient_ = gradient;
    const int kept = KeptColumns();
    const int64_t length = static_cast<int64_t>(shape_.width) * shape_.channels;
    for (int pixel = 0;; pixel += kChunk) {
      // What is left over from chunk to chunk comes to the columns of an image in whole vectors.
      const int64_t column = static_cast<int64_t>(pixel - kReach) * shape_.channels - kept;
      if (column >= length) break;
      if (row < MapHeight()) {
        if (pixel < shape_.width) FilterColumns(pixel);
        FilterRows(pixel - kReach);
        KeepReach(columns_, kRecord);
        SpreadAlongRows(kept);
        KeepReach(derivatives_, kPartialRecord);
      }
      SpreadDownColumns(column);
    }
    for (int i = 0; i < kReach * shape_.channels * kRecord; ++i) columns_[i] = 0;
    AddLanes(sums);
  }

 private:
  // Of columns_: mean and variance of the sums and of the differences, down a column.
  enum Plane { kMeanS = 0, kVarianceS = kRows, kMeanD = 2 * kRows, kVarianceD = 3 * kRows };

  // Where derivatives are wanted, sums and differences are kept by rows, for the filter down the columns and for the
  // gradient; else those of one chunk are enough.
  static int64_t InputFloats(int64_t width, int64_t channels) {
    return kDerivatives ? 2 * kKeptRows * RowStride(width, channels) : 2 * kChunk * channels * kInputRows;
  }

  // Rows of an image often are a multiple of 1 KiB long, and would drive each other out of the innermost cache. Around
  // a row there is room for what the last chunk reads and what KeptColumns and windows reach back to.
  static int64_t RowStride(int64_t width, int64_t channels) {
    const int64_t lines = (LeftOf(channels) + (width + kReach + 2 * kChunk) * channels + 2 * 16) / 16;
    return (lines | 1) * 16;
  }
  static int64_t LeftOf(int64_t channels) { return (kReach * channels + 2 * 16 - 1) / 16 * 16; }

  static int64_t DerivativeFloats(int64_t width, int64_t channels) {
    return (kReach + kChunk) * channels * kPartialRecord + kPartials * kWidth * kRows +
           kReach * RowStride(width, channels);
  }

  // By how many columns the pixels whose windows have been scored are more than a multiple of vectors.
  int KeptColumns() const { return (kWidth - kReach * shape_.channels % kWidth) % kWidth; }

  int MapHeight() const { return shape_.height - kReach; }
  int ValidRows() const { return MapHeight() - row_ < kRows ? MapHeight() - row_ : kRows; }

  void BeginBlock(int row, float* map) {
    row_ = row;
    map_ = map;
    for (int i = 0; i < kRows * shape_.channels; ++i) lanes_[i] = 0;
    if constexpr (kDerivatives) {
      for (; read_ < row + kInputRows; ++read_) ReadRow(read_);
    }
  }

  void AddLanes(double* sums) const {
    for (int c = 0; c < shape_.channels; ++c) {
      for (int l = 0; l < ValidRows(); ++l) sums[c] += lanes_[c * kRows + l];
    }
  }

  // Rows are kept in turn.
  static int64_t PlaceOf(int row) { return row % kKeptRows; }
  float* Sums(int row) const { return sums_ + PlaceOf(row) * stride_ + LeftOf(shape_.channels); }
  float* Differences(int row) const { return differences_ + PlaceOf(row) * stride_ + LeftOf(shape_.channels); }

  void ReadRow(int row) {
    ReadColumns(row, 0, static_cast<int64_t>(shape_.width) * shape_.channels, Sums(row), Differences(row), kWidth);
  }

  // [vector of kWidth columns][input row], from kChunk pixels of kInputRows rows.
  void ReadChunk(int pixel) {
    const int columns = kChunk * shape_.channels;
    const int available = shape_.width - pixel < kChunk ? (shape_.width - pixel) * shape_.channels : columns;
    for (int i = 0; i < kInputRows; ++i) {
      ReadColumns(row_ + i, static_cast<int64_t>(pixel) * shape_.channels, available, sums_ + i * kWidth,
                  differences_ + i * kWidth, kInputRows * kWidth);
    }
  }

  // Sums and differences of `count` columns from `column`, vectors `stride` apart.
  GGB_INLINE void ReadColumns(int row, int64_t column, int64_t count, float* sums, float* differences, int64_t stride) {
    // Rows below the image belong to results below the map, which nobody adds up.
    const int64_t at =
        static_cast<int64_t>(row < shape_.height ? row : shape_.height - 1) * shape_.width * shape_.channels + column;
    const Pixel* a = a_ + at;
    const Pixel* b = b_ + at;
    int64_t j = 0;
    for (; j + kWidth <= count; j += kWidth, sums += stride, differences += stride) {
      LoadSumAndDifference(a + j, b + j, sums, differences);
    }
    if (j == count) return;
    Pixel rest[2][kWidth] = {};
    for (int i = 0; i < count - j; ++i) {
      rest[0][i] = a[j + i];
      rest[1][i] = b[j + i];
    }
    LoadSumAndDifference(rest[0], rest[1], sums, differences);
  }

  // The next block's rows on their way here, a part for each chunk of this one: computing and fetching at the same
  // time.
  void Prefetch(int pixel) const {
    constexpr int64_t kLine = 64 / sizeof(Pixel);
    const int64_t length = static_cast<int64_t>(shape_.width) * shape_.channels;
    const int64_t rows = shape_.height - read_ < kRows ? shape_.height - read_ : kRows;
    const int64_t end = pixel + kChunk < shape_.width ? pixel + kChunk : shape_.width;
    for (int64_t at = pixel * shape_.channels * rows; at < end * shape_.channels * rows; at += kLine) {
      __builtin_prefetch(a_ + read_ * length + at, 0, 2);
      __builtin_prefetch(b_ + read_ * length + at, 0, 2);
    }
  }

  // Vectors of the rows from row_ by number, of which those from kRows on may stand elsewhere.
  struct BlockVectors {
    const float* from;
    const float* below;
    int64_t stride;
    template <class Number>
    GGB_INLINE Vec operator()(Number i) const {
      return *reinterpret_cast<const Vec*>((i < kRows ? from : below) + i * stride);
    }
  };

  BlockVectors RowsAt(float* (TiledMap::*rows)(int) const, int64_t column) const {
    return {(this->*rows)(row_) + column, (this->*rows)(row_ + kRows) + column - kRows * stride_, stride_};
  }

  // Down the columns: from the pixels at `pixel` to columns_, [pixel and channel][plane][row], behind what KeepReach
  // kept.
  void FilterColumns(int pixel) {
    const int channels = shape_.channels;
    float* to = columns_ + kReach * channels * kRecord;
    if constexpr (kDerivatives) {
      Prefetch(pixel);
      const int64_t start = static_cast<int64_t>(pixel) * channels;
      for (int j = 0; j < kChunk * channels; j += kWidth) {
        FilterPlane(RowsAt(&TiledMap::Sums, start + j), to + j * kRecord + kMeanS);
        FilterPlane(RowsAt(&TiledMap::Differences, start + j), to + j * kRecord + kMeanD);
      }
    } else {
      ReadChunk(pixel);
      for (int j = 0; j < kChunk * channels; j += kWidth) {
        FilterPlane(VectorsAt(sums_ + j * kInputRows, kWidth), to + j * kRecord + kMeanS);
        FilterPlane(VectorsAt(differences_ + j * kInputRows, kWidth), to + j * kRecord + kMeanD);
      }
    }
  }

  template <class LoadInput>
  GGB_INLINE void FilterPlane(const LoadInput& load, float* to) {
    Vec means[kRows];
    Vec variances[kRows];
    Unroll<0, kRows / kTile>([&](auto t) __attribute__((always_inline)) {
      constexpr int kFirst = t * kTile;
      const auto load_of_tile = [&](auto i) __attribute__((always_inline)) { return load(Constant<kFirst + i>()); };
      const Vec pivot = Pivot<kTaps>(load_of_tile);
      FilterTile<kTaps>(load_of_tile, nullptr, pivot, weights_, means + kFirst, variances + kFirst);
      for (int i = 0; i < kTile; ++i) means[kFirst + i] += pivot;
    });
    StoreTransposed(means, to);
    StoreTransposed(variances, to + kRows);
  }

  GGB_INLINE void StoreTransposed(const Vec* rows, float* to) {
    for (int r = 0; r < kRows; r += kWidth) {
      Vec square[kWidth];
      Unroll<0, kWidth>([&](auto i) __attribute__((always_inline)) { square[i] = rows[r + i]; });
      Transpose(square);
      Unroll<0, kWidth>([&](auto i) __attribute__((always_inline)) {
        *reinterpret_cast<Vec*>(to + r + i * kRecord) = square[i];
      });
    }
  }

  // Along the rows, for every window that ends within this chunk. columns_ begins at pixel `first`, which may be
  // negative.
  void FilterRows(int first) {
    const int begin = first < 0 ? -first : 0;
    const int end = map_width_ - first < kChunk ? map_width_ - first : kChunk;
    if constexpr (kDerivatives) {
      ClearDerivatives(0, begin < kChunk ? begin : kChunk);
      ClearDerivatives(end > 0 ? end : 0, kChunk);
    }
    for (int pixel = begin; pixel < end; pixel += kTile) {
      const int count = end - pixel < kTile ? end - pixel : kTile;
      for (int c = 0; c < shape_.channels; ++c) {
        const float* from = columns_ + (pixel * shape_.channels + c) * kRecord;
        for (int l = 0; l < kRows; l += kWidth) ScoreTile(from + l, first, pixel, count, c, l);
      }
    }
  }

  // Windows outside of the map give nothing.
  void ClearDerivatives(int begin, int end) {
    float* from = derivatives_ + kReach * shape_.channels * kPartialRecord;
    const int record = shape_.channels * kPartialRecord;
    for (int i = begin * record; i < end * record; ++i) from[i] = 0;
  }

  // Windows that begin at `pixel` of columns_, and the `count` - 1 next ones.
  GGB_INLINE void ScoreTile(const float* from, int first, int pixel, int count, int channel, int lane) {
    const int64_t stride = shape_.channels * kRecord;
    const auto load_s = VectorsAt(from + kMeanS, stride);
    const auto load_d = VectorsAt(from + kMeanD, stride);
    const Vec pivot_s = Pivot<kTaps>(load_s);
    const Vec pivot_d = Pivot<kTaps>(load_d);
    Vec mean_s[kTile];
    Vec variance_s[kTile];
    Vec mean_d[kTile];
    Vec variance_d[kTile];
    FilterTile<kTaps>(load_s, VectorsAt(from + kVarianceS, stride), pivot_s, weights_, mean_s, variance_s);
    FilterTile<kTaps>(load_d, VectorsAt(from + kVarianceD, stride), pivot_d, weights_, mean_d, variance_d);
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
          // Halves of the derivatives by the variances, quarters of the rest; the sign of the third is turned.
          const Vec by_variances = luminance * inverse_c * inverse_c;
          const Vec by_vs = by_variances * vd;
          const Vec by_vd = by_variances * contrast;
          const Vec by_means = structure * inverse_l * inverse_l * d;
          const Vec by_a =
              by_means * (s * d - base) - (s - gradient_.pivot_s) * by_vs + (d - gradient_.pivot_d) * by_vd;
          float* to = derivatives_ + ((kReach + pixel + o) * shape_.channels + channel) * kPartialRecord + lane;
          *reinterpret_cast<Vec*>(to) = by_a;
          *reinterpret_cast<Vec*>(to + kRows) = by_vs;
          *reinterpret_cast<Vec*>(to + 2 * kRows) = by_vd;
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
    if (__builtin_expect(map_ != nullptr, 0)) AddToMap(scores, first + pixel, count, channel, lane);
  }

  __attribute__((noinline)) void AddToMap(const Vec* scores, int map_column, int count, int channel, int lane) {
    const float share = 1.0f / static_cast<float>(shape_.channels);
    for (int l = 0; l < kWidth && row_ + lane + l < MapHeight(); ++l) {
      float* to = map_ + static_cast<int64_t>(row_ + lane + l) * map_width_ + map_column;
      for (int o = 0; o < count; ++o) to[o] = (channel == 0 ? 0.0f : to[o]) + scores[o][l] * share;
    }
  }

  // Moves the records of the last kReach pixels to the front.
  void KeepReach(float* records, int record) {
    const int size = kReach * shape_.channels * record;
    const float* from = records + kChunk * shape_.channels * record;
    for (int i = 0; i < size; i += kWidth) {
      *reinterpret_cast<Vec*>(records + i) = *reinterpret_cast<const Vec*>(from + i);
    }
  }

  // Each window's derivatives go to all of its pixels with their weights: pixel x is in the windows x - kReach to x.
  // First along the rows, for the pixels whose windows have all been scored, and from vectors of rows back to rows:
  // spread_, [partial][row][pixel and channel], zero below the map.
  void SpreadAlongRows(int kept) {
    const int channels = shape_.channels;
    const int columns = kChunk * channels;
    const int64_t stride = channels * kPartialRecord;
    for (int p = 0; p < kPartials; ++p) {
      float* kept_records = kept_ + p * kWidth * kRows;
      for (int i = 0; i < kept * kRows; ++i) along_[i] = kept_records[i];
      for (int tile = 0; tile < kChunk; tile += kSumTile) {
        for (int c = 0; c < channels; ++c) {
          for (int r = 0; r < kRows; r += kWidth) {
            const float* from = derivatives_ + tile * stride + c * kPartialRecord + p * kRows + r;
            float* to = along_ + (kept + tile * channels + c) * kRows + r;
            Vec results[kSumTile];
            SumTile<kTaps, kSumTile>(VectorsAt(from, stride), weights_, results);
            for (int o = 0; o < kSumTile; ++o) *reinterpret_cast<Vec*>(to + o * channels * kRows) = results[o];
          }
        }
      }
      for (int j = 0; j < columns; j += kWidth) {
        for (int r = 0; r < kRows; r += kWidth) {
          Vec square[kWidth];
          const auto load = VectorsAt(along_ + j * kRows + r, kRows);
          Unroll<0, kWidth>([&](auto i) __attribute__((always_inline)) { square[i] = load(i); });
          Transpose(square);
          float* to = spread_ + (p * kRows + r) * columns + j;
          Unroll<0, kWidth>([&](auto i) __attribute__((always_inline)) {
            *reinterpret_cast<Vec*>(to + i * columns) = square[i];
          });
        }
      }
      for (int i = 0; i < kept * kRows; ++i) kept_records[i] = along_[columns * kRows + i];
      for (int i = ValidRows() * columns; i < kRows * columns; ++i) spread_[p * kRows * columns + i] = 0;
    }
  }

  // Then down the columns from `start`, some of which may lie outside of the image. Row r of the gradient is made of
  // rows r - kReach to r of the map: the first kReach rows begin with what the block above has left, and as many rows
  // below are left to the next one.
  void SpreadDownColumns(int64_t start) {
    const int columns = kChunk * shape_.channels;
    const bool is_map = row_ < MapHeight();
    for (int j = 0; j < columns; j += kWidth) {
      float* carried = carried_ + LeftOf(shape_.channels) + start + j;
      if (!is_map) {
        for (int o = 0; o < kReach; ++o) StoreGradient(row_ + o, start + j, LoadUnaligned(carried + o * stride_));
        continue;
      }
      const BlockVectors sums = RowsAt(&TiledMap::Sums, start + j);
      const BlockVectors differences = RowsAt(&TiledMap::Differences, start + j);
      Unroll<0, (kRows + kReach + kSumTile - 1) / kSumTile>([&](auto t) __attribute__((always_inline)) {
        constexpr int kFirst = t * kSumTile;
        constexpr int kCount = kRows + kReach - kFirst < kSumTile ? kRows + kReach - kFirst : kSumTile;
        constexpr int kBegin = kFirst < kReach ? kReach - kFirst : 0;
        constexpr int kInputs = kCount + kReach;
        constexpr int kEnd = kRows - kFirst + kReach < kInputs ? kRows - kFirst + kReach : kInputs;
        const auto filter = [&](int p, Vec* results) __attribute__((always_inline)) {
          const float* from = spread_ + (p * kRows + kFirst - kReach) * columns + j;
          SumTile<kTaps, kCount, kBegin, kEnd>(VectorsAt(from, columns), weights_, results);
        };
        Vec results[kCount];
        Vec factors[kCount];
        filter(0, results);
        filter(1, factors);
        Unroll<0, kCount>([&](auto o) __attribute__((always_inline)) {
          results[o] += (sums(Constant<kFirst + o>()) - gradient_.pivot_s) * factors[o];
        });
        filter(2, factors);
        Unroll<0, kCount>([&](auto o) __attribute__((always_inline)) {
          constexpr int kRow = kFirst + o;
          results[o] -= (differences(Constant<kRow>()) - gradient_.pivot_d) * factors[o];
          if constexpr (kRow < kReach) results[o] += *reinterpret_cast<const Vec*>(carried + kRow * stride_);
          if constexpr (kRow < kRows) {
            StoreGradient(row_ + kRow, start + j, results[o]);
          } else {
            *reinterpret_cast<Vec*>(carried + (kRow - kRows) * stride_) = results[o];
          }
        });
      });
    }
  }

  GGB_INLINE void StoreGradient(int row, int64_t column, Vec value) const {
    const int64_t length = static_cast<int64_t>(shape_.width) * shape_.channels;
    if (gradient_.to == nullptr || row >= shape_.height) return;
    const Vec result = gradient_.scale * value;
    float* to = gradient_.to + row * length + column;
    if (column >= 0 && column + kWidth <= length) {
      __builtin_memcpy(to, &result, sizeof(result));
    } else {
      for (int i = 0; i < kWidth; ++i) {
        if (column + i >= 0 && column + i < length) to[i] = result[i];
      }
    }
  }

  const TiledShape shape_;
  const int map_width_;
  const int64_t stride_;  // of sums_, differences_ and carried_
  const Pixel* a_ = nullptr;
  const Pixel* b_ = nullptr;
  int read_ = 0;  // the next row to read
  int row_ = 0;
  float* map_ = nullptr;
  Gradient gradient_ = {};
  float* sums_;  // of the pixels, and their differences, kKeptRows rows each
  float* differences_;
  float* columns_;
  // Of the last kReach pixels and a chunk, [pixel and channel][partial][row]; the same after the filter along the rows.
  float* derivatives_ = nullptr;
  float* along_ = nullptr;
  float* kept_ = nullptr;     // [partial][column][row], of KeptColumns
  float* carried_ = nullptr;  // kReach rows of the gradient, without its scale
  float* spread_ = nullptr;   // [partial][row][pixel and channel] of a chunk
  double* lanes_;             // sums of similarities, [channel][row of the block]
  Vec weights_[kTaps / 2 + 1];
};

}  // namespace ggb::ssim::GGB_ISA_NAMESPACE
