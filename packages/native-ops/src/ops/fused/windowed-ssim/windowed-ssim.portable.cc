// Structural similarity of float32 images and its gradient, as TensorFlow.js kernels. The forward pass leaves the
// similarity of each image, and on request its gradient by the first one, in one pass: windowed-ssim.md.
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
  // Tiles take their pivot from where a narrower Gaussian has no weight.
  bool IsTiled() const {
    return gaussian && width < (1 << 24) && height < (1 << 24) && channels < 4096 &&
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

// Numbers near the sums and the differences of an image's pixels. The gradient is exact algebra for any; rounding takes
// less where they are near.
void ChoosePivots(const Arguments& a, const float* x, const float* y, Gradient* gradient) {
  constexpr int64_t kSamples = 64;
  const int64_t step = std::max<int64_t>(1, a.image() / kSamples);
  double s = 0;
  double d = 0;
  int64_t count = 0;
  for (int64_t i = step / 2; i < a.image(); i += step, ++count) {
    s += static_cast<double>(x[i]) + static_cast<double>(y[i]);
    d += static_cast<double>(x[i]) - static_cast<double>(y[i]);
  }
  gradient->pivot_s = static_cast<float>(s / static_cast<double>(std::max<int64_t>(1, count)));
  gradient->pivot_d = static_cast<float>(d / static_cast<double>(std::max<int64_t>(1, count)));
}

// One row of the map in float64, for any window: adds up its similarities, and fills its row of each of the `partials`,
// [kPartials, map height, width, channels], unless null: what the gradient is made of, filtered along the row.
double ScoreRow(const Arguments& a, const float* x, const float* y, int64_t row, double c1, double c2,
                const double* weights, const Gradient& gradient, float* partials, double* scratch) {
  const int64_t length = a.length();
  const int64_t columns = a.map_width() * a.channels;
  double* plane[4];
  double* derivative[kPartials];
  for (int p = 0; p < 4; ++p) {
    plane[p] = scratch + p * length;
    std::fill_n(plane[p], length, 0.0);
  }
  for (int p = 0; p < kPartials; ++p) derivative[p] = scratch + (4 + p) * length;
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
    // As in tiled-map.h: halves of the derivatives by the variances, quarters of the rest, the sign of the third
    // turned.
    const double by_variances = luminance * inverse_c * inverse_c;
    const double by_vs = by_variances * vd;
    const double by_vd = by_variances * (vs + c2);
    derivative[0][j] = structure * inverse_l * inverse_l * d * (s * d - (s * s + c1)) -
                       (s - static_cast<double>(gradient.pivot_s)) * by_vs +
                       (d - static_cast<double>(gradient.pivot_d)) * by_vd;
    derivative[1][j] = by_vs;
    derivative[2][j] = by_vd;
  }
  if (partials == nullptr) return total;
  for (int p = 0; p < kPartials; ++p) {
    float* to = partials + (p * a.map_height() + row) * length;
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

// Row `row` of the gradient, from what ScoreRow has made of all rows.
void SpreadRow(const Arguments& a, const float* x, const float* y, const Gradient& gradient, const float* partials,
               const double* weights, int64_t row) {
  const int64_t length = a.length();
  const int64_t plane = a.map_height() * length;
  for (int64_t j = 0; j < length; ++j) {
    double sums[kPartials] = {};
    for (int k = 0; k < a.size; ++k) {
      const int64_t from = row - k;
      if (from < 0 || from >= a.map_height()) continue;
      for (int p = 0; p < kPartials; ++p) {
        sums[p] += weights[k] * static_cast<double>(partials[p * plane + from * length + j]);
      }
    }
    const double p = static_cast<double>(x[row * length + j]);
    const double q = static_cast<double>(y[row * length + j]);
    const double s = p + q - static_cast<double>(gradient.pivot_s);
    const double d = p - q - static_cast<double>(gradient.pivot_d);
    gradient.to[row * length + j] =
        static_cast<float>(static_cast<double>(gradient.scale) * (sums[0] + s * sums[1] - d * sums[2]));
  }
}

// Sums of parts of an image that do not depend on the number of threads, [batch, PartCount].
int64_t PartCount(const Arguments& a) { return a.IsTiled() ? (a.map_height() + kRows - 1) / kRows : a.map_height(); }

template <int kTaps, bool kDerivatives>
Status ScoreTiled(const Arguments& a, const float* x, const float* y, double c1, double c2, const double* weights,
                  const Gradient* gradients, double* part_sums, ExecutionContext& context) {
  using Map = TiledMap<kTaps, float, kDerivatives>;
  const int64_t parts = PartCount(a);
  // Gradients have more rows than maps.
  const int64_t blocks = kDerivatives ? (a.height + kRows - 1) / kRows : parts;
  const int pieces = PieceCount(context, a.batch * blocks, 1);
  const int64_t bytes = (Map::ScratchBytes(a.width, a.channels) + 63) / 64 * 64;
  char* scratch = nullptr;
  double* channel_sums = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * bytes, &scratch));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * a.channels, &channel_sums));
  ParallelPieces(pieces, a.batch * blocks, [&](int piece, int64_t begin, int64_t end) {
    const TiledShape shape = {
        static_cast<int>(a.width), static_cast<int>(a.height), static_cast<int>(a.channels), c1 / 2, c2 / 2, weights};
    Map map(shape, scratch + piece * bytes);
    double* sums = channel_sums + piece * a.channels;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t image = i / blocks;
      const int row = static_cast<int>(i % blocks) * kRows;
      if (i == begin || row == 0) {
        // The gradient's first rows here are also made of the block above, which another piece scores.
        const int first = kDerivatives && row > 0 ? row - kRows : row;
        map.Begin(x + image * a.image(), y + image * a.image(), first);
        if constexpr (kDerivatives) {
          Gradient none = gradients[image];
          none.to = nullptr;
          if (first < row) map.DifferentiateBlock(first, sums, none);
        }
      }
      std::fill_n(sums, a.channels, 0.0);
      if constexpr (kDerivatives) {
        map.DifferentiateBlock(row, sums, gradients[image]);
      } else {
        map.ScoreBlock(row, sums, nullptr);
      }
      if (row >= a.map_height()) continue;
      double& sum = part_sums[image * parts + row / kRows];
      sum = 0;
      for (int64_t c = 0; c < a.channels; ++c) sum += sums[c];
    }
  });
  return Status::Ok();
}

Status ScoreRows(const Arguments& a, const float* x, const float* y, double c1, double c2, const double* weights,
                 const Gradient* gradients, double* part_sums, ExecutionContext& context) {
  constexpr int64_t kScratchRows = 4 + kPartials;
  const int64_t rows = a.map_height();
  const int pieces = PieceCount(context, rows, 1);
  double* scratch = nullptr;
  float* partials = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * kScratchRows * a.length(), &scratch));
  if (gradients != nullptr) GGB_RETURN_IF_ERROR(context.Scratch(kPartials * rows * a.length(), &partials));
  for (int64_t image = 0; image < a.batch; ++image) {
    const float* p = x + image * a.image();
    const float* q = y + image * a.image();
    const Gradient gradient = gradients == nullptr ? Gradient{} : gradients[image];
    ParallelPieces(pieces, rows, [&](int piece, int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        part_sums[image * rows + row] =
            ScoreRow(a, p, q, row, c1, c2, weights, gradient, partials, scratch + piece * kScratchRows * a.length());
      }
    });
    if (gradients == nullptr) continue;
    ParallelFor(context, a.height, 1, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) SpreadRow(a, p, q, gradient, partials, weights, row);
    });
  }
  return Status::Ok();
}

// Mean similarities [batch], unless null; and where `gradient` is not null, [batch, height, width, channels], those of
// each times `factors` [batch], or 1, by x.
Status Compute(const Arguments& a, const float* x, const float* y, double c1, double c2, float* similarity,
               const float* factors, float* gradient, ExecutionContext& context) {
  // The kernel works on sums and differences, whose squares are four times as large; see windowed-ssim.md.
  c1 *= 2;
  c2 *= 2;
  const double windows = static_cast<double>(a.map_height()) * static_cast<double>(a.map_width() * a.channels);
  double* weights = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(a.size, &weights));
  FillWeights(a, weights);
  Gradient* gradients = nullptr;
  if (gradient != nullptr) {
    GGB_RETURN_IF_ERROR(context.Scratch(a.batch, &gradients));
    for (int64_t i = 0; i < a.batch; ++i) {
      gradients[i].to = gradient + i * a.image();
      gradients[i].scale =
          static_cast<float>((factors == nullptr ? 4.0 : 4.0 * static_cast<double>(factors[i])) / windows);
      ChoosePivots(a, x + i * a.image(), y + i * a.image(), gradients + i);
    }
  }
  const int64_t parts = PartCount(a);
  double* sums = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(a.batch * parts, &sums));
  auto* score = !a.IsTiled()   ? &ScoreRows
                : a.size == 11 ? (gradient != nullptr ? &ScoreTiled<11, true> : &ScoreTiled<11, false>)
                               : (gradient != nullptr ? &ScoreTiled<9, true> : &ScoreTiled<9, false>);
  GGB_RETURN_IF_ERROR(score(a, x, y, c1, c2, weights, gradients, sums, context));
  for (int64_t i = 0; similarity != nullptr && i < a.batch; ++i) {
    double total = 0;
    for (int64_t part = 0; part < parts; ++part) total += sums[i * parts + part];
    similarity[i] = static_cast<float>(total / windows);
  }
  return Status::Ok();
}

}  // namespace

// arguments: batch, height, width, channels, size, gaussian, sigma, C1, C2, x, y, similarity [batch], whether a
// gradient follows, that of each similarity by x, like x
Status windowed_ssim(CommandReader& arguments, ExecutionContext& context) {
  const Arguments a = ReadArguments(arguments);
  const double c1 = static_cast<double>(arguments.ReadFloat());
  const double c2 = static_cast<double>(arguments.ReadFloat());
  const int64_t count = ElementCount(Shape{4, {a.batch, a.height, a.width, a.channels}});
  const float* x = arguments.ReadInput<float>(count);
  const float* y = arguments.ReadInput<float>(count);
  float* similarity = arguments.ReadOutput<float>(a.batch);
  float* gradient = arguments.ReadInt() != 0 ? arguments.ReadOutput<float>(count) : nullptr;
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (a.batch == 0) return Status::Ok();
  return Compute(a, x, y, c1, c2, similarity, nullptr, gradient, context);
}

// arguments: batch, height, width, channels, size, gaussian, sigma, C1, C2, dy [batch], x, y, dx
Status windowed_ssim_gradient(CommandReader& arguments, ExecutionContext& context) {
  const Arguments a = ReadArguments(arguments);
  const double c1 = static_cast<double>(arguments.ReadFloat());
  const double c2 = static_cast<double>(arguments.ReadFloat());
  const int64_t count = ElementCount(Shape{4, {a.batch, a.height, a.width, a.channels}});
  const float* dy = arguments.ReadInput<float>(a.batch);
  const float* x = arguments.ReadInput<float>(count);
  const float* y = arguments.ReadInput<float>(count);
  float* dx = arguments.ReadOutput<float>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (a.batch == 0) return Status::Ok();
  return Compute(a, x, y, c1, c2, nullptr, dy, dx, context);
}

// arguments: batch, count, dy [batch], gradient [batch, count], dx: gradient times dy
Status windowed_ssim_gradient_scaled(CommandReader& arguments, ExecutionContext& context) {
  const int64_t batch = arguments.ReadSize();
  const int64_t count = arguments.ReadSize();
  const int64_t size = ElementCount(Shape{2, {batch, count}});
  const float* dy = arguments.ReadInput<float>(batch);
  const float* gradient = arguments.ReadInput<float>(size);
  float* dx = arguments.ReadOutput<float>(size);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  for (int64_t i = 0; i < batch; ++i) {
    const float factor = dy[i];
    const float* from = gradient + i * count;
    float* to = dx + i * count;
    ParallelFor(context, count, kElementwiseGrain, [&](int64_t begin, int64_t end) {
      for (int64_t j = begin; j < end; ++j) to[j] = factor * from[j];
    });
  }
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
