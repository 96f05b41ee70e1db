// E of several batches and what its encodings differ by, forward and backward (residual-encoding.md), from the images
// to the residuals in one piece: a thread takes an image of each batch through both layers. No map moves from the cache
// of one core to that of another, which on some machines costs more than the arithmetic of a layer.
//
// Both convolutions are sums over places of a padded image: a pixel of the map sees filter_height pieces of
// filter_width * channels values without a break. The map between the layers is kept with its padding for that.
#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "ops/fused/bias-activation/activation.h"
#include "ops/standard/conv2d/conv.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"
#include "runtime/vector.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using conv::ConvShape;

// A tile of kTileRows by kMaxVectors sums, and one row of operands, fill the registers.
constexpr int kMaxVectors = kLanes == 16 ? 4 : 2;
constexpr int kTileRows = 6;
constexpr int64_t kBlock = kMaxVectors * kLanes;

// Pixels whose filter gradient is summed apart: with a block of channels their gradient fills two thirds of a cache of
// 48 KiB, and the longest float32 sum has as many terms.
constexpr int64_t kChunk = 128;

// Multiplications below which a second thread does not pay for its wake-up.
constexpr int64_t kProductGrain = int64_t{1} << 18;

constexpr int64_t kMaxBatches = 3;

// The activations of activation.h on a vector. NaN stays NaN.
inline Vector Apply(Linear, Vector v) { return v; }
inline Vector Apply(Relu, Vector v) { return v < 0.0f ? Vector{} : v; }
inline Vector Apply(LeakyRelu f, Vector v) { return v < 0.0f ? f.slope_below * v : v; }

inline int64_t RoundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

// Scratch that is cut into parts: a part begins where a cache line does.
inline int64_t Part(int64_t count) { return RoundUp(count, 16); }

// Calls body(number of vectors as a constant) for 1 to kMaxVectors.
template <class Body>
inline void WithVectors(int64_t vectors, const Body& body) {
  if (vectors == 1) return body(std::integral_constant<int, 1>{});
  if (vectors == 2) return body(std::integral_constant<int, 2>{});
  if constexpr (kMaxVectors > 2) {
    if (vectors == 3) return body(std::integral_constant<int, 3>{});
    body(std::integral_constant<int, 4>{});
  }
}

// One convolution over padded images. Sizes that no memory holds saturate: a command is refused after they are known.
struct Layer {
  explicit Layer(const ConvShape& s)
      : shape(s),
        piece(s.filter_width * s.in_channels),
        depth(ElementCount(Shape{2, {s.filter_height, piece}})),
        padded_width(std::max(s.pad_left + s.in_width, (s.out_width - 1) * s.stride_width + s.filter_width)),
        padded_height(std::max(s.pad_top + s.in_height, (s.out_height - 1) * s.stride_height + s.filter_height)),
        padded_row(ElementCount(Shape{2, {padded_width, s.in_channels}})),
        padded_size(ElementCount(Shape{2, {padded_height, padded_row}})),
        pixels(s.out_height * s.out_width),
        width(RoundUp(s.out_channels, kLanes)) {}

  // Multiplications for one image.
  int64_t Work() const { return pixels * depth * shape.out_channels; }

  // Where the pixels of `images` maps begin to read, from the first padded image.
  void FillOffsets(int64_t images, int64_t* offsets) const {
    for (int64_t n = 0; n < images; ++n) {
      for (int64_t oh = 0; oh < shape.out_height; ++oh) {
        for (int64_t ow = 0; ow < shape.out_width; ++ow) {
          *offsets++ =
              n * padded_size + oh * shape.stride_height * padded_row + ow * shape.stride_width * shape.in_channels;
        }
      }
    }
  }

  // Where the pixels of an image lie in its padded form.
  void FillPlaces(int64_t* places) const {
    for (int64_t ih = 0; ih < shape.in_height; ++ih) {
      for (int64_t iw = 0; iw < shape.in_width; ++iw) {
        *places++ = ((ih + shape.pad_top) * padded_width + iw + shape.pad_left) * shape.in_channels;
      }
    }
  }

  // Where the values that a pixel reads lie, from the first.
  void FillTaps(int64_t* taps) const {
    for (int64_t k = 0; k < depth; ++k) taps[k] = k / piece * padded_row + k % piece;
  }

  void ZeroPadding(float* padded) const {
    const int64_t left = shape.pad_left * shape.in_channels;
    const int64_t right = left + shape.in_width * shape.in_channels;
    for (int64_t row = 0; row < padded_height; ++row, padded += padded_row) {
      const bool is_inside = row >= shape.pad_top && row < shape.pad_top + shape.in_height;
      std::fill(padded, padded + (is_inside ? left : padded_row), 0.0f);
      if (is_inside) std::fill(padded + right, padded + padded_row, 0.0f);
    }
  }

  const ConvShape shape;
  int64_t piece;  // values that lie together
  int64_t depth;  // values that a pixel of the map sees
  int64_t padded_width, padded_height;
  int64_t padded_row, padded_size;  // values
  int64_t pixels;                   // of the map
  int64_t width;                    // out channels in whole vectors
};

// A matrix [depth, columns] in blocks of kBlock columns, each with whole vectors and zeros behind its last column.
void Pack(const float* matrix, int64_t depth, int64_t columns, float* packed) {
  for (int64_t block = 0; block < columns; block += kBlock) {
    const int64_t valid = std::min(kBlock, columns - block);
    const int64_t width = RoundUp(valid, kLanes);
    for (int64_t k = 0; k < depth; ++k, packed += width) {
      std::copy_n(matrix + k * columns + block, valid, packed);
      std::fill(packed + valid, packed + width, 0.0f);
    }
  }
}

// The same of the transposed matrix, which is given as [columns, depth].
void PackTransposed(const float* matrix, int64_t depth, int64_t columns, float* packed) {
  for (int64_t block = 0; block < columns; block += kBlock) {
    const int64_t width = RoundUp(std::min(kBlock, columns - block), kLanes);
    for (int64_t c = 0; c < width; ++c) {
      const bool is_inside = block + c < columns;
      const float* row = matrix + (is_inside ? (block + c) * depth : 0);
      for (int64_t k = 0; k < depth; ++k) packed[k * width + c] = is_inside ? row[k] : 0.0f;
    }
    packed += depth * width;
  }
}

// sum[r] = sum over pieces and j of sources[r][piece * stride + j] * block[...].
template <int kVectors>
inline void MultiplyTile(const float* const* sources, int64_t pieces, int64_t length, int64_t stride,
                         const float* block, Vector (&sum)[kTileRows][kVectors]) {
  for (auto& row : sum) {
    for (auto& vector : row) vector = Vector{};
  }
  for (int64_t piece = 0; piece < pieces; ++piece) {
    const int64_t at = piece * stride;
    const float* s0 = sources[0] + at;
    const float* s1 = sources[1] + at;
    const float* s2 = sources[2] + at;
    const float* s3 = sources[3] + at;
    const float* s4 = sources[4] + at;
    const float* s5 = sources[5] + at;
    for (int64_t j = 0; j < length; ++j, block += kVectors * kLanes) {
      for (int v = 0; v < kVectors; ++v) {
        const Vector b = Load(block + v * kLanes);
        sum[0][v] += s0[j] * b;
        sum[1][v] += s1[j] * b;
        sum[2][v] += s2[j] * b;
        sum[3][v] += s3[j] * b;
        sum[4][v] += s4[j] * b;
        sum[5][v] += s5[j] * b;
      }
    }
  }
}

// The first `columns` values of a row of the tile.
template <int kVectors>
inline void StoreRow(const Vector (&row)[kVectors], int64_t columns, float* to) {
  if (columns == kVectors * kLanes) {
    for (int v = 0; v < kVectors; ++v) Store(to + v * kLanes, row[v]);
    return;
  }
  float values[kVectors * kLanes];
  for (int v = 0; v < kVectors; ++v) Store(values + v * kLanes, row[v]);
  std::copy_n(values, columns, to);
}

// y[pixel] = activation(convolution + bias). A pixel's channels go to y + places[pixel], or one after the other where
// that is null. `bias` has whole vectors.
template <class Activation>
void Encode(Activation f, const Layer& layer, const float* padded, const int64_t* offsets, int64_t pixels,
            const float* packed, const float* bias, const int64_t* places, float* y) {
  const int64_t channels = layer.shape.out_channels;
  for (int64_t channel = 0; channel < channels; channel += kBlock) {
    const int64_t columns = std::min(kBlock, channels - channel);
    const int64_t vectors = (columns + kLanes - 1) / kLanes;
    for (int64_t first = 0; first < pixels; first += kTileRows) {
      const int64_t valid = std::min<int64_t>(kTileRows, pixels - first);
      const float* sources[kTileRows];
      for (int64_t r = 0; r < kTileRows; ++r) sources[r] = padded + offsets[first + std::min(r, valid - 1)];
      WithVectors(vectors, [&](auto constant) {
        constexpr int kVectors = decltype(constant)::value;
        Vector sum[kTileRows][kVectors];
        MultiplyTile<kVectors>(sources, layer.shape.filter_height, layer.piece, layer.padded_row, packed, sum);
        for (int64_t r = 0; r < valid; ++r) {
          for (int v = 0; v < kVectors; ++v) sum[r][v] = Apply(f, sum[r][v] + Load(bias + channel + v * kLanes));
          float* row = y + (places == nullptr ? (first + r) * channels : places[first + r]);
          StoreRow<kVectors>(sum[r], columns, row + channel);
        }
      });
    }
    packed += layer.depth * vectors * kLanes;
  }
}

// total[k] += sum over pixels p of padded[offsets[p] + taps[k]] * d[p], for one block of channels.
template <int kVectors>
void AddBlockGradient(const float* padded, const int64_t* offsets, int64_t pixels, const int64_t* taps, int64_t depth,
                      const float* d, float* total) {
  constexpr int64_t kWidth = kVectors * kLanes;
  for (int64_t k = 0; k < depth; k += kTileRows) {
    const int64_t valid = std::min<int64_t>(kTileRows, depth - k);
    const float* sources[kTileRows];
    for (int64_t r = 0; r < kTileRows; ++r) sources[r] = padded + taps[k + std::min(r, valid - 1)];
    const float *s0 = sources[0], *s1 = sources[1], *s2 = sources[2];
    const float *s3 = sources[3], *s4 = sources[4], *s5 = sources[5];
    Vector sum[kTileRows][kVectors] = {};
    for (int64_t p = 0; p < pixels; ++p) {
      const int64_t at = offsets[p];
      for (int v = 0; v < kVectors; ++v) {
        const Vector b = Load(d + p * kWidth + v * kLanes);
        sum[0][v] += s0[at] * b;
        sum[1][v] += s1[at] * b;
        sum[2][v] += s2[at] * b;
        sum[3][v] += s3[at] * b;
        sum[4][v] += s4[at] * b;
        sum[5][v] += s5[at] * b;
      }
    }
    for (int64_t r = 0; r < valid; ++r) {
      float* to = total + (k + r) * kWidth;
      for (int v = 0; v < kVectors; ++v) Store(to + v * kLanes, Load(to + v * kLanes) + sum[r][v]);
    }
  }
}

// Adds the filter gradient of at most kChunk pixels, whose gradients d are dense rows, to `total`, which has the blocks
// of a packed filter. `packed` is scratch of kChunk * layer.width.
void AddFilterGradient(const Layer& layer, const float* padded, const int64_t* offsets, int64_t pixels,
                       const int64_t* taps, const float* d, float* packed, float* total) {
  const int64_t channels = layer.shape.out_channels;
  Pack(d, pixels, channels, packed);
  for (int64_t channel = 0; channel < channels; channel += kBlock) {
    const int64_t vectors = (std::min(kBlock, channels - channel) + kLanes - 1) / kLanes;
    WithVectors(vectors, [&](auto constant) {
      AddBlockGradient<decltype(constant)::value>(padded, offsets, pixels, taps, layer.depth, packed, total);
    });
    packed += pixels * vectors * kLanes;
    total += layer.depth * vectors * kLanes;
  }
}

// Adds to the padded image what its values get back from the pixels, whose gradients d are dense rows. `packed` is the
// transposed filter.
void AddImageGradient(const Layer& layer, const float* d, const int64_t* offsets, int64_t pixels, const float* packed,
                      float* padded) {
  const int64_t channels = layer.shape.out_channels;
  for (int64_t column = 0; column < layer.depth; column += kBlock) {
    const int64_t columns = std::min(kBlock, layer.depth - column);
    const int64_t vectors = (columns + kLanes - 1) / kLanes;
    for (int64_t first = 0; first < pixels; first += kTileRows) {
      const int64_t valid = std::min<int64_t>(kTileRows, pixels - first);
      const float* sources[kTileRows];
      for (int64_t r = 0; r < kTileRows; ++r) sources[r] = d + (first + std::min(r, valid - 1)) * channels;
      WithVectors(vectors, [&](auto constant) {
        constexpr int kVectors = decltype(constant)::value;
        Vector sum[kTileRows][kVectors];
        MultiplyTile<kVectors>(sources, 1, channels, 0, packed, sum);
        const int64_t in_piece = column % layer.piece;
        const int64_t tap = column / layer.piece * layer.padded_row + in_piece;
        const bool is_whole = columns == kVectors * kLanes && in_piece + columns <= layer.piece;
        for (int64_t r = 0; r < valid; ++r) {
          float* image = padded + offsets[first + r];
          if (is_whole) {
            for (int v = 0; v < kVectors; ++v) {
              float* to = image + tap + v * kLanes;
              Store(to, Load(to) + sum[r][v]);
            }
            continue;
          }
          float values[kVectors * kLanes];
          for (int v = 0; v < kVectors; ++v) Store(values + v * kLanes, sum[r][v]);
          // By piece: each adds to a row of the image.
          for (int64_t c = 0; c < columns;) {
            const int64_t from = (column + c) % layer.piece;
            const int64_t count = std::min(layer.piece - from, columns - c);
            float* to = image + (column + c) / layer.piece * layer.padded_row + from;
#pragma GCC ivdep
            for (int64_t j = 0; j < count; ++j) to[j] += values[c + j];
            c += count;
          }
        }
      });
    }
    packed += channels * vectors * kLanes;
  }
}

void CopyInside(const Layer& layer, const float* image, float* padded) {
  const ConvShape& s = layer.shape;
  const int64_t row = s.in_width * s.in_channels;
  float* to = padded + s.pad_top * layer.padded_row + s.pad_left * s.in_channels;
  for (int64_t ih = 0; ih < s.in_height; ++ih) std::copy_n(image + ih * row, row, to + ih * layer.padded_row);
}

// d = dy * activation'(y) for `pixels` rows of channels that lie at `places` in dy and y.
template <class Activation>
void BeforeActivation(Activation f, const float* dy, const float* y, const int64_t* places, int64_t pixels,
                      int64_t channels, float* d) {
  for (int64_t p = 0; p < pixels; ++p, d += channels) {
    const float* dy_row = dy + places[p];
    const float* y_row = y + places[p];
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; ++c) d[c] = dy_row[c] * f.Derivative(y_row[c]);
  }
}

void AddRows(const float* d, int64_t pixels, int64_t channels, double* sums) {
  for (int64_t p = 0; p < pixels; ++p, d += channels) {
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; ++c) sums[c] += static_cast<double>(d[c]);
  }
}

// What comes back to an encoding: through itself and its residual, or, to that of the source, through the residuals
// alone.
template <class Activation>
void EncodingGradient(Activation f, const float* d, const float* r, const float* y, int64_t count, float* dz) {
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) dz[i] = (d[i] + r[i]) * f.Derivative(y[i]);
}

template <class Activation>
void SourceGradient(Activation f, const float* r, const float* other, const float* y, int64_t count, float* dz) {
  if (other == nullptr) {
#pragma GCC ivdep
    for (int64_t i = 0; i < count; ++i) dz[i] = -r[i] * f.Derivative(y[i]);
    return;
  }
#pragma GCC ivdep
  for (int64_t i = 0; i < count; ++i) dz[i] = -(r[i] + other[i]) * f.Derivative(y[i]);
}

// What all three commands begin with: activation, slope, number of batches, shapes (15 sizes each) of the layers for
// one batch.
struct Encoder {
  explicit Encoder(CommandReader& arguments)
      : function(arguments.ReadInt()),
        slope(arguments.ReadFloat()),
        batches(arguments.ReadSize()),
        first(conv::ReadConvShape(arguments)),
        second(conv::ReadConvShape(arguments)) {
    const ConvShape &a = first.shape, &b = second.shape;
    if (batches < 1 || batches > kMaxBatches) arguments.Fail(StatusCode::kInvalidShape, "1 to 3 batches are encoded");
    if (a.batch != b.batch || a.out_height != b.in_height || a.out_width != b.in_width ||
        a.out_channels != b.in_channels) {
      arguments.Fail(StatusCode::kInvalidShape, "the second layer of an encoder does not fit the first");
    }
    for (const ConvShape* s : {&a, &b}) {
      if (s->InCount() == 0 || s->OutCount() == 0 || s->FilterCount() == 0) {
        arguments.Fail(StatusCode::kInvalidShape, "an encoder needs images, maps and filters that are not empty");
      }
      // More padding than filter would make padded images that no memory holds.
      const int64_t below =
          conv::TrailingPadding(s->in_height, s->out_height, s->filter_height, s->stride_height, 1, s->pad_top);
      const int64_t behind =
          conv::TrailingPadding(s->in_width, s->out_width, s->filter_width, s->stride_width, 1, s->pad_left);
      if (std::max(s->pad_top, below) > s->filter_height || std::max(s->pad_left, behind) > s->filter_width) {
        arguments.Fail(StatusCode::kInvalidShape, "an encoder's padding is wider than its filter");
      }
      if (s->dilation_height != 1 || s->dilation_width != 1) {
        arguments.Fail(StatusCode::kInvalidShape, "encoders have no dilation");
      }
    }
  }

  int64_t HiddenCount() const {
    const ConvShape& s = second.shape;
    return ElementCount(Shape{5, {batches, s.batch, second.padded_height, second.padded_width, s.in_channels}});
  }
  // Threads that have images enough, and the most images that one has.
  int Pieces(const ExecutionContext& context) const {
    return PieceCount(context, first.shape.batch, 1 + kProductGrain / (batches * (first.Work() + second.Work())));
  }
  int64_t ImagesOf(int pieces) const { return (first.shape.batch + pieces - 1) / pieces; }
  int64_t ImageSize() const { return first.shape.in_height * first.shape.in_width * first.shape.in_channels; }
  int64_t EncodingSize() const { return second.pixels * second.shape.out_channels; }

  int32_t function;
  float slope;
  int64_t batches;
  Layer first, second;
};

// The tables of both layers.
struct Tables {
  Status Fill(ExecutionContext& context, const Encoder& e, int pieces) {
    GGB_RETURN_IF_ERROR(context.Scratch(e.first.pixels, &first_offsets));
    GGB_RETURN_IF_ERROR(context.Scratch(e.first.pixels, &places));
    GGB_RETURN_IF_ERROR(context.Scratch(e.ImagesOf(pieces) * e.second.pixels, &second_offsets));
    e.first.FillOffsets(1, first_offsets);
    e.second.FillPlaces(places);
    e.second.FillOffsets(e.ImagesOf(pieces), second_offsets);
    return Status::Ok();
  }

  int64_t* first_offsets = nullptr;   // of the pixels of the first map in the padded image
  int64_t* places = nullptr;          // of the same pixels in the padded map
  int64_t* second_offsets = nullptr;  // of the pixels of a thread's images in its padded maps
};

void CopyBias(const float* bias, int64_t channels, float* padded) {
  std::copy_n(bias, channels, padded);
  std::fill(padded + channels, padded + RoundUp(channels, kLanes), 0.0f);
}

// Adds up what the pieces have, in their order: partial [pieces, layer.depth * layer.width] in the blocks of a packed
// filter.
void JoinFilter(ExecutionContext& context, const Layer& layer, const float* partial, int pieces, float* dfilter) {
  const int64_t channels = layer.shape.out_channels;
  const int64_t size = Part(layer.depth * layer.width);
  ParallelFor(context, layer.depth, 1 + kElementwiseGrain / channels, [=, &layer](int64_t begin, int64_t end) {
    for (int64_t block = 0; block < channels; block += kBlock) {
      const int64_t columns = std::min(kBlock, channels - block);
      const int64_t width = RoundUp(columns, kLanes);
      for (int64_t k = begin; k < end; ++k) {
        const float* from = partial + layer.depth * block + k * width;
        float* to = dfilter + k * channels + block;
        for (int64_t c = 0; c < columns; ++c) to[c] = from[c];
        for (int piece = 1; piece < pieces; ++piece) {
#pragma GCC ivdep
          for (int64_t c = 0; c < columns; ++c) to[c] += from[piece * size + c];
        }
      }
    }
  });
}

void JoinBias(const double* partial, int pieces, int64_t channels, float* dbias) {
  for (int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (int piece = 0; piece < pieces; ++piece) sum += partial[piece * channels + c];
    dbias[c] = static_cast<float>(sum);
  }
}

}  // namespace

// arguments: encoder, filter and bias of the first and the second layer, images of each batch, padded maps of the first
// layer, encodings of the first and the second batch, first - second, [third, third - second]
Status residual_encoding(CommandReader& arguments, ExecutionContext& context) {
  const Encoder e(arguments);
  const ConvShape &a = e.first.shape, &b = e.second.shape;
  const float* filter1 = arguments.ReadInput<float>(a.FilterCount());
  const float* bias1 = arguments.ReadInput<float>(a.out_channels);
  const float* filter2 = arguments.ReadInput<float>(b.FilterCount());
  const float* bias2 = arguments.ReadInput<float>(b.out_channels);
  const int64_t batches = std::min(e.batches, kMaxBatches);
  const float* images[kMaxBatches] = {};
  for (int64_t i = 0; i < batches; ++i) images[i] = arguments.ReadInput<float>(a.InCount());
  float* hidden = arguments.ReadOutput<float>(e.HiddenCount());
  float* encodings[kMaxBatches] = {};
  float* residuals[kMaxBatches] = {};
  for (int64_t i = 0; i < 2; ++i) encodings[i] = arguments.ReadOutput<float>(b.OutCount());
  residuals[0] = arguments.ReadOutput<float>(b.OutCount());
  if (batches == 3) {
    encodings[2] = arguments.ReadOutput<float>(b.OutCount());
    residuals[2] = arguments.ReadOutput<float>(b.OutCount());
  }
  if (batches < 2) arguments.Fail(StatusCode::kInvalidShape, "residuals are of 2 or 3 batches");
  GGB_RETURN_IF_ERROR(arguments.Finish());

  const int pieces = e.Pieces(context);
  const int64_t image_size = e.ImageSize();
  const int64_t scratch_size = Part(e.first.padded_size) + Part(e.first.depth * e.first.width) +
                               Part(e.second.depth * e.second.width) + Part(e.first.width) + Part(e.second.width);
  float* scratch = nullptr;
  Tables tables;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * scratch_size, &scratch));
  GGB_RETURN_IF_ERROR(tables.Fill(context, e, pieces));
  return WithActivation(e.function, e.slope, [&](const auto& activation) {
    const auto f = activation;
    ParallelPieces(pieces, a.batch, [&, f](int piece, int64_t begin, int64_t end) {
      float* padded = scratch + piece * scratch_size;
      float* packed1 = padded + Part(e.first.padded_size);
      float* packed2 = packed1 + Part(e.first.depth * e.first.width);
      float* biases1 = packed2 + Part(e.second.depth * e.second.width);
      float* biases2 = biases1 + Part(e.first.width);
      Pack(filter1, e.first.depth, a.out_channels, packed1);
      Pack(filter2, e.second.depth, b.out_channels, packed2);
      CopyBias(bias1, a.out_channels, biases1);
      CopyBias(bias2, b.out_channels, biases2);
      e.first.ZeroPadding(padded);
      const int64_t from = begin * e.EncodingSize();
      const int64_t count = (end - begin) * e.EncodingSize();
      for (int64_t batch = 0; batch < batches; ++batch) {
        float* maps = hidden + (batch * a.batch + begin) * e.second.padded_size;
        for (int64_t n = begin; n < end; ++n) {
          float* map = maps + (n - begin) * e.second.padded_size;
          CopyInside(e.first, images[batch] + n * image_size, padded);
          e.second.ZeroPadding(map);
          Encode(f, e.first, padded, tables.first_offsets, e.first.pixels, packed1, biases1, tables.places, map);
        }
        Encode(f, e.second, maps, tables.second_offsets, (end - begin) * e.second.pixels, packed2, biases2, nullptr,
               encodings[batch] + from);
      }
      for (int64_t batch = 0; batch < batches; batch += 2) {
        const float* of_batch = encodings[batch] + from;
        const float* of_source = encodings[1] + from;
        float* difference = residuals[batch] + from;
#pragma GCC ivdep
        for (int64_t i = 0; i < count; ++i) difference[i] = of_batch[i] - of_source[i];
      }
    });
    return Status::Ok();
  });
}

// arguments: encoder, d of the first batch's encoding and residual, encodings of the first and the second batch, [d of
// the third batch's encoding and residual, its encoding], padded maps of the first layer, second filter, images of each
// batch, gradients of filter and bias of the first and the second layer
Status residual_encoding_weights_gradient(CommandReader& arguments, ExecutionContext& context) {
  const Encoder e(arguments);
  const ConvShape &a = e.first.shape, &b = e.second.shape;
  const int64_t batches = std::min(e.batches, kMaxBatches);
  const float* d[kMaxBatches] = {};
  const float* residual[kMaxBatches] = {};
  const float* encoding[kMaxBatches] = {};
  d[0] = arguments.ReadInput<float>(b.OutCount());
  residual[0] = arguments.ReadInput<float>(b.OutCount());
  encoding[0] = arguments.ReadInput<float>(b.OutCount());
  encoding[1] = arguments.ReadInput<float>(b.OutCount());
  if (batches == 3) {
    d[2] = arguments.ReadInput<float>(b.OutCount());
    residual[2] = arguments.ReadInput<float>(b.OutCount());
    encoding[2] = arguments.ReadInput<float>(b.OutCount());
  }
  const float* hidden = arguments.ReadInput<float>(e.HiddenCount());
  const float* filter2 = arguments.ReadInput<float>(b.FilterCount());
  const float* images[kMaxBatches] = {};
  for (int64_t i = 0; i < batches; ++i) images[i] = arguments.ReadInput<float>(a.InCount());
  float* dfilter1 = arguments.ReadOutput<float>(a.FilterCount());
  float* dbias1 = arguments.ReadOutput<float>(a.out_channels);
  float* dfilter2 = arguments.ReadOutput<float>(b.FilterCount());
  float* dbias2 = arguments.ReadOutput<float>(b.out_channels);
  if (batches < 2) arguments.Fail(StatusCode::kInvalidShape, "residuals are of 2 or 3 batches");
  GGB_RETURN_IF_ERROR(arguments.Finish());

  const int pieces = e.Pieces(context);
  const int64_t total1_size = Part(e.first.depth * e.first.width);
  const int64_t total2_size = Part(e.second.depth * e.second.width);
  const int64_t depth_width = RoundUp(e.second.depth, kLanes);
  const int64_t dz_size = Part(e.ImagesOf(pieces) * e.EncodingSize());
  const int64_t scratch_size = Part(e.first.padded_size) + Part(e.second.padded_size) + dz_size +
                               Part(b.out_channels * depth_width) + Part(kChunk * a.out_channels) +
                               Part(kChunk * std::max(e.first.width, e.second.width));
  float *scratch = nullptr, *totals1 = nullptr, *totals2 = nullptr;
  double *sums1 = nullptr, *sums2 = nullptr;
  int64_t *taps1 = nullptr, *taps2 = nullptr;
  Tables tables;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * scratch_size, &scratch));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * total1_size, &totals1));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * total2_size, &totals2));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * a.out_channels, &sums1));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * b.out_channels, &sums2));
  GGB_RETURN_IF_ERROR(context.Scratch(e.first.depth, &taps1));
  GGB_RETURN_IF_ERROR(context.Scratch(e.second.depth, &taps2));
  GGB_RETURN_IF_ERROR(tables.Fill(context, e, pieces));
  e.first.FillTaps(taps1);
  e.second.FillTaps(taps2);
  return WithActivation(e.function, e.slope, [&](const auto& activation) {
    const auto f = activation;
    ParallelPieces(pieces, a.batch, [&, f](int piece, int64_t begin, int64_t end) {
      float* padded = scratch + piece * scratch_size;
      float* dmap = padded + Part(e.first.padded_size);
      float* dz = dmap + Part(e.second.padded_size);
      float* transposed = dz + dz_size;
      float* dense = transposed + Part(b.out_channels * depth_width);
      float* packed = dense + Part(kChunk * a.out_channels);
      float* total1 = totals1 + piece * total1_size;
      float* total2 = totals2 + piece * total2_size;
      double* sum1 = sums1 + piece * a.out_channels;
      double* sum2 = sums2 + piece * b.out_channels;
      std::fill_n(total1, total1_size, 0.0f);
      std::fill_n(total2, total2_size, 0.0f);
      std::fill_n(sum1, a.out_channels, 0.0);
      std::fill_n(sum2, b.out_channels, 0.0);
      PackTransposed(filter2, b.out_channels, e.second.depth, transposed);
      e.first.ZeroPadding(padded);
      const int64_t from = begin * e.EncodingSize();
      const int64_t pixels = (end - begin) * e.second.pixels;
      for (int64_t batch = 0; batch < batches; ++batch) {
        const float* maps = hidden + (batch * a.batch + begin) * e.second.padded_size;
        const int64_t count = pixels * b.out_channels;
        if (batch == 1) {
          const float* other = batches == 3 ? residual[2] + from : nullptr;
          SourceGradient(f, residual[0] + from, other, encoding[1] + from, count, dz);
        } else {
          EncodingGradient(f, d[batch] + from, residual[batch] + from, encoding[batch] + from, count, dz);
        }
        AddRows(dz, pixels, b.out_channels, sum2);
        for (int64_t p = 0; p < pixels; p += kChunk) {
          AddFilterGradient(e.second, maps, tables.second_offsets + p, std::min(kChunk, pixels - p), taps2,
                            dz + p * b.out_channels, packed, total2);
        }
        for (int64_t n = begin; n < end; ++n) {
          std::fill_n(dmap, e.second.padded_size, 0.0f);
          AddImageGradient(e.second, dz + (n - begin) * e.EncodingSize(), tables.second_offsets, e.second.pixels,
                           transposed, dmap);
          CopyInside(e.first, images[batch] + n * e.ImageSize(), padded);
          const float* map = maps + (n - begin) * e.second.padded_size;
          for (int64_t p = 0; p < e.first.pixels; p += kChunk) {
            const int64_t chunk = std::min(kChunk, e.first.pixels - p);
            BeforeActivation(f, dmap, map, tables.places + p, chunk, a.out_channels, dense);
            AddRows(dense, chunk, a.out_channels, sum1);
            AddFilterGradient(e.first, padded, tables.first_offsets + p, chunk, taps1, dense, packed, total1);
          }
        }
      }
    });
    JoinFilter(context, e.first, totals1, pieces, dfilter1);
    JoinFilter(context, e.second, totals2, pieces, dfilter2);
    JoinBias(sums1, pieces, a.out_channels, dbias1);
    JoinBias(sums2, pieces, b.out_channels, dbias2);
    return Status::Ok();
  });
}

// Of the first batch alone: `batches` is 1. arguments: encoder, d of its encoding and residual, encoding, padded maps
// of the first layer, first and second filter, gradient of the images
Status residual_encoding_image_gradient(CommandReader& arguments, ExecutionContext& context) {
  const Encoder e(arguments);
  const ConvShape &a = e.first.shape, &b = e.second.shape;
  const float* d = arguments.ReadInput<float>(b.OutCount());
  const float* residual = arguments.ReadInput<float>(b.OutCount());
  const float* encoding = arguments.ReadInput<float>(b.OutCount());
  const float* hidden = arguments.ReadInput<float>(e.HiddenCount());
  const float* filter1 = arguments.ReadInput<float>(a.FilterCount());
  const float* filter2 = arguments.ReadInput<float>(b.FilterCount());
  float* dx = arguments.ReadOutput<float>(a.InCount());
  if (e.batches != 1) arguments.Fail(StatusCode::kInvalidShape, "the gradient is of the first batch's images");
  GGB_RETURN_IF_ERROR(arguments.Finish());

  const int pieces = e.Pieces(context);
  const int64_t packed1_size = Part(a.out_channels * RoundUp(e.first.depth, kLanes));
  const int64_t packed2_size = Part(b.out_channels * RoundUp(e.second.depth, kLanes));
  const int64_t scratch_size = Part(e.first.padded_size) + Part(e.second.padded_size) + Part(e.EncodingSize()) +
                               packed1_size + packed2_size + Part(kChunk * a.out_channels);
  float* scratch = nullptr;
  Tables tables;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * scratch_size, &scratch));
  GGB_RETURN_IF_ERROR(tables.Fill(context, e, pieces));
  return WithActivation(e.function, e.slope, [&](const auto& activation) {
    const auto f = activation;
    ParallelPieces(pieces, a.batch, [&, f](int piece, int64_t begin, int64_t end) {
      float* dimage = scratch + piece * scratch_size;
      float* dmap = dimage + Part(e.first.padded_size);
      float* dz = dmap + Part(e.second.padded_size);
      float* packed1 = dz + Part(e.EncodingSize());
      float* packed2 = packed1 + packed1_size;
      float* dense = packed2 + packed2_size;
      PackTransposed(filter1, a.out_channels, e.first.depth, packed1);
      PackTransposed(filter2, b.out_channels, e.second.depth, packed2);
      for (int64_t n = begin; n < end; ++n) {
        const int64_t from = n * e.EncodingSize();
        EncodingGradient(f, d + from, residual + from, encoding + from, e.EncodingSize(), dz);
        std::fill_n(dmap, e.second.padded_size, 0.0f);
        AddImageGradient(e.second, dz, tables.second_offsets, e.second.pixels, packed2, dmap);
        std::fill_n(dimage, e.first.padded_size, 0.0f);
        const float* map = hidden + n * e.second.padded_size;
        for (int64_t p = 0; p < e.first.pixels; p += kChunk) {
          const int64_t chunk = std::min(kChunk, e.first.pixels - p);
          BeforeActivation(f, dmap, map, tables.places + p, chunk, a.out_channels, dense);
          AddImageGradient(e.first, dense, tables.first_offsets + p, chunk, packed1, dimage);
        }
        const int64_t row = a.in_width * a.in_channels;
        const float* inside = dimage + a.pad_top * e.first.padded_row + a.pad_left * a.in_channels;
        float* to = dx + n * e.ImageSize();
        for (int64_t ih = 0; ih < a.in_height; ++ih) std::copy_n(inside + ih * e.first.padded_row, row, to + ih * row);
      }
    });
    return Status::Ok();
  });
}

}  // namespace ggb::GGB_ISA_NAMESPACE
