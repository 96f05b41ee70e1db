// Batch normalisation with the statistics of the batch at hand, followed by an activation, and its gradient. Two passes
// over the data each: sums, then the result. See batch-norm-activation.md.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "ops/fused/bias-activation/activation.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// Rows whose mean is taken for a first guess at the mean.
constexpr int64_t kPilotRows = 16;

// Sums of the differences from a guess at the mean, and of their squares, in float64. Against sums of x itself this
// costs a subtraction, and keeps the digits of the variance where the mean is large.
template <int kRows>
inline void SumLines(const float* x, int64_t stride, int64_t columns, const double* pilot, double* sums,
                     double* squares) {
#pragma GCC ivdep
  for (int64_t c = 0; c < columns; ++c) {
    double sum = 0;
    double square = 0;
    for (int r = 0; r < kRows; ++r) {
      const double d = static_cast<double>(x[r * stride + c]) - pilot[c];
      sum += d;
      square += d * d;
    }
    sums[c] += sum;
    squares[c] += square;
  }
}

// Sums of dz = dy * activation'(y), and of dz * (x - mean).
template <int kRows, class Activation>
inline void SumGradientLines(Activation f, const float* dy, const float* x, const float* y, int64_t stride,
                             int64_t columns, const float* means, double* sums, double* products) {
#pragma GCC ivdep
  for (int64_t c = 0; c < columns; ++c) {
    double sum = 0;
    double product = 0;
    for (int r = 0; r < kRows; ++r) {
      const int64_t i = r * stride + c;
      const double d = dy[i] * f.Derivative(y[i]);
      sum += d;
      product += d * static_cast<double>(x[i] - means[c]);
    }
    sums[c] += sum;
    products[c] += product;
  }
}

}  // namespace

// arguments: activation, slope, rows, channels, epsilon, x, scale, offset, y, mean, variance
Status batch_norm_activation(CommandReader& arguments, ExecutionContext& context) {
  const int32_t function = arguments.ReadInt();
  const float slope = arguments.ReadFloat();
  const int64_t rows = arguments.ReadSize();
  const int64_t channels = arguments.ReadSize();
  const int64_t count = ElementCount(Shape{2, {rows, channels}});
  const float epsilon = arguments.ReadFloat();
  const float* x = arguments.ReadInput<float>(count);
  const float* scale = arguments.ReadInput<float>(channels);
  const float* offset = arguments.ReadInput<float>(channels);
  float* y = arguments.ReadOutput<float>(count);
  float* mean = arguments.ReadOutput<float>(channels);
  float* variance = arguments.ReadOutput<float>(channels);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (count == 0) {
    std::fill_n(mean, channels, 0.0f);
    std::fill_n(variance, channels, 0.0f);
    return Status::Ok();
  }

  const Lines lines(rows, channels);
  const int pieces = PieceCount(context, lines.full, lines.Grain(kElementwiseGrain));
  double* pilot = nullptr;
  double* sums = nullptr;
  double* squares = nullptr;
  float* shifts = nullptr;
  float* slopes = nullptr;
  float* bases = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &pilot));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * lines.length, &sums));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * lines.length, &squares));
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &shifts));
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &slopes));
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &bases));

  const int64_t pilot_rows = std::min(rows, kPilotRows);
  std::fill_n(pilot, lines.length, 0.0);
  for (int64_t r = 0; r < pilot_rows; ++r) {
    for (int64_t c = 0; c < channels; ++c) pilot[c] += static_cast<double>(x[r * channels + c]);
  }
  for (int64_t c = 0; c < channels; ++c) {
    const double guess = pilot[c] / static_cast<double>(pilot_rows);
    pilot[c] = std::isfinite(guess) ? guess : 0.0;  // else an infinite mean would become NaN
  }
  for (int64_t i = channels; i < lines.length; ++i) pilot[i] = pilot[i - channels];

  ParallelPieces(pieces, lines.full, [&](int piece, int64_t begin, int64_t end) {
    double* own_sums = sums + piece * lines.length;
    double* own_squares = squares + piece * lines.length;
    std::fill_n(own_sums, lines.length, 0.0);
    std::fill_n(own_squares, lines.length, 0.0);
    ForLines(lines, begin, end, [&](auto size, int64_t line, int64_t columns) {
      SumLines<decltype(size)::value>(x + line * lines.length, lines.length, columns, pilot, own_sums, own_squares);
    });
  });

  const double n = static_cast<double>(rows);
  for (int64_t c = 0; c < channels; ++c) {
    const double difference = JoinPieces(sums, pieces, lines, c) / n;
    const double exact_mean = pilot[c] + difference;
    const double spread = JoinPieces(squares, pieces, lines, c) / n - difference * difference;
    const double exact_variance = spread < 0 ? 0.0 : spread;  // NaN stays
    mean[c] = static_cast<float>(exact_mean);
    variance[c] = static_cast<float>(exact_variance);
    const double factor = scale[c] / std::sqrt(exact_variance + epsilon);
    shifts[c] = mean[c];
    slopes[c] = static_cast<float>(factor);
    // (x - mean) is formed first, so that a mean far from zero costs no digits; what its rounding loses is added here.
    const double lost = std::isfinite(mean[c]) ? mean[c] - exact_mean : 0.0;
    bases[c] = static_cast<float>(offset[c] + lost * factor);
  }
  for (int64_t i = channels; i < lines.length; ++i) {
    shifts[i] = shifts[i - channels];
    slopes[i] = slopes[i - channels];
    bases[i] = bases[i - channels];
  }

  return WithActivation(function, slope, [&](const auto& f) {
    const int64_t all = lines.full + (lines.rest > 0 ? 1 : 0);
    ParallelFor(context, all, lines.Grain(kElementwiseGrain), [&, f](int64_t begin, int64_t end) {
      const auto own = f;  // of the captured one the compiler fears that the loop writes it, and does not vectorise
      for (int64_t line = begin; line < end; ++line) {
        const float* from = x + line * lines.length;
        float* to = y + line * lines.length;
        const int64_t columns = std::min(lines.length, count - line * lines.length);
#pragma GCC ivdep
        for (int64_t c = 0; c < columns; ++c) to[c] = own.Apply(bases[c] + (from[c] - shifts[c]) * slopes[c]);
      }
    });
    return Status::Ok();
  });
}

// arguments: activation, slope, rows, channels, epsilon, dy, x, y, scale, mean, variance, dx, dscale, doffset
Status batch_norm_activation_gradient(CommandReader& arguments, ExecutionContext& context) {
  const int32_t function = arguments.ReadInt();
  const float slope = arguments.ReadFloat();
  const int64_t rows = arguments.ReadSize();
  const int64_t channels = arguments.ReadSize();
  const int64_t count = ElementCount(Shape{2, {rows, channels}});
  const float epsilon = arguments.ReadFloat();
  const float* dy = arguments.ReadInput<float>(count);
  const float* x = arguments.ReadInput<float>(count);
  const float* y = arguments.ReadInput<float>(count);
  const float* scale = arguments.ReadInput<float>(channels);
  const float* mean = arguments.ReadInput<float>(channels);
  const float* variance = arguments.ReadInput<float>(channels);
  float* dx = arguments.ReadOutput<float>(count);
  float* dscale = arguments.ReadOutput<float>(channels);
  float* doffset = arguments.ReadOutput<float>(channels);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (count == 0) {
    std::fill_n(dscale, channels, 0.0f);
    std::fill_n(doffset, channels, 0.0f);
    return Status::Ok();
  }

  const Lines lines(rows, channels);
  const int pieces = PieceCount(context, lines.full, lines.Grain(kElementwiseGrain));
  double* sums = nullptr;
  double* products = nullptr;
  float* means = nullptr;
  float* slopes = nullptr;
  float* levels = nullptr;
  float* tilts = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * lines.length, &sums));
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * lines.length, &products));
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &means));
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &slopes));
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &levels));
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &tilts));
  for (int64_t i = 0; i < lines.length; ++i) means[i] = mean[i % channels];

  return WithActivation(function, slope, [&](const auto& f) {
    ParallelPieces(pieces, lines.full, [&, f](int piece, int64_t begin, int64_t end) {
      double* own_sums = sums + piece * lines.length;
      double* own_products = products + piece * lines.length;
      std::fill_n(own_sums, lines.length, 0.0);
      std::fill_n(own_products, lines.length, 0.0);
      ForLines(lines, begin, end, [&](auto size, int64_t line, int64_t columns) {
        const int64_t at = line * lines.length;
        SumGradientLines<decltype(size)::value>(f, dy + at, x + at, y + at, lines.length, columns, means, own_sums,
                                                own_products);
      });
    });

    const double n = static_cast<double>(rows);
    for (int64_t c = 0; c < channels; ++c) {
      const double inverse = 1 / std::sqrt(static_cast<double>(variance[c]) + epsilon);
      const double sum = JoinPieces(sums, pieces, lines, c);
      const double product = JoinPieces(products, pieces, lines, c) * inverse;
      doffset[c] = static_cast<float>(sum);
      dscale[c] = static_cast<float>(product);
      const double factor = scale[c] * inverse;
      slopes[c] = static_cast<float>(factor);
      levels[c] = static_cast<float>(factor * sum / n);
      tilts[c] = static_cast<float>(factor * product * inverse / n);
    }
    for (int64_t i = channels; i < lines.length; ++i) {
      slopes[i] = slopes[i - channels];
      levels[i] = levels[i - channels];
      tilts[i] = tilts[i - channels];
    }

    const int64_t all = lines.full + (lines.rest > 0 ? 1 : 0);
    ParallelFor(context, all, lines.Grain(kElementwiseGrain), [&, f](int64_t begin, int64_t end) {
      const auto own = f;  // of the captured one the compiler fears that the loop writes it, and does not vectorise
      for (int64_t line = begin; line < end; ++line) {
        const int64_t at = line * lines.length;
        const int64_t columns = std::min(lines.length, count - at);
#pragma GCC ivdep
        for (int64_t c = 0; c < columns; ++c) {
          const float dz = dy[at + c] * own.Derivative(y[at + c]);
          dx[at + c] = (slopes[c] * dz - levels[c]) - (x[at + c] - means[c]) * tilts[c];
        }
      }
    });
    return Status::Ok();
  });
}

}  // namespace ggb::GGB_ISA_NAMESPACE
