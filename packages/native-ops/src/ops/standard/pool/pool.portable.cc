// Average and maximum pooling of NHWC images and their gradients; every loop runs over the channels innermost. The
// gradients gather: each pixel of x asks the windows that cover it, so threads never write to the same place.
#include <cmath>
#include <cstdint>

#include "ops/standard/pool/pool.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using pool::Kind;

constexpr int64_t kChannels = 256;  // per step: 2 KiB of float64 sums on the stack

struct Window {
  int64_t batch, height, width, channels;
  int64_t out_height, out_width;
  int64_t filter_height, filter_width;
  int64_t stride_height, stride_width;
  int64_t top, left;  // padding

  int64_t InputCount() const { return ElementCount(Shape{4, {batch, height, width, channels}}); }
  int64_t OutputCount() const { return ElementCount(Shape{4, {batch, out_height, out_width, channels}}); }
};

struct Range {
  int64_t begin;
  int64_t end;
};

int64_t Smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t Larger(int64_t a, int64_t b) { return a > b ? a : b; }

// Input positions that the window of output position `out` covers.
Range Covered(int64_t out, int64_t stride, int64_t before, int64_t filter, int64_t size) {
  const int64_t start = out * stride - before;
  return {Larger(start, 0), Smaller(start + filter, size)};
}

// Output positions whose windows cover input position `in`.
Range Covering(int64_t in, int64_t stride, int64_t before, int64_t filter, int64_t out_size) {
  const int64_t padded = in + before;
  if (padded < 0) return {0, 0};
  const int64_t first = padded < filter ? 0 : (padded - filter) / stride + 1;
  return {first, Smaller(padded / stride + 1, out_size)};
}

Window ReadWindow(CommandReader& arguments) {
  Window w;
  for (int64_t* field : {&w.batch, &w.height, &w.width, &w.channels, &w.out_height, &w.out_width, &w.filter_height,
                         &w.filter_width, &w.stride_height, &w.stride_width}) {
    *field = arguments.ReadSize();
  }
  w.top = arguments.ReadStride();  // an explicit padding may be negative
  w.left = arguments.ReadStride();
  if (w.stride_height < 1 || w.stride_width < 1) {
    arguments.Fail(StatusCode::kInvalidShape, "strides are at least 1");
    w.stride_height = w.stride_width = 1;
  }
  return w;
}

// Calls body(n, row) for the rows of every image, `work` being the elements that one row costs.
template <class Body>
void ForRows(ExecutionContext& context, int64_t batch, int64_t rows, int64_t work, const Body& body) {
  ParallelFor(context, batch * rows, 1 + kElementwiseGrain / (work + 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) body(i / rows, i % rows);
  });
}

// The sums of images, which have few channels, in registers: a loop over three values costs more than they do.
template <int kCount>
void AverageFew(const Window& w, const float* image, Range rows, Range columns, double covered, float* y) {
  double sums[kCount] = {};
  for (int64_t h = rows.begin; h < rows.end; ++h) {
    for (int64_t v = columns.begin; v < columns.end; ++v) {
      // Not before the loop: a window that lies in the padding begins anywhere.
      const float* pixel = image + (h * w.width + v) * kCount;
      for (int c = 0; c < kCount; ++c) sums[c] += static_cast<double>(pixel[c]);
    }
  }
  for (int c = 0; c < kCount; ++c) y[c] = static_cast<float>(sums[c] / covered);
}

void AveragePixel(const Window& w, const float* image, Range rows, Range columns, float* y) {
  const int64_t high = Larger(rows.end - rows.begin, 0);
  const int64_t wide = Larger(columns.end - columns.begin, 0);
  // A window that lies in the padding altogether has no average: 0 / 0.
  const double covered = static_cast<double>(high * wide);
  if (w.channels == 1) return AverageFew<1>(w, image, rows, columns, covered, y);
  if (w.channels == 3) return AverageFew<3>(w, image, rows, columns, covered, y);
  if (w.channels == 4) return AverageFew<4>(w, image, rows, columns, covered, y);
  for (int64_t first = 0; first < w.channels; first += kChannels) {
    const int64_t channels = Smaller(kChannels, w.channels - first);
    double sums[kChannels];
    for (int64_t c = 0; c < channels; ++c) sums[c] = 0;
    for (int64_t h = rows.begin; h < rows.end; ++h) {
      for (int64_t v = columns.begin; v < columns.end; ++v) {
        const float* pixel = image + (h * w.width + v) * w.channels + first;
        for (int64_t c = 0; c < channels; ++c) sums[c] += pixel[c];
      }
    }
    for (int64_t c = 0; c < channels; ++c) y[first + c] = static_cast<float>(sums[c] / covered);
  }
}

// Strictly greater only: the first of equal pixels wins, NaN never does, and a window without any is -infinity.
void MaxPixel(const Window& w, const float* image, Range rows, Range columns, float* y) {
  for (int64_t c = 0; c < w.channels; ++c) y[c] = -INFINITY;
  for (int64_t h = rows.begin; h < rows.end; ++h) {
    for (int64_t v = columns.begin; v < columns.end; ++v) {
      const float* pixel = image + (h * w.width + v) * w.channels;
#pragma GCC ivdep
      for (int64_t c = 0; c < w.channels; ++c) y[c] = pixel[c] > y[c] ? pixel[c] : y[c];
    }
  }
}

// Where in its window the maximum stands, as row * filter width + column; -1 when there is none.
void MaxPosition(const Window& w, const float* image, int64_t out_row, int64_t out_column, int32_t* position) {
  const Range rows = Covered(out_row, w.stride_height, w.top, w.filter_height, w.height);
  const Range columns = Covered(out_column, w.stride_width, w.left, w.filter_width, w.width);
  for (int64_t first = 0; first < w.channels; first += kChannels) {
    const int64_t channels = Smaller(kChannels, w.channels - first);
    float best[kChannels];
    int32_t* at = position + first;
    for (int64_t c = 0; c < channels; ++c) {
      best[c] = -INFINITY;
      at[c] = -1;
    }
    for (int64_t h = rows.begin; h < rows.end; ++h) {
      for (int64_t v = columns.begin; v < columns.end; ++v) {
        const float* pixel = image + (h * w.width + v) * w.channels + first;
        const int32_t here = static_cast<int32_t>((h - out_row * w.stride_height + w.top) * w.filter_width +
                                                  (v - out_column * w.stride_width + w.left));
#pragma GCC ivdep
        for (int64_t c = 0; c < channels; ++c) {
          const bool better = pixel[c] > best[c];
          best[c] = better ? pixel[c] : best[c];
          at[c] = better ? here : at[c];
        }
      }
    }
  }
}

void PoolImages(ExecutionContext& context, Kind kind, const Window& w, const float* x, float* y) {
  const int64_t row_work = w.out_width * w.channels * w.filter_height * w.filter_width;
  ForRows(context, w.batch, w.out_height, row_work, [&](int64_t n, int64_t out_row) {
    const float* image = x + n * w.height * w.width * w.channels;
    const Range rows = Covered(out_row, w.stride_height, w.top, w.filter_height, w.height);
    for (int64_t out_column = 0; out_column < w.out_width; ++out_column) {
      const Range columns = Covered(out_column, w.stride_width, w.left, w.filter_width, w.width);
      float* pixel = y + ((n * w.out_height + out_row) * w.out_width + out_column) * w.channels;
      if (kind == Kind::kAverage) {
        AveragePixel(w, image, rows, columns, pixel);
      } else {
        MaxPixel(w, image, rows, columns, pixel);
      }
    }
  });
}

// Calls add(window, position of the pixel in it, pixel of dx) for every pixel and every window that covers it.
template <class Add>
void GatherGradient(ExecutionContext& context, const Window& w, float* dx, const Add& add) {
  const int64_t windows = 1 + w.filter_height * w.filter_width / (w.stride_height * w.stride_width);
  ForRows(context, w.batch, w.height, w.width * w.channels * windows, [&](int64_t n, int64_t row) {
    const Range rows = Covering(row, w.stride_height, w.top, w.filter_height, w.out_height);
    for (int64_t column = 0; column < w.width; ++column) {
      const Range columns = Covering(column, w.stride_width, w.left, w.filter_width, w.out_width);
      float* pixel = dx + ((n * w.height + row) * w.width + column) * w.channels;
      for (int64_t c = 0; c < w.channels; ++c) pixel[c] = 0;
      for (int64_t out_row = rows.begin; out_row < rows.end; ++out_row) {
        for (int64_t out_column = columns.begin; out_column < columns.end; ++out_column) {
          const int64_t window = ((n * w.out_height + out_row) * w.out_width + out_column) * w.channels;
          const int64_t position = (row - out_row * w.stride_height + w.top) * w.filter_width +
                                   (column - out_column * w.stride_width + w.left);
          add(window, static_cast<int32_t>(position), pixel);
        }
      }
    }
  });
}

}  // namespace

// arguments: kind, batch, height, width, channels, output height and width, filter, strides, padding above and left, x,
// y
Status pool(CommandReader& arguments, ExecutionContext& context) {
  const auto kind = static_cast<Kind>(arguments.ReadInt());
  const Window w = ReadWindow(arguments);
  const float* x = arguments.ReadInput<float>(w.InputCount());
  float* y = arguments.ReadOutput<float>(w.OutputCount());
  GGB_RETURN_IF_ERROR(arguments.Finish());
  PoolImages(context, kind, w, x, y);
  return Status::Ok();
}

// arguments: as for pool, but dy, x (maximum only), dx instead of x, y
Status pool_grad(CommandReader& arguments, ExecutionContext& context) {
  const auto kind = static_cast<Kind>(arguments.ReadInt());
  const Window w = ReadWindow(arguments);
  const float* dy = arguments.ReadInput<float>(w.OutputCount());
  const float* x = kind == Kind::kMax ? arguments.ReadInput<float>(w.InputCount()) : nullptr;
  float* dx = arguments.ReadOutput<float>(w.InputCount());
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (kind == Kind::kAverage) {
    // TF.js's kernel divides by the whole window at borders too; gradients/avg-pool.gradient.ts weighs dy for that.
    const float share = static_cast<float>(1.0 / static_cast<double>(w.filter_height * w.filter_width));
    GatherGradient(context, w, dx, [&](int64_t window, int32_t, float* pixel) {
      const float* from = dy + window;
#pragma GCC ivdep
      for (int64_t c = 0; c < w.channels; ++c) pixel[c] += from[c] * share;
    });
    return Status::Ok();
  }
  int32_t* positions = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(w.OutputCount(), &positions));
  const int64_t row_work = w.out_width * w.channels * w.filter_height * w.filter_width;
  ForRows(context, w.batch, w.out_height, row_work, [&](int64_t n, int64_t out_row) {
    const float* image = x + n * w.height * w.width * w.channels;
    for (int64_t out_column = 0; out_column < w.out_width; ++out_column) {
      MaxPosition(w, image, out_row, out_column,
                  positions + ((n * w.out_height + out_row) * w.out_width + out_column) * w.channels);
    }
  });
  GatherGradient(context, w, dx, [&](int64_t window, int32_t position, float* pixel) {
    const float* from = dy + window;
    const int32_t* at = positions + window;
#pragma GCC ivdep
    for (int64_t c = 0; c < w.channels; ++c) pixel[c] += at[c] == position ? from[c] : 0.0f;
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
