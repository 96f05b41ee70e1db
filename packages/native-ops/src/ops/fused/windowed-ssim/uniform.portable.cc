// Uniform windows: sums of integers, so every way of adding them gives the same. With
//   A = sum x sum y,   B = (sum x)^2 + (sum y)^2,   K = n sum xy - A,   V = n sum (x^2 + y^2) - B
// over the n pixels of a window, the similarity is (2A + n^2 C1) (2K + n^2 C2) / ((B + n^2 C1) (V + n^2 C2)). Up to A, B, K
// and V nothing is rounded. After that no product is followed by a sum that a compiler could fuse with it, and the
// similarities are added up in fixed lanes. So instruction sets differ in no bit, as long as n^2 sum (x^2 + y^2) is below
// 2^53: for windows of up to 511 pixels across.
#include "ops/fused/windowed-ssim/plan.h"

namespace ggb::ssim::GGB_ISA_NAMESPACE {
namespace {

// Divisible by 3 channels and by the 16 values of the widest vector.
constexpr int64_t kLanes = 48;

// Widest window whose sums of x and of y fit into 15 bits each, so that one word holds both, and whose K and V fit into 32.
constexpr int kMaxPackedSize = 7;
// Widest window whose sum of x^2 + y^2 fits into 31 bits.
constexpr int kMaxIntegerSize = 127;

// Rows are padded, so that whole blocks of lanes can be computed.
constexpr int64_t PaddedRow(int64_t row) { return (row + kLanes - 1) / kLanes * kLanes + kLanes; }

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

// Sums of one column of the window, moved down by one row.
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

struct Similarity {
  double n;   // pixels of a window
  double c1;  // n^2 C1
  double c2;  // n^2 C2

  double operator()(double x, double y, double squares, double products) const {
    const double a = x * y;
    const double b = x * x + y * y;
    const double k = n * products - a;
    const double v = n * squares - b;
    return ((2 * a + c1) * (2 * k + c2)) / ((b + c1) * (v + c2));
  }
};

// T: int32_t or double, wide enough for the sum of x^2 + y^2 over a window.
template <class T>
void SumUniform(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  const int64_t channels = plan.channels;
  const int64_t length = plan.width * channels;
  const int64_t columns = plan.map_width * channels;
  const int64_t padded = PaddedRow(length);
  T* column_sums[4];
  T* window_sums[4];
  T* spare = reinterpret_cast<T*>(plan.scratch);
  for (int p = 0; p < 4; ++p) {
    column_sums[p] = spare + (1 + p) * padded;
    window_sums[p] = spare + (5 + p) * padded;
    for (int64_t j = 0; j < padded; ++j) column_sums[p][j] = 0;
  }
  double* scores = reinterpret_cast<double*>(spare + 9 * padded);
  double lanes[kLanes] = {};

  const double n = static_cast<double>(plan.size) * plan.size;
  const Similarity similarity = {n, n * n * plan.c1, n * n * plan.c2};
  for (int y = 0; y < plan.height; ++y) {
    AddRow(a + y * length, b + y * length, length, 1, column_sums[0], column_sums[1], column_sums[2], column_sums[3]);
    const int row = y - plan.size + 1;
    if (row < 0) continue;
    for (int p = 0; p < 4; ++p) {
      for (int64_t j = 0; j < length; ++j) spare[j] = column_sums[p][j];
      SumAlongRow(spare, window_sums[p], plan.size, channels, length);
    }
    for (int64_t j = 0; j < columns; ++j) {
      scores[j] = similarity(static_cast<double>(window_sums[0][j]), static_cast<double>(window_sums[1][j]),
                             static_cast<double>(window_sums[2][j]), static_cast<double>(window_sums[3][j]));
    }
    for (int64_t j = 0; j < columns; ++j) lanes[j % kLanes] += scores[j];
    if (map != nullptr) {
      for (int64_t j = 0; j < plan.map_width; ++j) {
        double score = 0;
        for (int64_t c = 0; c < channels; ++c) score += scores[j * channels + c];
        map[static_cast<int64_t>(row) * plan.map_width + j] = static_cast<float>(score / channels);
      }
    }
    AddRow(a + row * length, b + row * length, length, -1, column_sums[0], column_sums[1], column_sums[2],
           column_sums[3]);
  }
  for (int64_t lane = 0; lane < kLanes; ++lane) sums[lane % channels] += lanes[lane];
}

}  // namespace

void ssim_sum_uniform(const Plan& plan, const uint8_t* a, const uint8_t* b, double* sums, float* map) {
  if (plan.size <= kMaxIntegerSize) {
    SumUniform<int32_t>(plan, a, b, sums, map);
  } else {
    SumUniform<double>(plan, a, b, sums, map);
  }
}

}  // namespace ggb::ssim::GGB_ISA_NAMESPACE
