// Uniform windows: sums of integers, so every way of adding them gives the same. With
//   A = sum x sum y,   B = (sum x)^2 + (sum y)^2,   K = n sum xy - A,   V = n sum (x^2 + y^2) - B
// over the n pixels of a window, the similarity is (2A + n^2 C1) (2K + n^2 C2) / ((B + n^2 C1) (V + n^2 C2)). Up to A, B, K
// and V nothing is rounded; from there on the order of operations is fixed, in lanes that are the same for every width of
// vector, and the compiler may not fuse them (-ffp-contract=off, CMakeLists.txt). So instruction sets differ in no bit, as
// long as n^2 sum (x^2 + y^2) is below 2^53: for windows of up to 511 pixels across.
#include "ops/fused/windowed-ssim/plan.h"
#include "ops/fused/windowed-ssim/tiles.h"

namespace ggb::ssim::GGB_ISA_NAMESPACE {
namespace {

// Windows of this size have a way of their own, the protocol of the paper.
constexpr int kPackedSize = 7;
// Widest window whose sum of x^2 + y^2 fits into 31 bits.
constexpr int kMaxIntegerSize = 127;

// Similarities are added up as fractions, two at a time: a division takes as long as everything else. kBlock is divisible
// by the vectors' widths, and half of it by the number of channels.
constexpr int kBlock = 48;
constexpr int kLanes = kBlock / 2;

// Rows of sums are padded, so that whole blocks can be computed.
constexpr int64_t PaddedRow(int64_t row) { return (row + kBlock - 1) / kBlock * kBlock + kBlock; }

struct Fractions {
  alignas(64) double numerators[kBlock];
  alignas(64) double denominators[kBlock];
};

// Adds up similarities, and writes them into the map.
class Scores {
 public:
  Scores(const Plan& plan, float* map) : plan_(plan), columns_(plan.map_width * plan.channels), map_(map) {}

  // Those of columns [column, column + kBlock) of a row; what lies behind the last column is overwritten.
  GGB_INLINE void Add(Fractions& block, int64_t column) {
    double* __restrict n = block.numerators;
    double* __restrict d = block.denominators;
    for (int64_t i = columns_ - column; i < kBlock; ++i) {
      n[i] = 0;
      d[i] = 1;
    }
    if (__builtin_expect(map_ != nullptr, 0)) AddToMap(block, column);
    for (int i = 0; i < kLanes; ++i) {
      lanes_[i] += (n[i] * d[i + kLanes] + n[i + kLanes] * d[i]) / (d[i] * d[i + kLanes]);
    }
  }

  void NextRow() {
    if (map_ != nullptr) map_ += plan_.map_width;
  }

  void AddTo(double* sums) const {
    for (int i = 0; i < kLanes; ++i) sums[i % plan_.channels] += lanes_[i];
  }

 private:
  __attribute__((noinline)) void AddToMap(const Fractions& block, int64_t column) {
    const int64_t channels = plan_.channels;
    for (int64_t i = 0; i < kBlock && column + i < columns_; ++i) {
      const double share = block.numerators[i] / block.denominators[i] / static_cast<double>(channels);
      const int64_t at = (column + i) / channels;
      map_[at] = static_cast<float>((i % channels == 0 ? 0.0 : static_cast<double>(map_[at])) + share);
    }
  }

  const Plan& plan_;
  int64_t columns_;
  float* map_;
  alignas(64) double lanes_[kLanes] = {};
};

// out[j] = sum over k < size of in[j + k * step], for j < length - (size - 1) * step. Blocks of doubled length, one for
// each binary digit of the size; `in` is destroyed.
template <class T>
inline void SumAlongRow(T* in, T* __restrict out, int size, int64_t step, int64_t length) {
  const int64_t columns = length - (size - 1) * step;
  int64_t offset = 0;
  for (int64_t block = 1; block <= size; block *= 2) {
    if (size & block) {
      const T* from = in + offset * step;
      if (offset == 0) {
        for (int64_t j = 0; j < columns; ++j) out[j] = from[j];
      } else {
        for (int64_t j = 0; j < columns; ++j) out[j] += from[j];
      }
      offset += block;
    }
    if (2 * block > size) break;
    // In place: what is read lies ahead of what is written.
#pragma GCC ivdep
    for (int64_t j = 0; j < length - (2 * block - 1) * step; ++j) in[j] += in[j + block * step];
  }
}

// Adds a row to the sums of each column, or takes it away.
template <class T>
inline void AddRow(const uint8_t* a, const uint8_t* b, int64_t length, int sign, T* __restrict x, T* __restrict y,
                   T* __restrict squares, T* __restrict products) {
#pragma GCC ivdep
  for (int64_t j = 0; j < length; ++j) {
    const int32_t p = a[j];
    const int32_t q = b[j];
    x[j] += sign * p;
    y[j] += sign * q;
    squares[j] += sign * (p * p + q * q);
    products[j] += sign * (p * q);
  }
}

// T: int32_t or double, wide enough for the sum of x^2 + y^2 over a window.
template <class T>
void SumUniform(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  const int64_t channels = plan.channels;
  const int64_t length = plan.width * channels;
  const int64_t columns = plan.map_width * channels;
  const int64_t padded = PaddedRow(length);
  T* spare = reinterpret_cast<T*>(plan.scratch);
  T* column_sums[4];
  T* window_sums[4];
  for (int p = 0; p < 4; ++p) {
    column_sums[p] = spare + (1 + p) * padded;
    window_sums[p] = spare + (5 + p) * padded;
    for (int64_t j = 0; j < padded; ++j) column_sums[p][j] = window_sums[p][j] = 0;
  }
  const double n = static_cast<double>(plan.size) * plan.size;
  const double c1 = n * n * plan.c1;
  const double c2 = n * n * plan.c2;
  Scores scores(plan, map);
  Fractions block;
  for (int row = 1 - plan.size; row < plan.map_height; ++row) {
    const int64_t entering = (row + plan.size - 1) * length;
    AddRow(a + entering, b + entering, length, 1, column_sums[0], column_sums[1], column_sums[2], column_sums[3]);
    if (row < 0) continue;
    for (int p = 0; p < 4; ++p) {
      for (int64_t j = 0; j < length; ++j) spare[j] = column_sums[p][j];
      SumAlongRow(spare, window_sums[p], plan.size, channels, length);
    }
    for (int64_t column = 0; column < columns; column += kBlock) {
      for (int i = 0; i < kBlock; ++i) {
        const double x = static_cast<double>(window_sums[0][column + i]);
        const double y = static_cast<double>(window_sums[1][column + i]);
        const double product = x * y;
        const double squares = x * x + y * y;
        const double covariance = n * static_cast<double>(window_sums[3][column + i]) - product;
        const double variance = n * static_cast<double>(window_sums[2][column + i]) - squares;
        block.numerators[i] = (2 * product + c1) * (2 * covariance + c2);
        block.denominators[i] = (squares + c1) * (variance + c2);
      }
      scores.Add(block, column);
    }
    scores.NextRow();
    AddRow(a + row * length, b + row * length, length, -1, column_sums[0], column_sums[1], column_sums[2],
           column_sums[3]);
  }
  scores.AddTo(sums);
}

// kWidth bytes as integers.
GGB_INLINE IntVec LoadBytes(const uint8_t* from) {
#if defined(__AVX512F__)
  return (IntVec)_mm512_maskz_cvtepu8_epi32(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#elif defined(__AVX2__)
  return (IntVec)_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
#else
  return IntVec{from[0], from[1], from[2], from[3]};
#endif
}

// The lower halves' product plus the upper halves' product, of signed 16 bits, in each element.
GGB_INLINE IntVec MultiplyHalves(IntVec a, IntVec b) {
#if defined(__AVX512BW__)
  return (IntVec)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (IntVec)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__wasm_simd128__)
  typedef short Halves __attribute__((vector_size(16)));
  return (IntVec)__builtin_wasm_dot_s_i32x4_i16x8((Halves)a, (Halves)b);
#else
  return ((a << 16) >> 16) * ((b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

GGB_INLINE IntVec Load(const int32_t* from) {
  IntVec value;
  __builtin_memcpy(&value, from, sizeof(value));
  return value;
}

GGB_INLINE void Store(IntVec value, int32_t* to) { __builtin_memcpy(to, &value, sizeof(value)); }

// Windows of 7 x 7: sums of x and of y share a word, x below.
class PackedSum {
 public:
  PackedSum(const Plan& plan, const uint8_t* a, const uint8_t* b, float* map)
      : plan_(plan), a_(a), b_(b), length_(static_cast<int64_t>(plan.width) * plan.channels), scores_(plan, map) {
    const int64_t padded = PaddedRow(length_);
    int32_t* memory = reinterpret_cast<int32_t*>(plan.scratch);
    for (int64_t i = 0; i < 6 * padded; ++i) memory[i] = 0;
    for (int p = 0; p < 3; ++p) {
      columns_[p] = memory + p * padded;
      pairs_[p] = memory + (3 + p) * padded;
    }
  }

  void Run(double* sums) {
    for (int row = 0; row < kPackedSize - 1; ++row) MoveDown<false>(row);
    for (int row = 0; row < plan_.map_height; ++row) {
      if (row == 0) {
        MoveDown<false>(kPackedSize - 1);
      } else {
        MoveDown<true>(row + kPackedSize - 1);
      }
      ScoreRow();
      scores_.NextRow();
    }
    scores_.AddTo(sums);
  }

 private:
  // Adds row `entering` to the sums of each column; with kLeaving, takes away the row that is no longer in the window.
  template <bool kLeaving>
  void MoveDown(int64_t entering) {
    const uint8_t* new_a = a_ + entering * length_;
    const uint8_t* new_b = b_ + entering * length_;
    const int64_t back = kPackedSize * length_;
    int64_t j = 0;
    for (; j + kWidth <= length_; j += kWidth) {
      Move(LoadBytes(new_a + j), LoadBytes(new_b + j), kLeaving ? LoadBytes(new_a + j - back) : IntVec{},
           kLeaving ? LoadBytes(new_b + j - back) : IntVec{}, j);
    }
    if (j == length_) return;
    uint8_t rest[4][16] = {};
    for (int64_t i = 0; i < length_ - j; ++i) {
      rest[0][i] = new_a[j + i];
      rest[1][i] = new_b[j + i];
      rest[2][i] = kLeaving ? new_a[j + i - back] : 0;
      rest[3][i] = kLeaving ? new_b[j + i - back] : 0;
    }
    Move(LoadBytes(rest[0]), LoadBytes(rest[1]), LoadBytes(rest[2]), LoadBytes(rest[3]), j);
  }

  GGB_INLINE void Move(IntVec x, IntVec y, IntVec old_x, IntVec old_y, int64_t j) {
    const IntVec both = x | (y << 16);
    const IntVec old_both = old_x | (old_y << 16);
    Store(Load(columns_[0] + j) + (both - old_both), columns_[0] + j);
    Store(Load(columns_[1] + j) + (MultiplyHalves(both, both) - MultiplyHalves(old_both, old_both)), columns_[1] + j);
    Store(Load(columns_[2] + j) + (MultiplyHalves(x, y) - MultiplyHalves(old_x, old_y)), columns_[2] + j);
  }

  GGB_INLINE IntVec WindowSum(int plane, int64_t j, int64_t step) const {
    return (Load(pairs_[plane] + j) + Load(pairs_[plane] + j + 2 * step)) +
           (Load(pairs_[plane] + j + 4 * step) + Load(columns_[plane] + j + 6 * step));
  }

  void ScoreRow() {
    const int64_t step = plan_.channels;
    for (int p = 0; p < 3; ++p) {
      for (int64_t j = 0; j < length_; j += kWidth) {
        Store(Load(columns_[p] + j) + Load(columns_[p] + j + step), pairs_[p] + j);
      }
    }
    constexpr int kPixels = kPackedSize * kPackedSize;
    const double c1 = kPixels * kPixels * plan_.c1;
    const double c2 = kPixels * kPixels * plan_.c2;
    const int64_t columns = plan_.map_width * step;
    Fractions block;
    for (int64_t column = 0; column < columns; column += kBlock) {
      Unroll<0, kBlock / kWidth>([&](auto v) __attribute__((always_inline)) {
        const int64_t j = column + v * kWidth;
        const IntVec both = WindowSum(0, j, step);
        const IntVec product = MultiplyHalves(both, both >> 16) * 2;
        const IntVec squares = MultiplyHalves(both, both);
        const IntVec covariance = WindowSum(2, j, step) * (2 * kPixels) - product;
        const IntVec variance = WindowSum(1, j, step) * kPixels - squares;
        ToFractions(product, covariance, squares, variance, c1, c2, block.numerators + v * kWidth,
                    block.denominators + v * kWidth);
      });
      scores_.Add(block, column);
    }
  }

  static GGB_INLINE void ToFractions(IntVec product, IntVec covariance, IntVec squares, IntVec variance, double c1,
                                     double c2, double* numerators, double* denominators) {
    typedef double Doubles __attribute__((vector_size(4 * kWidth)));
    const auto half = [](IntVec from, int at) __attribute__((always_inline)) {
#if defined(__AVX512F__)
      // GCC 12 would convert in four steps.
      const __m512i all = (__m512i)from;
      return (Doubles)_mm512_maskz_cvtepi32_pd(0xff, at == 0 ? _mm512_maskz_extracti64x4_epi64(0xf, all, 0)
                                                             : _mm512_maskz_extracti64x4_epi64(0xf, all, 1));
#else
      typedef int32_t HalfInts __attribute__((vector_size(2 * kWidth)));
      HalfInts ints;
      __builtin_memcpy(&ints, reinterpret_cast<const char*>(&from) + at * sizeof(ints), sizeof(ints));
      return __builtin_convertvector(ints, Doubles);
#endif
    };
    Unroll<0, 2>([&](auto h) __attribute__((always_inline)) {
      const Doubles numerator = (half(product, h) + c1) * (half(covariance, h) + c2);
      const Doubles denominator = (half(squares, h) + c1) * (half(variance, h) + c2);
      __builtin_memcpy(numerators + h * (kWidth / 2), &numerator, sizeof(numerator));
      __builtin_memcpy(denominators + h * (kWidth / 2), &denominator, sizeof(denominator));
    });
  }

  const Plan& plan_;
  const uint8_t* a_;
  const uint8_t* b_;
  int64_t length_;
  // Of each column of the window: sums of x and y, of x^2 + y^2, of xy. And those of two neighbouring pixels.
  int32_t* columns_[3];
  int32_t* pairs_[3];
  Scores scores_;
};

}  // namespace

void ssim_sum_uniform(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  if (plan.size == kPackedSize) {
    PackedSum(plan, a, b, map).Run(sums);
  } else if (plan.size <= kMaxIntegerSize) {
    SumUniform<int32_t>(plan, a, b, sums, map);
  } else {
    SumUniform<double>(plan, a, b, sums, map);
  }
}

}  // namespace ggb::ssim::GGB_ISA_NAMESPACE
