// Structural similarity of float32 images and its gradient, as TensorFlow.js kernels. The forward pass leaves the similarity
// of each image, and on request four planes of which the gradient by either image is one more filter: windowed-ssim.md.
#include <algorithm>
#include <cstdint>

#include "ops/fused/windowed-ssim/gaussian-weights.h"
#include "ops/fused/windowed-ssim/tiled-map.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using namespace ssim::GGB_ISA_NAMESPACE;

struct Arguments {
  int64_t batch;
  int64_t height;
  int64_t width;
  int64_t channels;
  int32_t size;
  bool gaussian;
  double sigma;

  int64_t map_height() const { return height - size + 1; }
  int64_t map_width() const { return width - size + 1; }
  int64_t length() const { return width * channels; }
  int64_t image() const { return height * length(); }
  int64_t planes() const { return kPlanes * map_height() * length(); }
  // Tiles read whole vectors of a row, and take their pivot from where a narrower Gaussian has no weight.
  bool IsTiled() const {
    return gaussian && length() >= kWidth && width < (1 << 24) && height < (1 << 24) && channels < 4096 &&
           ((size == 11 && sigma > 1.4999) || (size == 9 && sigma > 1.1999));
  }
};

Arguments ReadArguments(CommandReader& arguments) {
  Arguments a;
  a.batch = arguments.ReadSize();
  a.height = arguments.ReadSize();
  a.width = arguments.ReadSize();
  a.channels = arguments.ReadSize();
  a.size = arguments.ReadInt();
  a.gaussian = arguments.ReadInt() != 0;
  a.sigma = static_cast<double>(arguments.ReadFloat());
  if (a.size < 1 || a.size > 4096 || a.size % 2 == 0 || a.size > a.height || a.size > a.width || a.channels < 1 ||
      (a.gaussian && !(a.sigma > 0))) {
    arguments.Fail(StatusCode::kInvalidShape, "windowed_ssim: the window does not fit the images");
    a = Arguments{0, 1, 1, 1, 1, false, 1};
  }
  return a;
}

void FillWeights(const Arguments& a, double* weights) {
  if (a.gaussian) {
    ssim::GaussianWeights(a.size, a.sigma, weights);
  } else {
    std::fill_n(weights, a.size, 1.0 / a.size);
  }
}

// Numbers near the sums and the differences of an image's pixels, the same in both passes. The gradient is exact algebra
// for any; rounding takes less where they are near.
void ChoosePivots(const Arguments& a, const float* x, const float* y, Partials* partials) {
  constexpr int64_t kSamples = 64;
  const int64_t step = std::max<int64_t>(1, a.image() / kSamples);
  double s = 0;
  double d = 0;
  int64_t count = 0;
  for (int64_t i = step / 2; i < a.image(); i += step, ++count) {
    s += static_cast<double>(x[i]) + static_cast<double>(y[i]);
    d += static_cast<double>(x[i]) - static_cast<double>(y[i]);
  }
  partials->pivot_s = static_cast<float>(s / static_cast<double>(std::max<int64_t>(1, count)));
  partials->pivot_d = static_cast<float>(d / static_cast<double>(std::max<int64_t>(1, count)));
}

// One row of the map in float64, for any window: adds up its similarities, and fills its row of each plane of partials.
double ScoreRow(const Arguments& a, const float* x, const float* y, int64_t row, double c1, double c2,
                const double* weights, const Partials* partials, double* scratch) {
  const int64_t length = a.length();
  const int64_t columns = a.map_width() * a.channels;
  double* plane[4];
  double* derivative[4];
  for (int p = 0; p < 4; ++p) {
    plane[p] = scratch + p * length;
    derivative[p] = scratch + (4 + p) * length;
    std::fill_n(plane[p], length, 0.0);
  }
  for (int k = 0; k < a.size; ++k) {
    const float* from_x = x + (row + k) * length;
    const float* from_y = y + (row + k) * length;
    for (int64_t j = 0; j < length; ++j) {
      const double s = static_cast<double>(from_x[j]) + static_cast<double>(from_y[j]);
      const double d = static_cast<double>(from_x[j]) - static_cast<double>(from_y[j]);
      plane[0][j] += weights[k] * s;
      plane[1][j] += weights[k] * d;
      plane[2][j] += weights[k] * s * s;
      plane[3][j] += weights[k] * d * d;
    }
  }
  double total = 0;
  for (int64_t j = 0; j < columns; ++j) {
    double moment[4] = {0, 0, 0, 0};
    for (int k = 0; k < a.size; ++k) {
      for (int p = 0; p < 4; ++p) moment[p] += weights[k] * plane[p][j + k * a.channels];
    }
    const double s = moment[0];
    const double d = moment[1];
    const double vs = std::max(0.0, moment[2] - s * s);
    const double vd = std::max(0.0, moment[3] - d * d);
    const double inverse_l = 1 / (s * s + d * d + c1);
    const double inverse_c = 1 / (vs + vd + c2);
    const double luminance = (s * s - d * d + c1) * inverse_l;
    const double structure = (vs - vd + c2) * inverse_c;
    total += luminance * structure;
    if (partials == nullptr) continue;
    const double outer = 4 * structure * inverse_l * inverse_l;
    const double by_vs = 2 * luminance * inverse_c * inverse_c * vd;
    const double by_vd = -2 * luminance * inverse_c * inverse_c * (vs + c2);
    const double by_s = outer * s * d * d - 2 * (s - static_cast<double>(partials->pivot_s)) * by_vs;
    const double by_d = -outer * d * (s * s + c1) - 2 * (d - static_cast<double>(partials->pivot_d)) * by_vd;
    derivative[0][j] = by_s + by_d;
    derivative[1][j] = by_s - by_d;
    derivative[2][j] = by_vs;
    derivative[3][j] = by_vd;
  }
  if (partials == nullptr) return total;
  for (int p = 0; p < 4; ++p) {
    float* to = partials->planes + (p * a.map_height() + row) * length;
    for (int64_t j = 0; j < length; ++j) {
      double sum = 0;
      for (int k = 0; k < a.size; ++k) {
        const int64_t at = j - k * a.channels;
        if (at >= 0 && at < columns) sum += weights[k] * derivative[p][at];
      }
      to[j] = static_cast<float>(sum);
    }
  }
  return total;
}

template <int kTaps, bool kDerivatives>
Status ScoreTiled(const Arguments& a, const float* x, const float* y, double c1, double c2, const double* weights,
                  const Partials* partials, double* block_sums, ExecutionContext& context) {
  using Map = TiledMap<kTaps, float, kDerivatives>;
  const int64_t blocks = (a.map_height() + kRows - 1) / kRows;
  const int pieces = PieceCount(context, a.batch * blocks, 1);
  const int64_t bytes = (Map::ScratchBytes(a.width, a.channels) + 63) / 64 * 64;
  char* scratch = nullptr;
  double* channel_sums = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * bytes, &scratch));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * a.channels, &channel_sums));
  ParallelPieces(pieces, a.batch * blocks, [&](int piece, int64_t begin, int64_t end) {
    const TiledShape shape = {static_cast<int>(a.width),
                              static_cast<int>(a.height),
                              static_cast<int>(a.channels),
                              c1 / 2,
                              c2 / 2,
                              weights};
    Map map(shape, scratch + piece * bytes);
    double* sums = channel_sums + piece * a.channels;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / blocks;
      std::fill_n(sums, a.channels, 0.0);
      map.ScoreBlock(x + image * a.image(), y + image * a.image(), static_cast<int>(i % blocks) * kRows, sums, nullptr,
                     partials == nullptr ? nullptr : partials + image);
      block_sums[i] = 0;
      for (int64_t c = 0; c < a.channels; ++c) block_sums[i] += sums[c];
    }
  });
  return Status::Ok();
}

// Rows [row, row + count) of the gradient, for whole vectors of columns.
template <int kTaps>
void SpreadRows(const Arguments& a, const float* x, const float* y, const Partials& partials, bool second, float scale,
                const Vec* weights, const float* zeros, int64_t row, int64_t count, float* to) {
  constexpr int kTile = kTileOf<kTaps>;
  const int64_t length = a.length();
  const int64_t plane = a.map_height() * length;
  const float sign = second ? -1.0f : 1.0f;
  // Row i of the tile's inputs is row `row - kTaps + 1 + i` of the planes, zero outside of them.
  int64_t offsets[kTile + kTaps - 1];
  for (int i = 0; i < kTile + kTaps - 1; ++i) {
    const int64_t from = row - kTaps + 1 + i;
    offsets[i] = from >= 0 && from < a.map_height() ? from * length : -1;
  }
  for (int64_t start = 0; start < length; start += kWidth) {
    const int64_t j = std::min(start, length - kWidth);  // the last one overlaps, and computes the same again
    Vec means[kTile];
    Vec by_vs[kTile];
    Vec by_vd[kTile];
    const auto filter = [&](int p, Vec* results) __attribute__((always_inline)) {
      const float* from = partials.planes + p * plane + j;
      SumTileOf<kTaps>([&](auto i) __attribute__((always_inline)) {
        return LoadUnaligned(offsets[i] < 0 ? zeros : from + offsets[i]);
      }, weights, results);
    };
    filter(second ? 1 : 0, means);
    filter(2, by_vs);
    filter(3, by_vd);
    for (int64_t o = 0; o < count; ++o) {
      const int64_t at = (row + o) * length + j;
      const Vec p = LoadUnaligned(x + at);
      const Vec q = LoadUnaligned(y + at);
      const Vec s = (p + q) - partials.pivot_s;
      const Vec d = (p - q) - partials.pivot_d;
      const Vec result = scale * (means[o] + 2.0f * (s * by_vs[o] + sign * d * by_vd[o]));
      __builtin_memcpy(to + at, &result, sizeof(result));
    }
  }
}

void SpreadRow(const Arguments& a, const float* x, const float* y, const Partials& partials, bool second, double scale,
               const double* weights, int64_t row, float* to) {
  const int64_t length = a.length();
  const int64_t plane = a.map_height() * length;
  for (int64_t j = 0; j < length; ++j) {
    double sums[4] = {0, 0, 0, 0};
    for (int k = 0; k < a.size; ++k) {
      const int64_t from = row - k;
      if (from < 0 || from >= a.map_height()) continue;
      for (int p = 0; p < 4; ++p) {
        sums[p] += weights[k] * static_cast<double>(partials.planes[p * plane + from * length + j]);
      }
    }
    const double p = static_cast<double>(x[row * length + j]);
    const double q = static_cast<double>(y[row * length + j]);
    const double s = p + q - static_cast<double>(partials.pivot_s);
    const double d = p - q - static_cast<double>(partials.pivot_d);
    to[row * length + j] =
        static_cast<float>(scale * (sums[second ? 1 : 0] + 2 * (s * sums[2] + (second ? -d : d) * sums[3])));
  }
}

}  // namespace

// arguments: batch, height, width, channels, size, gaussian, sigma, C1, C2, x, y, similarity [batch], whether planes follow,
// planes [batch, 4, map height, width, channels]
Status windowed_ssim(CommandReader& arguments, ExecutionContext& context) {
  const Arguments a = ReadArguments(arguments);
  // The kernel works on sums and differences, whose squares are four times as large; see windowed-ssim.md.
  const double c1 = 2 * static_cast<double>(arguments.ReadFloat());
  const double c2 = 2 * static_cast<double>(arguments.ReadFloat());
  const int64_t count = ElementCount(Shape{4, {a.batch, a.height, a.width, a.channels}});
  const float* x = arguments.ReadInput<float>(count);
  const float* y = arguments.ReadInput<float>(count);
  float* similarity = arguments.ReadOutput<float>(a.batch);
  const bool keeps = arguments.ReadInt() != 0;
  float* planes = nullptr;
  if (keeps) {
    planes = arguments.ReadOutput<float>(ElementCount(Shape{5, {a.batch, 4, a.map_height(), a.width, a.channels}}));
  }
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (a.batch == 0) return Status::Ok();

  double* weights = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(a.size, &weights));
  FillWeights(a, weights);
  Partials* partials = nullptr;
  if (keeps) {
    GGB_RETURN_IF_ERROR(context.Scratch(a.batch, &partials));
    for (int64_t i = 0; i < a.batch; ++i) {
      partials[i].planes = planes + i * a.planes();
      ChoosePivots(a, x + i * a.image(), y + i * a.image(), partials + i);
    }
  }
  // Sums of parts of an image that do not depend on the number of threads.
  const int64_t parts = a.IsTiled() ? (a.map_height() + kRows - 1) / kRows : a.map_height();
  double* sums = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(a.batch * parts, &sums));
  if (a.IsTiled()) {
    if (a.size == 11) {
      GGB_RETURN_IF_ERROR(keeps ? (ScoreTiled<11, true>(a, x, y, c1, c2, weights, partials, sums, context))
                                : (ScoreTiled<11, false>(a, x, y, c1, c2, weights, partials, sums, context)));
    } else {
      GGB_RETURN_IF_ERROR(keeps ? (ScoreTiled<9, true>(a, x, y, c1, c2, weights, partials, sums, context))
                                : (ScoreTiled<9, false>(a, x, y, c1, c2, weights, partials, sums, context)));
    }
  } else {
    const int pieces = PieceCount(context, a.batch * parts, 1);
    double* rows = nullptr;
    GGB_RETURN_IF_ERROR(context.Scratch(pieces * 8 * a.length(), &rows));
    ParallelPieces(pieces, a.batch * parts, [&](int piece, int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t image = i / parts;
        sums[i] = ScoreRow(a, x + image * a.image(), y + image * a.image(), i % parts, c1, c2, weights,
                           keeps ? partials + image : nullptr, rows + piece * 8 * a.length());
      }
    });
  }
  const double windows = static_cast<double>(a.map_height()) * static_cast<double>(a.map_width() * a.channels);
  for (int64_t i = 0; i < a.batch; ++i) {
    double total = 0;
    for (int64_t part = 0; part < parts; ++part) total += sums[i * parts + part];
    similarity[i] = static_cast<float>(total / windows);
  }
  return Status::Ok();
}

// arguments: batch, height, width, channels, size, gaussian, sigma, whether by y, dy [batch], x, y, planes, dx
Status windowed_ssim_gradient(CommandReader& arguments, ExecutionContext& context) {
  const Arguments a = ReadArguments(arguments);
  const bool second = arguments.ReadInt() != 0;
  const int64_t count = ElementCount(Shape{4, {a.batch, a.height, a.width, a.channels}});
  const float* dy = arguments.ReadInput<float>(a.batch);
  const float* x = arguments.ReadInput<float>(count);
  const float* y = arguments.ReadInput<float>(count);
  const float* planes =
      arguments.ReadInput<float>(ElementCount(Shape{5, {a.batch, 4, a.map_height(), a.width, a.channels}}));
  float* dx = arguments.ReadOutput<float>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (a.batch == 0) return Status::Ok();

  double* weights = nullptr;
  Partials* partials = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(a.size, &weights));
  GGB_RETURN_IF_ERROR(context.Scratch(a.batch, &partials));
  FillWeights(a, weights);
  for (int64_t i = 0; i < a.batch; ++i) {
    partials[i].planes = const_cast<float*>(planes) + i * a.planes();
    ChoosePivots(a, x + i * a.image(), y + i * a.image(), partials + i);
  }
  const double windows = static_cast<double>(a.map_height()) * static_cast<double>(a.map_width() * a.channels);
  const int64_t step = !a.IsTiled() ? 1 : a.size == 11 ? kTileOf<11> : kTileOf<9>;
  const int64_t tiles = (a.height + step - 1) / step;
  ParallelFor(context, a.batch * tiles, 1, [&](int64_t begin, int64_t end) {
    Vec splat[6];
    const float zeros[kWidth] = {};
    if (a.IsTiled() && a.size == 11) SplatWeights<11>(weights, splat);
    if (a.IsTiled() && a.size == 9) SplatWeights<9>(weights, splat);
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / tiles;
      const int64_t row = i % tiles * step;
      const int64_t at = image * a.image();
      const double scale = static_cast<double>(dy[image]) / windows;
      if (!a.IsTiled()) {
        SpreadRow(a, x + at, y + at, partials[image], second, scale, weights, row, dx + at);
        continue;
      }
      const int64_t rows = std::min(step, a.height - row);
      if (a.size == 11) {
        SpreadRows<11>(a, x + at, y + at, partials[image], second, static_cast<float>(scale), splat, zeros, row, rows,
                       dx + at);
      } else {
        SpreadRows<9>(a, x + at, y + at, partials[image], second, static_cast<float>(scale), splat, zeros, row, rows,
                      dx + at);
      }
    }
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
