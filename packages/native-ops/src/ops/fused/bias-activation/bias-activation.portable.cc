// y = activation(x + bias), and its gradient: dx = dy * activation'(y), dbias = sum of dx over the rows. One pass over
// the data each. See bias-activation.md.
#include <algorithm>
#include <cstdint>

#include "ops/fused/bias-activation/activation.h"
#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// kRows lines at once, to load and store the sums less often. float32 is summed in float64.
template <int kRows, class Activation>
inline void GradientOfLines(Activation f, const float* dy, const float* y, float* dx, int64_t stride, int64_t columns,
                            double* sums) {
#pragma GCC ivdep
  for (int64_t c = 0; c < columns; ++c) {
    double sum = 0;
    for (int r = 0; r < kRows; ++r) {
      const int64_t i = r * stride + c;
      const float d = dy[i] * f.Derivative(y[i]);
      dx[i] = d;
      sum += static_cast<double>(d);
    }
    sums[c] += sum;
  }
}

}  // namespace

// arguments: activation, slope, rows, channels, x, bias, y
Status bias_activation(CommandReader& arguments, ExecutionContext& context) {
  const int32_t function = arguments.ReadInt();
  const float slope = arguments.ReadFloat();
  const int64_t rows = arguments.ReadSize();
  const int64_t channels = arguments.ReadSize();
  const int64_t count = ElementCount(Shape{2, {rows, channels}});
  const float* x = arguments.ReadInput<float>(count);
  const float* bias = arguments.ReadInput<float>(channels);
  float* y = arguments.ReadOutput<float>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (count == 0) return Status::Ok();

  const Lines lines(rows, channels);
  float* biases = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(lines.length, &biases));
  for (int64_t i = 0; i < lines.length; ++i) biases[i] = bias[i % channels];
  return WithActivation(function, slope, [&](const auto& f) {
    const int64_t all = lines.full + (lines.rest > 0 ? 1 : 0);
    ParallelFor(context, all, lines.Grain(kElementwiseGrain), [&, f](int64_t begin, int64_t end) {
      const auto own = f;  // of the captured one the compiler fears that the loop writes it, and does not vectorise
      for (int64_t line = begin; line < end; ++line) {
        const float* from = x + line * lines.length;
        float* to = y + line * lines.length;
        const int64_t columns = std::min(lines.length, count - line * lines.length);
#pragma GCC ivdep
        for (int64_t c = 0; c < columns; ++c) to[c] = own.Apply(from[c] + biases[c]);
      }
    });
    return Status::Ok();
  });
}

// arguments: activation, slope, rows, channels, dy, y, dx, dbias
Status bias_activation_gradient(CommandReader& arguments, ExecutionContext& context) {
  const int32_t function = arguments.ReadInt();
  const float slope = arguments.ReadFloat();
  const int64_t rows = arguments.ReadSize();
  const int64_t channels = arguments.ReadSize();
  const int64_t count = ElementCount(Shape{2, {rows, channels}});
  const float* dy = arguments.ReadInput<float>(count);
  const float* y = arguments.ReadInput<float>(count);
  float* dx = arguments.ReadOutput<float>(count);
  float* dbias = arguments.ReadOutput<float>(channels);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (count == 0) {
    std::fill_n(dbias, channels, 0.0f);
    return Status::Ok();
  }

  const Lines lines(rows, channels);
  const int pieces = PieceCount(context, lines.full, lines.Grain(kElementwiseGrain));
  double* partial = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces * lines.length, &partial));
  return WithActivation(function, slope, [&](const auto& f) {
    ParallelPieces(pieces, lines.full, [&, f](int piece, int64_t begin, int64_t end) {
      double* sums = partial + piece * lines.length;
      std::fill_n(sums, lines.length, 0.0);
      const auto add = [&](auto size, int64_t line, int64_t columns) {
        const int64_t at = line * lines.length;
        GradientOfLines<decltype(size)::value>(f, dy + at, y + at, dx + at, lines.length, columns, sums);
      };
      ForLines(lines, begin, end, add);
    });
    for (int64_t c = 0; c < channels; ++c) dbias[c] = static_cast<float>(JoinPieces(partial, pieces, lines, c));
    return Status::Ok();
  });
}

}  // namespace ggb::GGB_ISA_NAMESPACE
