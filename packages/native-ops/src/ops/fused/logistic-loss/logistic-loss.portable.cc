// The mean of softplus(sign * z) and its gradient, one pass each. See logistic-loss.md.
#include <cmath>
#include <cstdint>

#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// Logits below which a second thread does not pay for its wake-up: exponentials are not cheap.
constexpr int64_t kGrain = 1024;

double Softplus(double v) { return (v > 0 ? v : v < 0 ? 0.0 : v) + std::log1p(std::exp(-std::fabs(v))); }

double Sigmoid(double v) {
  const double e = std::exp(-std::fabs(v));
  return v >= 0 ? 1 / (1 + e) : e / (1 + e);
}

}  // namespace

// arguments: count, sign (1: the target is fake, -1: real), logits, y
Status logistic_loss(CommandReader& arguments, ExecutionContext& context) {
  const int64_t count = arguments.ReadSize();
  const double sign = arguments.ReadFloat();
  const float* logits = arguments.ReadInput<float>(count);
  float* y = arguments.ReadOutput<float>(1);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  const int pieces = PieceCount(context, count, kGrain);
  double* partial = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces, &partial));
  ParallelPieces(pieces, count, [=](int piece, int64_t begin, int64_t end) {
    double sum = 0;
    for (int64_t i = begin; i < end; ++i) sum += Softplus(sign * logits[i]);
    partial[piece] = sum;
  });
  double sum = 0;
  for (int piece = 0; piece < pieces; ++piece) sum += partial[piece];
  *y = static_cast<float>(sum / static_cast<double>(count));
  return Status::Ok();
}

// arguments: count, sign, dy, logits, gradient
Status logistic_loss_gradient(CommandReader& arguments, ExecutionContext& context) {
  const int64_t count = arguments.ReadSize();
  const double sign = arguments.ReadFloat();
  const float* dy = arguments.ReadInput<float>(1);
  const float* logits = arguments.ReadInput<float>(count);
  float* gradient = arguments.ReadOutput<float>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  const double factor = sign * *dy / static_cast<double>(count);
  ParallelFor(context, count, kGrain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) gradient[i] = static_cast<float>(factor * Sigmoid(sign * logits[i]));
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
