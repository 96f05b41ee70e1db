// Convolutions as one matrix product, by oneDNN's sgemm. An HWIO filter is the matrix [K, out channels] as it is, with
// K = filter height * filter width * in channels, so that it need not be reordered on every call; x becomes the matrix
// [output pixels, K] of what each output pixel reads.
#include <dnnl.hpp>

#include <algorithm>
#include <string>

#include "ops/standard/conv2d/conv.onednn.h"
#include "runtime/parallel.h"

namespace ggb::conv {
namespace {

// Where the filter is large and the map small, reading, reordering and reading it again is most of a convolution.
// oneDNN 2.6.3 with AVX-512 on one thread, reorder and convolution against the product, ms forward, dx, dw:
//   8 x 4x4 -> 2x2,  4x4 x 256 x 256:  2.2, 1.6, 2.4  against 0.65, 0.8, 0.7
//   8 x 8x8 -> 4x4,  4x4 x 128 x 512:  3.6, 3.5, 5.3  against 2.4, 2.4, 2.9
//   8 x 16x16 -> 8x8, 4x4 x 64 x 128:  1.2, 1.3, 1.35 against 1.05, 1.0, 1.25, without the copies
constexpr int64_t kMostPixels = 128;
constexpr int64_t kLeastFilter = int64_t{1} << 18;
// Images of few channels waste the vectors of oneDNN's input gradient: 8 x 64x64x3, 4x4 x 3 x 64 takes 2.6 ms, the
// product 0.43.
constexpr int64_t kFewChannels = 4;
constexpr int64_t kLeastOutChannels = 16;
// Elements of x as a matrix that are made at once: 4 MiB.
constexpr int64_t kChunk = int64_t{1} << 20;
// The most that one image may need: 16 MiB, a 512 x 512 image of 3 channels under 4x4 filters at stride 2.
constexpr int64_t kLargestImage = 4 * kChunk;

int64_t OutPixels(const ConvShape& s) { return s.out_height * s.out_width; }
int64_t PixelInputs(const ConvShape& s) { return s.filter_height * s.filter_width * s.in_channels; }

bool IsLargeFilterOnSmallMap(const ConvShape& s) {
  return s.batch * OutPixels(s) <= kMostPixels && s.FilterCount() >= kLeastFilter;
}

// Calls visit(offset in x or -1 in the padding, offset in the row of the matrix, elements) for each run of inputs of
// one output pixel, counted through the batch, that lie behind each other in both.
template <class Visit>
void VisitInputs(const ConvShape& s, int64_t pixel, const Visit& visit) {
  const int64_t n = pixel / OutPixels(s);
  const int64_t top = pixel % OutPixels(s) / s.out_width * s.stride_height - s.pad_top;
  const int64_t left = pixel % s.out_width * s.stride_width - s.pad_left;
  const int64_t channels = s.in_channels;
  // Filter columns that are read together: all of them where they are neighbours in x.
  const int64_t together = s.dilation_width == 1 ? s.filter_width : 1;
  int64_t column = 0;
  for (int64_t kh = 0; kh < s.filter_height; ++kh) {
    const int64_t ih = top + kh * s.dilation_height;
    const bool is_row_inside = ih >= 0 && ih < s.in_height;
    for (int64_t kw = 0; kw < s.filter_width; kw += together, column += together * channels) {
      const int64_t iw = left + kw * s.dilation_width;
      const int64_t first = is_row_inside ? std::clamp<int64_t>(-iw, 0, together) : together;
      const int64_t last = std::clamp<int64_t>(s.in_width - iw, first, together);
      const int64_t from = ((n * s.in_height + ih) * s.in_width + iw + first) * channels;
      if (first > 0) visit(-1, column, first * channels);
      if (last > first) visit(from, column + first * channels, (last - first) * channels);
      if (last < together) visit(-1, column + last * channels, (together - last) * channels);
    }
  }
}

Status MakeMatrix(ExecutionContext& context, const ConvShape& s, const float* x, float** matrix) {
  const int64_t pixels = s.batch * OutPixels(s);
  const int64_t width = PixelInputs(s);
  GGB_RETURN_IF_ERROR(context.Scratch(pixels * width, matrix));
  float* to = *matrix;
  ParallelFor(context, pixels, 1 + kElementwiseGrain / width, [=, &s](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      VisitInputs(s, pixel, [=](int64_t from, int64_t column, int64_t count) {
        float* target = to + pixel * width + column;
        if (from >= 0) {
          std::copy_n(x + from, count, target);
        } else {
          std::fill_n(target, count, 0.0f);
        }
      });
    }
  });
  return Status::Ok();
}

// c = a * b of dense matrices.
Status Multiply(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k, const float* a, const float* b,
                float* c) {
  return MatrixProduct(transpose_a, transpose_b, m, n, k, a, transpose_a == 'T' ? m : k, b, transpose_b == 'T' ? k : n,
                       0.0f, c, n);
}

}  // namespace

Status MatrixProduct(char transpose_a, char transpose_b, int64_t m, int64_t n, int64_t k, const float* a, int64_t row_a,
                     const float* b, int64_t row_b, float beta, float* c, int64_t row_c) {
  const dnnl_status_t status = dnnl_sgemm(transpose_a, transpose_b, m, n, k, 1.0f, a, row_a, b, row_b, beta, c, row_c);
  if (status == dnnl_success) return Status::Ok();
  if (status == dnnl_out_of_memory) return Status(StatusCode::kOutOfMemory, "oneDNN ran out of memory");
  return Status(StatusCode::kLibraryFailure, "oneDNN: matrix product failed (status " + std::to_string(status) + ")");
}

bool IsProductForward(const ConvShape& s, const Epilogue& epilogue) {
  return epilogue.bias == nullptr && epilogue.activation == Activation::k_linear && IsLargeFilterOnSmallMap(s);
}

bool IsProductInputGradient(const ConvShape& s) {
  if (IsLargeFilterOnSmallMap(s)) return true;
  return s.in_channels <= kFewChannels && s.out_channels >= kLeastOutChannels &&
         OutPixels(s) * PixelInputs(s) <= kLargestImage;
}

bool IsProductFilterGradient(const ConvShape& s) { return IsLargeFilterOnSmallMap(s); }

Status ProductForward(ExecutionContext& context, const ConvShape& s, const float* x, const float* filter, float* y) {
  float* matrix = nullptr;
  GGB_RETURN_IF_ERROR(MakeMatrix(context, s, x, &matrix));
  return Multiply('N', 'N', s.batch * OutPixels(s), s.out_channels, PixelInputs(s), matrix, filter, y);
}

Status ProductInputGradient(ExecutionContext& context, const ConvShape& s, const float* dy, const float* filter,
                            float* dx) {
  const int64_t pixels = OutPixels(s);
  const int64_t width = PixelInputs(s);
  const int64_t image_size = s.in_height * s.in_width * s.in_channels;
  const int64_t images = std::max<int64_t>(1, std::min(s.batch, kChunk / std::max<int64_t>(1, pixels * width)));
  float* matrix = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(images * pixels * width, &matrix));
  for (int64_t first = 0; first < s.batch; first += images) {
    const int64_t count = std::min(images, s.batch - first);
    const float* rows = dy + first * pixels * s.out_channels;
    GGB_RETURN_IF_ERROR(Multiply('N', 'T', count * pixels, width, s.out_channels, rows, filter, matrix));
    // Each image is one thread's: neighbouring output pixels add to the same inputs.
    ParallelFor(context, count, 1 + kElementwiseGrain / (pixels * width), [=, &s](int64_t begin, int64_t end) {
      for (int64_t image = first + begin; image < first + end; ++image) {
        std::fill_n(dx + image * image_size, image_size, 0.0f);
        for (int64_t pixel = image * pixels; pixel < (image + 1) * pixels; ++pixel) {
          const float* row = matrix + (pixel - first * pixels) * width;
          VisitInputs(s, pixel, [=](int64_t to, int64_t column, int64_t count) {
            if (to < 0) return;
            float* sums = dx + to;
            const float* terms = row + column;
#pragma GCC ivdep
            for (int64_t i = 0; i < count; ++i) sums[i] += terms[i];
          });
        }
      }
    });
  }
  return Status::Ok();
}

Status ProductFilterGradient(ExecutionContext& context, const ConvShape& s, const float* x, const float* dy,
                             float* dfilter) {
  float* matrix = nullptr;
  GGB_RETURN_IF_ERROR(MakeMatrix(context, s, x, &matrix));
  return Multiply('T', 'N', PixelInputs(s), s.out_channels, s.batch * OutPixels(s), matrix, dy, dfilter);
}

}  // namespace ggb::conv
