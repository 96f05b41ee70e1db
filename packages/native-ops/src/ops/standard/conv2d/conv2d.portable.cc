// Convolutions and their gradients: the commands, and the kernels of our own that run where oneDNN is absent or has no
// good kernel.
//
// Each pass is a sum of small matrix products. A tile holds kTileRows pixels (or input channels) by up to kMaxVectors
// vectors of channels in registers, while the sum runs over filter positions and channels:
//
//   y [pixel, o]    += x [pixel moved by (kh, kw), i] * filter[kh, kw, i, o]      forward
//   dx[pixel, i]    += dy[pixel moved by (kh, kw), o] * filter[kh, kw, i, o]      input gradient, filter transposed
//   df[kh, kw, i, o] += x[pixel moved by (kh, kw), i] * dy[pixel, o]              filter gradient
//
// No result is shared between threads, so the order of every sum is the same for any number of threads.
#include "ops/standard/conv2d/conv-bf16.h"
#include "ops/standard/conv2d/conv.h"
#include "ops/standard/conv2d/small-map.h"

#include <cstring>

#include "ops/standard/conv2d/winograd.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"
#include "runtime/vector.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using conv::Activation;
using conv::ConvShape;
using conv::Epilogue;
using conv::Pass;

// kTileRows * kMaxVectors accumulators, plus one row of operands, fill the registers: 16 of them, 32 with AVX-512.
#if defined(__AVX512F__)
constexpr InstructionSet kIsa = InstructionSet::kAvx512;
constexpr int kMaxVectors = 4;
#elif defined(__AVX2__)
constexpr InstructionSet kIsa = InstructionSet::kAvx2;
constexpr int kMaxVectors = 2;
#else
constexpr InstructionSet kIsa = InstructionSet::kBaseline;
constexpr int kMaxVectors = 2;
#endif
constexpr int kTileRows = 6;
constexpr int64_t kBlock = kMaxVectors * kLanes;

// Multiplications below which a second thread does not pay for its wake-up.
constexpr int64_t kProductGrain = int64_t{1} << 18;

// Vectors of the block that starts at channel `begin`.
inline int VectorsAt(int64_t begin, int64_t channels) {
  const int64_t rest = channels - begin < kBlock ? channels - begin : kBlock;
  return static_cast<int>((rest + kLanes - 1) / kLanes);
}

inline int64_t RoundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

inline int64_t Max(int64_t a, int64_t b) { return a > b ? a : b; }
inline int64_t Min(int64_t a, int64_t b) { return a < b ? a : b; }

// y = activation(y + bias), for one row of channels.
void FinishRow(const Epilogue& epilogue, int64_t channels, float* y) {
  if (epilogue.bias != nullptr) {
    for (int64_t c = 0; c < channels; ++c) y[c] += epilogue.bias[c];
  }
  // Comparisons are written so that NaN stays NaN.
  switch (epilogue.activation) {
    case Activation::k_relu:
      for (int64_t c = 0; c < channels; ++c) y[c] = y[c] < 0 ? 0.0f : y[c];
      break;
    case Activation::k_relu6:
      for (int64_t c = 0; c < channels; ++c) y[c] = y[c] < 0 ? 0.0f : (y[c] > 6 ? 6.0f : y[c]);
      break;
    case Activation::k_leakyrelu:
      for (int64_t c = 0; c < channels; ++c) y[c] = y[c] < 0 ? epilogue.alpha * y[c] : y[c];
      break;
    default:
      break;
  }
}

bool IsEmpty(const Epilogue& epilogue) {
  return epilogue.bias == nullptr && epilogue.activation == Activation::k_linear;
}

void FinishAll(ExecutionContext& context, const Epilogue& epilogue, int64_t rows, int64_t channels, float* y) {
  if (IsEmpty(epilogue) || channels == 0) return;
  ParallelFor(context, rows, kElementwiseGrain / channels + 1, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) FinishRow(epilogue, channels, y + row * channels);
  });
}

void FillZero(ExecutionContext& context, int64_t count, float* y) {
  ParallelFor(context, count, kElementwiseGrain, [=](int64_t begin, int64_t end) {
    std::memset(y + begin, 0, static_cast<size_t>(end - begin) * sizeof(float));
  });
}

// --- Forward and input gradient: pixels times filter ---

// The filter as the tiles read it: per block of columns, per position, per row of the sum, the block's columns with
// zeros behind the last. columns_stride and depth_stride say where column and row stand in the filter.
Status PackFilter(ExecutionContext& context, const float* filter, int64_t positions, int64_t depth,
                  int64_t depth_stride, int64_t columns, int64_t columns_stride, float** packed) {
  const int64_t padded = RoundUp(columns, kLanes);
  GGB_RETURN_IF_ERROR(context.Scratch(positions * depth * padded, packed));
  float* const to = *packed;
  const int64_t position_stride = depth * columns;
  ParallelFor(context, positions * depth, kElementwiseGrain / padded + 1, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const float* from = filter + row / depth * position_stride + row % depth * depth_stride;
      for (int64_t block = 0; block < columns; block += kBlock) {
        const int64_t width = VectorsAt(block, columns) * kLanes;
        float* target = to + block * positions * depth + row * width;
        for (int64_t c = 0; c < width; ++c) {
          target[c] = block + c < columns ? from[(block + c) * columns_stride] : 0.0f;
        }
      }
    }
  });
  return Status::Ok();
}

// rows[r] = sum over taps and k of pixels[tap][r][k] * block[taps[tap]][k][...]; `rows` receives `valid` of kTileRows
// rows, of each the first `columns` values.
template <int kVectors>
void MultiplyTile(int64_t tap_count, const int64_t* taps, const float* const* pixels, const float* block, int64_t depth,
                  int valid, int64_t columns, float* const* rows) {
  Vector sum[kTileRows][kVectors] = {};
  for (int64_t tap = 0; tap < tap_count; ++tap) {
    const float* const* row = pixels + tap * kTileRows;
    const float* p0 = row[0];
    const float* p1 = row[1];
    const float* p2 = row[2];
    const float* p3 = row[3];
    const float* p4 = row[4];
    const float* p5 = row[5];
    const float* w = block + taps[tap] * depth * (kVectors * kLanes);
    for (int64_t k = 0; k < depth; ++k, w += kVectors * kLanes) {
      const float value[kTileRows] = {p0[k], p1[k], p2[k], p3[k], p4[k], p5[k]};
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const Vector weight = Load(w + v * kLanes);
#pragma GCC unroll 6
        for (int r = 0; r < kTileRows; ++r) sum[r][v] += value[r] * weight;
      }
    }
  }
  if (columns == kVectors * kLanes) {
#pragma GCC unroll 6
    for (int r = 0; r < kTileRows; ++r) {
      if (r >= valid) break;
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) Store(rows[r] + v * kLanes, sum[r][v]);
    }
    return;
  }
  float spill[kTileRows][kVectors * kLanes];
  std::memcpy(spill, sum, sizeof spill);
  for (int r = 0; r < valid; ++r) std::memcpy(rows[r], spill[r], static_cast<size_t>(columns) * sizeof(float));
}

// Pixels that use the same filter positions, in tiles. locate(pixel, tap) gives the row of inputs that a pixel meets at
// a filter position, or null in the padding; output(pixel) its row of results.
template <class Locate, class Output>
Status MultiplyPixels(ExecutionContext& context, int64_t pixel_count, int64_t tap_count, const int64_t* taps,
                      int64_t positions, int64_t depth, int64_t columns, const float* packed, const Epilogue& epilogue,
                      const Locate& locate, const Output& output) {
  const int64_t tiles = (pixel_count + kTileRows - 1) / kTileRows;
  const int64_t work = kTileRows * columns * Max(1, tap_count * depth);
  const int pieces = PieceCount(context, tiles, kProductGrain / work + 1);
  const float** pointers = nullptr;
  float* zeros = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * tap_count * kTileRows, &pointers));
  GGB_RETURN_IF_ERROR(context.Scratch(depth, &zeros));
  std::memset(zeros, 0, static_cast<size_t>(depth) * sizeof(float));
  ParallelPieces(pieces, tiles, [&](int piece, int64_t begin, int64_t end) {
    const float** pixels = pointers + piece * tap_count * kTileRows;
    for (int64_t tile = begin; tile < end; ++tile) {
      const int valid = static_cast<int>(Min(kTileRows, pixel_count - tile * kTileRows));
      float* rows[kTileRows];
      for (int r = 0; r < kTileRows; ++r) {
        const int64_t pixel = tile * kTileRows + r;
        rows[r] = r < valid ? output(pixel) : nullptr;
        for (int64_t tap = 0; tap < tap_count; ++tap) {
          const float* from = r < valid ? locate(pixel, taps[tap]) : nullptr;
          pixels[tap * kTileRows + r] = from != nullptr ? from : zeros;
        }
      }
      for (int64_t column = 0; column < columns; column += kBlock) {
        const float* block = packed + column * positions * depth;
        const int64_t count = Min(kBlock, columns - column);
        const auto multiply = [&](auto multiply_tile) {
          multiply_tile(tap_count, taps, pixels, block, depth, valid, count, rows);
        };
        switch (VectorsAt(column, columns)) {
          case 1:
            multiply(MultiplyTile<1>);
            break;
          case 2:
            multiply(MultiplyTile<2>);
            break;
#if defined(__AVX512F__)
          case 3:
            multiply(MultiplyTile<3>);
            break;
          case 4:
            multiply(MultiplyTile<4>);
            break;
#endif
        }
        for (int r = 0; r < valid; ++r) rows[r] += count;
      }
      if (!IsEmpty(epilogue)) {
        for (int r = 0; r < valid; ++r) FinishRow(epilogue, columns, rows[r] - columns);
      }
    }
  });
  return Status::Ok();
}

Status OwnForward(ExecutionContext& context, const ConvShape& s, const float* x, const float* filter,
                  const Epilogue& epilogue, float* y) {
  const int64_t positions = s.filter_height * s.filter_width;
  float* packed = nullptr;
  GGB_RETURN_IF_ERROR(
      PackFilter(context, filter, positions, s.in_channels, s.out_channels, s.out_channels, 1, &packed));
  int64_t* taps = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(positions, &taps));
  for (int64_t tap = 0; tap < positions; ++tap) taps[tap] = tap;
  const auto locate = [&](int64_t pixel, int64_t tap) -> const float* {
    const int64_t ow = pixel % s.out_width;
    const int64_t oh = pixel / s.out_width % s.out_height;
    const int64_t n = pixel / s.out_width / s.out_height;
    const int64_t ih = oh * s.stride_height + tap / s.filter_width * s.dilation_height - s.pad_top;
    const int64_t iw = ow * s.stride_width + tap % s.filter_width * s.dilation_width - s.pad_left;
    if (ih < 0 || ih >= s.in_height || iw < 0 || iw >= s.in_width) return nullptr;
    return x + ((n * s.in_height + ih) * s.in_width + iw) * s.in_channels;
  };
  return MultiplyPixels(context, s.batch * s.out_height * s.out_width, positions, taps, positions, s.in_channels,
                        s.out_channels, packed, epilogue, locate,
                        [&](int64_t pixel) { return y + pixel * s.out_channels; });
}

// Pixels of x whose position agrees modulo the stride meet the same filter positions, so with stride 2 each of four
// groups needs a quarter of the filter, and nothing is multiplied with zeros between the pixels of dy.
Status OwnInputGradient(ExecutionContext& context, const ConvShape& s, const float* dy, const float* filter,
                        float* dx) {
  const int64_t positions = s.filter_height * s.filter_width;
  float* packed = nullptr;
  GGB_RETURN_IF_ERROR(
      PackFilter(context, filter, positions, s.out_channels, 1, s.in_channels, s.out_channels, &packed));
  int64_t* taps = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(positions, &taps));
  for (int64_t phase_h = 0; phase_h < Min(s.stride_height, s.in_height); ++phase_h) {
    for (int64_t phase_w = 0; phase_w < Min(s.stride_width, s.in_width); ++phase_w) {
      const int64_t row_count = (s.in_height - phase_h + s.stride_height - 1) / s.stride_height;
      const int64_t column_count = (s.in_width - phase_w + s.stride_width - 1) / s.stride_width;
      const int64_t rest_h = (phase_h + s.pad_top) % s.stride_height;
      const int64_t rest_w = (phase_w + s.pad_left) % s.stride_width;
      int64_t tap_count = 0;
      for (int64_t tap = 0; tap < positions; ++tap) {
        if (tap / s.filter_width * s.dilation_height % s.stride_height == rest_h &&
            tap % s.filter_width * s.dilation_width % s.stride_width == rest_w) {
          taps[tap_count++] = tap;
        }
      }
      const auto locate = [&](int64_t pixel, int64_t tap) -> const float* {
        const int64_t iw = phase_w + pixel % column_count * s.stride_width;
        const int64_t ih = phase_h + pixel / column_count % row_count * s.stride_height;
        const int64_t n = pixel / column_count / row_count;
        const int64_t top = ih + s.pad_top - tap / s.filter_width * s.dilation_height;
        const int64_t left = iw + s.pad_left - tap % s.filter_width * s.dilation_width;
        if (top < 0 || left < 0) return nullptr;
        const int64_t oh = top / s.stride_height;
        const int64_t ow = left / s.stride_width;
        if (oh >= s.out_height || ow >= s.out_width) return nullptr;
        return dy + ((n * s.out_height + oh) * s.out_width + ow) * s.out_channels;
      };
      const auto output = [&](int64_t pixel) {
        const int64_t iw = phase_w + pixel % column_count * s.stride_width;
        const int64_t ih = phase_h + pixel / column_count % row_count * s.stride_height;
        const int64_t n = pixel / column_count / row_count;
        return dx + ((n * s.in_height + ih) * s.in_width + iw) * s.in_channels;
      };
      GGB_RETURN_IF_ERROR(MultiplyPixels(context, s.batch * row_count * column_count, tap_count, taps, positions,
                                         s.out_channels, s.in_channels, packed, Epilogue(), locate, output));
    }
  }
  return Status::Ok();
}

// --- Filter gradient: x transposed times dy ---

// Rows of an image between which partial sums are added to the tile: enough pixels that the additions do not count, few
// enough that rounding errors of long sums stay small.
constexpr int64_t kPixelsPerSum = 64;

// sum[r][...] += over pixels of x[pixel * x_step + offset[r]] * dy[pixel * dy_step + ...]
template <int kVectors>
struct OuterTile {
  Vector sum[kTileRows][kVectors] = {};

  inline __attribute__((always_inline)) void Add(int64_t pixels, const float* x, int64_t x_step, const int64_t* offset,
                                                 const float* dy, int64_t dy_step) {
    const int64_t o0 = offset[0], o1 = offset[1], o2 = offset[2], o3 = offset[3], o4 = offset[4], o5 = offset[5];
    for (int64_t p = 0; p < pixels; ++p, x += x_step, dy += dy_step) {
      const float value[kTileRows] = {x[o0], x[o1], x[o2], x[o3], x[o4], x[o5]};
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        const Vector gradient = Load(dy + v * kLanes);
#pragma GCC unroll 6
        for (int r = 0; r < kTileRows; ++r) sum[r][v] += value[r] * gradient;
      }
    }
  }
};

// First and end position of the output whose input position out * stride + shift lies in [0, in).
inline void ValidRange(int64_t in, int64_t out, int64_t stride, int64_t shift, int64_t* begin, int64_t* end) {
  *begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
  *end = shift >= in ? 0 : Min(out, (in - shift + stride - 1) / stride);
}

// The part of the filter gradient that one filter position, kTileRows input channels and one block of output channels
// have from the output rows [row_begin, row_end) of image n; added to `tile`.
template <int kVectors>
void AddOuterTile(const ConvShape& s, const float* x, const float* dy, int64_t dy_channels, int64_t n, int64_t kh,
                  int64_t kw, int64_t channel, int64_t column, int64_t row_begin, int64_t row_end, float* tile) {
  OuterTile<kVectors> outer;
  // Rows of the tile behind the last channel repeat it; they are not stored.
  int64_t offset[kTileRows];
  for (int64_t r = 0; r < kTileRows; ++r) offset[r] = Min(r, s.in_channels - channel - 1);
  const int64_t shift_h = kh * s.dilation_height - s.pad_top;
  const int64_t shift_w = kw * s.dilation_width - s.pad_left;
  int64_t begin, end;
  ValidRange(s.in_width, s.out_width, s.stride_width, shift_w, &begin, &end);
  if (begin >= end) return;
  for (int64_t oh = row_begin; oh < row_end; ++oh) {
    const int64_t ih = oh * s.stride_height + shift_h;
    if (ih < 0 || ih >= s.in_height) continue;
    const int64_t iw = begin * s.stride_width + shift_w;
    outer.Add(end - begin, x + ((n * s.in_height + ih) * s.in_width + iw) * s.in_channels + channel,
              s.stride_width * s.in_channels, offset,
              dy + ((n * s.out_height + oh) * s.out_width + begin) * dy_channels + column, dy_channels);
  }
  for (int r = 0; r < kTileRows; ++r) {
    for (int v = 0; v < kVectors; ++v) {
      float* to = tile + r * (kVectors * kLanes) + v * kLanes;
      Store(to, Load(to) + outer.sum[r][v]);
    }
  }
}

Status OwnFilterGradient(ExecutionContext& context, const ConvShape& s, const float* x, const float* dy,
                         float* dfilter) {
  // Vectors of dy must not reach behind its end: channels are padded where they do not fill the last one.
  const int64_t padded = RoundUp(s.out_channels, kLanes);
  const int64_t pixels = s.batch * s.out_height * s.out_width;
  if (padded != s.out_channels) {
    float* copy = nullptr;
    GGB_RETURN_IF_ERROR(context.Scratch(pixels * padded, &copy));
    ParallelFor(context, pixels, kElementwiseGrain / padded + 1, [=, &s](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        float* to = copy + p * padded;
        std::memcpy(to, dy + p * s.out_channels, static_cast<size_t>(s.out_channels) * sizeof(float));
        std::memset(to + s.out_channels, 0, static_cast<size_t>(padded - s.out_channels) * sizeof(float));
      }
    });
    dy = copy;
  }
  // A task: one filter position and kTileRows input channels; its tiles cover all output channels.
  const int64_t channel_tiles = (s.in_channels + kTileRows - 1) / kTileRows;
  const int64_t tasks = s.filter_height * s.filter_width * channel_tiles;
  const int64_t task_floats = kTileRows * padded;
  float* tiles = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(tasks * task_floats, &tiles));
  const int64_t rows_per_sum = Max(1, kPixelsPerSum / s.out_width);
  ParallelFor(context, tasks, kProductGrain / Max(1, pixels * task_floats) + 1, [&](int64_t begin, int64_t end) {
    std::memset(tiles + begin * task_floats, 0, static_cast<size_t>((end - begin) * task_floats) * sizeof(float));
    // Image rows outside, tasks inside: dy of a few rows stays in the first-level cache for all tasks.
    for (int64_t n = 0; n < s.batch; ++n) {
      for (int64_t row = 0; row < s.out_height; row += rows_per_sum) {
        const int64_t row_end = Min(s.out_height, row + rows_per_sum);
        for (int64_t task = begin; task < end; ++task) {
          const int64_t channel = task % channel_tiles * kTileRows;
          const int64_t position = task / channel_tiles;
          const int64_t kh = position / s.filter_width;
          const int64_t kw = position % s.filter_width;
          for (int64_t column = 0; column < padded; column += kBlock) {
            float* tile = tiles + task * task_floats + column * kTileRows;
            const auto add = [&](auto add_tile) {
              add_tile(s, x, dy, padded, n, kh, kw, channel, column, row, row_end, tile);
            };
            switch (VectorsAt(column, padded)) {
              case 1:
                add(AddOuterTile<1>);
                break;
              case 2:
                add(AddOuterTile<2>);
                break;
#if defined(__AVX512F__)
              case 3:
                add(AddOuterTile<3>);
                break;
              case 4:
                add(AddOuterTile<4>);
                break;
#endif
            }
          }
        }
      }
    }
    for (int64_t task = begin; task < end; ++task) {
      const int64_t channel = task % channel_tiles * kTileRows;
      for (int64_t r = 0; r < Min(kTileRows, s.in_channels - channel); ++r) {
        float* to = dfilter + (task / channel_tiles * s.in_channels + channel + r) * s.out_channels;
        for (int64_t column = 0; column < s.out_channels; column += kBlock) {
          const float* tile = tiles + task * task_floats + column * kTileRows;
          std::memcpy(to + column, tile + r * VectorsAt(column, padded) * kLanes,
                      static_cast<size_t>(Min(kBlock, s.out_channels - column)) * sizeof(float));
        }
      }
    }
  });
  return Status::Ok();
}

bool HasEmptyOperand(const ConvShape& s) { return s.InCount() == 0 || s.OutCount() == 0 || s.FilterCount() == 0; }

}  // namespace

// arguments: shape (15 sizes), 1 for bfloat16 products, activation, slope of leakyrelu, 1 when there is a bias, x,
// filter, [bias,] y
Status conv2d_forward(CommandReader& arguments, ExecutionContext& context) {
  const ConvShape shape = conv::ReadConvShape(arguments);
  [[maybe_unused]] const bool is_bf16 = arguments.ReadInt() != 0;
  Epilogue epilogue;
  const int32_t activation = arguments.ReadInt();
  if (activation < 0 || activation >= static_cast<int32_t>(Activation::kCount)) {
    arguments.Fail(StatusCode::kInvalidCommand, "an activation of a convolution does not exist");
  }
  epilogue.activation = static_cast<Activation>(activation);
  epilogue.alpha = arguments.ReadFloat();
  const bool has_bias = arguments.ReadInt() != 0;
  const float* x = arguments.ReadInput<float>(shape.InCount());
  const float* filter = arguments.ReadInput<float>(shape.FilterCount());
  if (has_bias) epilogue.bias = arguments.ReadInput<float>(shape.out_channels);
  float* y = arguments.ReadOutput<float>(shape.OutCount());
  GGB_RETURN_IF_ERROR(arguments.Finish());
  const int64_t pixels = shape.batch * shape.out_height * shape.out_width;
  if (HasEmptyOperand(shape)) {
    FillZero(context, shape.OutCount(), y);
    FinishAll(context, epilogue, pixels, shape.out_channels, y);
    return Status::Ok();
  }
#ifdef GGB_HAVE_ONEDNN
  bool handled = false;
  if (is_bf16) GGB_RETURN_IF_ERROR(conv::Bf16Forward(context, shape, x, filter, y, &handled));
  if (handled) {
    FinishAll(context, epilogue, pixels, shape.out_channels, y);
    return Status::Ok();
  }
  if (IsWinogradFaster(Pass::kForward, shape)) {
    conv::PrepareProducts(context, kIsa);
    GGB_RETURN_IF_ERROR(WinogradForward(context, shape, x, filter, y));
    FinishAll(context, epilogue, pixels, shape.out_channels, y);
    return Status::Ok();
  }
  // oneDNN's relu turns NaN into 0 and its leaky relu needs a slope other than 0; TF.js's do not. Those activations
  // follow in a pass of their own.
  Epilogue fused;
  fused.bias = epilogue.bias;
  if (epilogue.activation == Activation::k_leakyrelu && epilogue.alpha != 0) {
    fused.activation = epilogue.activation;
    fused.alpha = epilogue.alpha;
  }
  GGB_RETURN_IF_ERROR(conv::LibraryForward(context, kIsa, shape, x, filter, fused, y, &handled));
  if (handled) {
    Epilogue rest;
    if (fused.activation == Activation::k_linear) rest.activation = epilogue.activation;
    rest.alpha = epilogue.alpha;
    FinishAll(context, rest, pixels, shape.out_channels, y);
    return Status::Ok();
  }
#endif
  return OwnForward(context, shape, x, filter, epilogue, y);
}

// arguments: shape (15 sizes), 1 for bfloat16 products, dy, filter, dx
Status conv2d_input_gradient(CommandReader& arguments, ExecutionContext& context) {
  const ConvShape shape = conv::ReadConvShape(arguments);
  [[maybe_unused]] const bool is_bf16 = arguments.ReadInt() != 0;
  const float* dy = arguments.ReadInput<float>(shape.OutCount());
  const float* filter = arguments.ReadInput<float>(shape.FilterCount());
  float* dx = arguments.ReadOutput<float>(shape.InCount());
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (HasEmptyOperand(shape)) {
    FillZero(context, shape.InCount(), dx);
    return Status::Ok();
  }
#ifdef GGB_HAVE_ONEDNN
  bool handled = false;
  if (is_bf16) GGB_RETURN_IF_ERROR(conv::Bf16InputGradient(context, shape, dy, filter, dx, &handled));
  if (handled) return Status::Ok();
  if (IsWinogradFaster(Pass::kInputGradient, shape)) {
    conv::PrepareProducts(context, kIsa);
    return WinogradInputGradient(context, shape, dy, filter, dx);
  }
  if (IsSmallMapInputGradient(shape)) return SmallMapInputGradient(context, shape, dy, filter, dx);
  GGB_RETURN_IF_ERROR(conv::LibraryInputGradient(context, kIsa, shape, dy, filter, dx, &handled));
  if (handled) return Status::Ok();
#endif
  return OwnInputGradient(context, shape, dy, filter, dx);
}

// arguments: shape (15 sizes), 1 for bfloat16 products, x, dy, gradient of the filter
Status conv2d_filter_gradient(CommandReader& arguments, ExecutionContext& context) {
  const ConvShape shape = conv::ReadConvShape(arguments);
  [[maybe_unused]] const bool is_bf16 = arguments.ReadInt() != 0;
  const float* x = arguments.ReadInput<float>(shape.InCount());
  const float* dy = arguments.ReadInput<float>(shape.OutCount());
  float* dfilter = arguments.ReadOutput<float>(shape.FilterCount());
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (HasEmptyOperand(shape)) {
    FillZero(context, shape.FilterCount(), dfilter);
    return Status::Ok();
  }
#ifdef GGB_HAVE_ONEDNN
  bool handled = false;
  if (is_bf16) GGB_RETURN_IF_ERROR(conv::Bf16FilterGradient(context, shape, x, dy, dfilter, &handled));
  if (handled) return Status::Ok();
  if (IsWinogradFaster(Pass::kFilterGradient, shape)) {
    conv::PrepareProducts(context, kIsa);
    return WinogradFilterGradient(context, shape, x, dy, dfilter);
  }
  GGB_RETURN_IF_ERROR(conv::LibraryFilterGradient(context, kIsa, shape, x, dy, dfilter, &handled));
  if (handled) return Status::Ok();
#endif
  return OwnFilterGradient(context, shape, x, dy, dfilter);
}

}  // namespace ggb::GGB_ISA_NAMESPACE
