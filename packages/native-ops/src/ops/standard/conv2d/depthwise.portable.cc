// Depthwise convolutions: every input channel has `multiplier` filters of its own,
//
//   y[n, oh, ow, c * multiplier + q] = sum over kh, kw of x[n, ih, iw, c] * filter[kh, kw, c, q]
//
// with the positions of conv.h. The loops run along channels, where x, filter and y are contiguous; with a multiplier
// above 1 a row of x is first written out with each channel repeated, so that the same loops serve.
#include <cstring>

#include "ops/standard/conv2d/conv.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using conv::ConvShape;

constexpr int64_t kProductGrain = int64_t{1} << 16;
// Channels of one task of the filter gradient: a few vectors, few enough for many tasks.
constexpr int64_t kChannelBlock = 64;

inline int64_t Max(int64_t a, int64_t b) { return a > b ? a : b; }
inline int64_t Min(int64_t a, int64_t b) { return a < b ? a : b; }

// First and end position of the output whose input position out * stride + shift lies in [0, in).
inline void ValidRange(int64_t in, int64_t out, int64_t stride, int64_t shift, int64_t* begin, int64_t* end) {
  *begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  *end = shift >= in ? 0 : Min(out, (in - shift + stride - 1) / stride);
}

// The filter of a depthwise convolution has filter_height * filter_width * out_channels elements.
int64_t DepthwiseFilterCount(const ConvShape& s) {
  return ElementCount(Shape{3, {s.filter_height, s.filter_width, s.out_channels}});
}

void CheckMultiplier(const ConvShape& s, CommandReader& arguments) {
  if (s.in_channels > 0 ? s.out_channels % s.in_channels != 0 : s.out_channels != 0) {
    arguments.Fail(StatusCode::kInvalidShape,
                   "the output channels of a depthwise convolution are not a multiple of its "
                   "input channels");
  }
}

bool HasEmptyOperand(const ConvShape& s) {
  return s.InCount() == 0 || s.OutCount() == 0 || DepthwiseFilterCount(s) == 0;
}

// Multiplications per image row of `width` pixels.
int64_t RowWork(const ConvShape& s, int64_t width) {
  return Max(1, s.filter_height * s.filter_width * s.out_channels * width);
}

// Each channel of `pixels` pixels, multiplier times in a row.
void Repeat(const float* x, int64_t count, int64_t multiplier, float* repeated) {
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t q = 0; q < multiplier; ++q) repeated[i * multiplier + q] = x[i];
  }
}

void ForwardRow(const ConvShape& s, const float* x, const float* filter, int64_t n, int64_t oh, float* repeated,
                float* y) {
  const int64_t channels = s.out_channels;
  const int64_t multiplier = s.out_channels / s.in_channels;
  std::memset(y, 0, static_cast<size_t>(s.out_width * channels) * sizeof(float));
  for (int64_t kh = 0; kh < s.filter_height; ++kh) {
    const int64_t ih = oh * s.stride_height + kh * s.dilation_height - s.pad_top;
    if (ih < 0 || ih >= s.in_height) continue;
    const float* row = x + (n * s.in_height + ih) * s.in_width * s.in_channels;
    if (multiplier > 1) {
      Repeat(row, s.in_width * s.in_channels, multiplier, repeated);
      row = repeated;
    }
    for (int64_t kw = 0; kw < s.filter_width; ++kw) {
      const float* w = filter + (kh * s.filter_width + kw) * channels;
      const int64_t shift = kw * s.dilation_width - s.pad_left;
      int64_t begin, end;
      ValidRange(s.in_width, s.out_width, s.stride_width, shift, &begin, &end);
      for (int64_t ow = begin; ow < end; ++ow) {
        const float* from = row + (ow * s.stride_width + shift) * channels;
        float* to = y + ow * channels;
        for (int64_t c = 0; c < channels; ++c) to[c] += from[c] * w[c];
      }
    }
  }
}

// One row of dx, with each channel's `multiplier` parts still apart.
void InputGradientRow(const ConvShape& s, const float* dy, const float* filter, int64_t n, int64_t ih, float* dx) {
  const int64_t channels = s.out_channels;
  std::memset(dx, 0, static_cast<size_t>(s.in_width * channels) * sizeof(float));
  for (int64_t kh = 0; kh < s.filter_height; ++kh) {
    const int64_t top = ih + s.pad_top - kh * s.dilation_height;
    if (top < 0 || top % s.stride_height != 0 || top / s.stride_height >= s.out_height) continue;
    const float* row = dy + (n * s.out_height + top / s.stride_height) * s.out_width * channels;
    for (int64_t kw = 0; kw < s.filter_width; ++kw) {
      const float* w = filter + (kh * s.filter_width + kw) * channels;
      const int64_t shift = kw * s.dilation_width - s.pad_left;
      int64_t begin, end;
      ValidRange(s.in_width, s.out_width, s.stride_width, shift, &begin, &end);
      for (int64_t ow = begin; ow < end; ++ow) {
        const float* from = row + ow * channels;
        float* to = dx + (ow * s.stride_width + shift) * channels;
        for (int64_t c = 0; c < channels; ++c) to[c] += from[c] * w[c];
      }
    }
  }
}

// The gradient of the filter at one position, for `count` output channels from `channel` on.
void FilterGradientBlock(const ConvShape& s, const float* x, const float* dy, int64_t kh, int64_t kw, int64_t channel,
                         int64_t count, float* dfilter) {
  const int64_t multiplier = s.out_channels / s.in_channels;
  const int64_t shift_h = kh * s.dilation_height - s.pad_top;
  const int64_t shift_w = kw * s.dilation_width - s.pad_left;
  int64_t begin, end;
  ValidRange(s.in_width, s.out_width, s.stride_width, shift_w, &begin, &end);
  float total[kChannelBlock] = {};
  for (int64_t n = 0; n < s.batch; ++n) {
    for (int64_t oh = 0; oh < s.out_height; ++oh) {
      const int64_t ih = oh * s.stride_height + shift_h;
      if (ih < 0 || ih >= s.in_height) continue;
      const float* x_row = x + (n * s.in_height + ih) * s.in_width * s.in_channels;
      const float* dy_row = dy + (n * s.out_height + oh) * s.out_width * s.out_channels + channel;
      // Row by row: one long float32 sum over all pixels would lose digits.
      float sum[kChannelBlock] = {};
      for (int64_t ow = begin; ow < end; ++ow) {
        const float* from = x_row + (ow * s.stride_width + shift_w) * s.in_channels;
        const float* gradient = dy_row + ow * s.out_channels;
        if (multiplier == 1) {
          for (int64_t j = 0; j < count; ++j) sum[j] += from[channel + j] * gradient[j];
        } else {
          for (int64_t j = 0; j < count; ++j) sum[j] += from[(channel + j) / multiplier] * gradient[j];
        }
      }
      for (int64_t j = 0; j < count; ++j) total[j] += sum[j];
    }
  }
  std::memcpy(dfilter, total, static_cast<size_t>(count) * sizeof(float));
}

void FillZero(int64_t count, float* y) { std::memset(y, 0, static_cast<size_t>(count) * sizeof(float)); }

}  // namespace

// arguments: shape (15 sizes), x, filter, y
Status depthwise_forward(CommandReader& arguments, ExecutionContext& context) {
  const ConvShape s = conv::ReadConvShape(arguments);
  CheckMultiplier(s, arguments);
  const float* x = arguments.ReadInput<float>(s.InCount());
  const float* filter = arguments.ReadInput<float>(DepthwiseFilterCount(s));
  float* y = arguments.ReadOutput<float>(s.OutCount());
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (HasEmptyOperand(s)) {
    FillZero(s.OutCount(), y);
    return Status::Ok();
  }
  const int64_t rows = s.batch * s.out_height;
  const int pieces = PieceCount(context, rows, kProductGrain / RowWork(s, s.out_width) + 1);
  const int64_t repeated_floats = s.out_channels > s.in_channels ? s.in_width * s.out_channels : 0;
  float* repeated = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * repeated_floats, &repeated));
  ParallelPieces(pieces, rows, [&](int piece, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      ForwardRow(s, x, filter, row / s.out_height, row % s.out_height, repeated + piece * repeated_floats,
                 y + row * s.out_width * s.out_channels);
    }
  });
  return Status::Ok();
}

// arguments: shape (15 sizes), dy, filter, dx
Status depthwise_input_gradient(CommandReader& arguments, ExecutionContext& context) {
  const ConvShape s = conv::ReadConvShape(arguments);
  CheckMultiplier(s, arguments);
  const float* dy = arguments.ReadInput<float>(s.OutCount());
  const float* filter = arguments.ReadInput<float>(DepthwiseFilterCount(s));
  float* dx = arguments.ReadOutput<float>(s.InCount());
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (HasEmptyOperand(s)) {
    FillZero(s.InCount(), dx);
    return Status::Ok();
  }
  const int64_t multiplier = s.out_channels / s.in_channels;
  const int64_t rows = s.batch * s.in_height;
  const int pieces = PieceCount(context, rows, kProductGrain / RowWork(s, s.in_width) + 1);
  const int64_t apart_floats = multiplier > 1 ? s.in_width * s.out_channels : 0;
  float* apart = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * apart_floats, &apart));
  ParallelPieces(pieces, rows, [&](int piece, int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      float* to = dx + row * s.in_width * s.in_channels;
      if (multiplier == 1) {
        InputGradientRow(s, dy, filter, row / s.in_height, row % s.in_height, to);
        continue;
      }
      float* parts = apart + piece * apart_floats;
      InputGradientRow(s, dy, filter, row / s.in_height, row % s.in_height, parts);
      for (int64_t i = 0; i < s.in_width * s.in_channels; ++i) {
        float sum = 0.0f;
        for (int64_t q = 0; q < multiplier; ++q) sum += parts[i * multiplier + q];
        to[i] = sum;
      }
    }
  });
  return Status::Ok();
}

// arguments: shape (15 sizes), x, dy, gradient of the filter
Status depthwise_filter_gradient(CommandReader& arguments, ExecutionContext& context) {
  const ConvShape s = conv::ReadConvShape(arguments);
  CheckMultiplier(s, arguments);
  const float* x = arguments.ReadInput<float>(s.InCount());
  const float* dy = arguments.ReadInput<float>(s.OutCount());
  float* dfilter = arguments.ReadOutput<float>(DepthwiseFilterCount(s));
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (HasEmptyOperand(s)) {
    FillZero(DepthwiseFilterCount(s), dfilter);
    return Status::Ok();
  }
  const int64_t blocks = (s.out_channels + kChannelBlock - 1) / kChannelBlock;
  const int64_t tasks = s.filter_height * s.filter_width * blocks;
  const int64_t work = Max(1, s.batch * s.out_height * s.out_width * Min(kChannelBlock, s.out_channels));
  ParallelFor(context, tasks, kProductGrain / work + 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t position = task / blocks;
      const int64_t channel = task % blocks * kChannelBlock;
      FilterGradientBlock(s, x, dy, position / s.filter_width, position % s.filter_width, channel,
                          Min(kChannelBlock, s.out_channels - channel), dfilter + position * s.out_channels + channel);
    }
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
