// Each row of an HWIO filter, out_channels values for one tap and input channel, is multiplied with each pixel of dy:
// dot products of neighbours in memory. The products of a pixel are then added to the inputs that it read.
//
// oneDNN's sgemm, which did this before, copies the transposed filter on each call. 1024 -> 512 channels under 4x4
// filters, 2 threads with AVX-512: maps of 4x4 took 6.0 ms, 8x8 11.2 ms; docs/decisions/0021 has them beside these.
#include "ops/standard/conv2d/small-map.h"

#include <algorithm>
#include <cstring>

#include "runtime/parallel.h"
#include "runtime/vector.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

constexpr int kRows = 4;
constexpr int kPixels = 4;

inline float Sum(Vector v) {
  float sums[kLanes];
  std::memcpy(sums, &v, sizeof v);
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) sums[i] += sums[i + width];
  }
  return sums[0];
}

// to[p * step + r] = row r of the filter times pixel p, for kRows rows and kCount pixels.
template <int kCount>
inline void Multiply(int64_t inner, const float* rows, const float* pixels, float* to, int64_t step) {
  Vector sums[kRows][kCount] = {};
  int64_t i = 0;
  for (; i + kLanes <= inner; i += kLanes) {
    Vector pixel[kCount];
#pragma GCC unroll 4
    for (int p = 0; p < kCount; ++p) pixel[p] = Load(pixels + p * inner + i);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const Vector row = Load(rows + r * inner + i);
#pragma GCC unroll 4
      for (int p = 0; p < kCount; ++p) sums[r][p] += row * pixel[p];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int p = 0; p < kCount; ++p) {
      float sum = Sum(sums[r][p]);
      for (int64_t rest = i; rest < inner; ++rest) sum += rows[r * inner + rest] * pixels[p * inner + rest];
      to[p * step + r] = sum;
    }
  }
}

}  // namespace

bool IsSmallMapInputGradient(const conv::ConvShape& s) {
  // With many pixels or few channels the product (conv-gemm.onednn.cc) is faster, since its copy is used more often and
  // these sums across lanes are too short: 8 maps of 4x4 with 128 -> 256 channels take 2.7 ms here, 0.7 there.
  return s.batch * s.out_height * s.out_width <= 64 && s.out_channels >= 512 && s.FilterCount() >= int64_t{1} << 18 &&
         s.in_channels % kRows == 0;
}

Status SmallMapInputGradient(ExecutionContext& context, const conv::ConvShape& s, const float* dy, const float* filter,
                             float* dx) {
  const int64_t pixels = s.batch * s.out_height * s.out_width;
  const int64_t rows = s.filter_height * s.filter_width * s.in_channels;
  float* products = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pixels * rows, &products));
  const int64_t inner = s.out_channels;
  ParallelFor(context, rows / kRows, 1 + kElementwiseGrain / (pixels * inner), [=](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      const float* from = filter + block * kRows * inner;
      float* to = products + block * kRows;
      int64_t p = 0;
      for (; p + kPixels <= pixels; p += kPixels) {
        Multiply<kPixels>(inner, from, dy + p * inner, to + p * rows, rows);
      }
      for (; p < pixels; ++p) Multiply<1>(inner, from, dy + p * inner, to + p * rows, rows);
    }
  });
  // Each thread has some of the channels: neighbouring pixels add to the same inputs.
  const int64_t work = s.batch * s.in_height * s.in_width + pixels * s.filter_height * s.filter_width;
  ParallelFor(context, s.in_channels, 1 + kElementwiseGrain / work, [=, &s](int64_t begin, int64_t end) {
    const int64_t channels = end - begin;
    for (int64_t i = 0; i < s.batch * s.in_height * s.in_width; ++i) {
      std::fill_n(dx + i * s.in_channels + begin, channels, 0.0f);
    }
    for (int64_t p = 0; p < pixels; ++p) {
      const int64_t image = p / (s.out_height * s.out_width);
      const int64_t top = p / s.out_width % s.out_height * s.stride_height - s.pad_top;
      const int64_t left = p % s.out_width * s.stride_width - s.pad_left;
      for (int64_t tap = 0; tap < s.filter_height * s.filter_width; ++tap) {
        const int64_t h = top + tap / s.filter_width * s.dilation_height;
        const int64_t w = left + tap % s.filter_width * s.dilation_width;
        if (h < 0 || h >= s.in_height || w < 0 || w >= s.in_width) continue;
        float* sums = dx + ((image * s.in_height + h) * s.in_width + w) * s.in_channels + begin;
        const float* terms = products + p * rows + tap * s.in_channels + begin;
#pragma GCC ivdep
        for (int64_t i = 0; i < channels; ++i) sums[i] += terms[i];
      }
    }
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
