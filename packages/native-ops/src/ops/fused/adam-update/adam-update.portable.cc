// One step of Adam for all parameters, in place. See adam-update.md. The tensors are treated as one long row that is
// cut evenly between the threads; every element is independent, so the cut changes no bit.
#include <cmath>
#include <cstdint>

#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// Layout of the state; the same as `stateFields` in adam-update.ts.
enum StateField : int { kLearningRate, kBeta1, kBeta2, kEpsilon, kStep, kStateSize };

struct Parameter {
  int64_t begin;  // in the long row
  int64_t size;
  float* w;
  float* m;
  float* v;
  const float* g;
};

struct Rates {
  float beta1, beta2, epsilon;
  float rate;         // learning rate / (1 - beta1^t)
  float correction2;  // 1 / (1 - beta2^t)
};

void Update(const Rates& rates, const Parameter& parameter, int64_t begin, int64_t end) {
  float* w = parameter.w;
  float* m = parameter.m;
  float* v = parameter.v;
  const float* g = parameter.g;
  const auto [beta1, beta2, epsilon, rate, correction2] = rates;  // copies: stores below cannot change them
  const float new1 = 1 - beta1;
  const float new2 = 1 - beta2;
#pragma GCC ivdep
  for (int64_t i = begin; i < end; ++i) {
    const float first = m[i] * beta1 + g[i] * new1;
    const float second = v[i] * beta2 + g[i] * g[i] * new2;
    m[i] = first;
    v[i] = second;
    w[i] -= rate * first / (std::sqrt(second * correction2) + epsilon);
  }
}

}  // namespace

// arguments: state, number of parameters, then for each: elements, w, m, v, gradient
Status adam_update(CommandReader& arguments, ExecutionContext& context) {
  float* state = arguments.ReadOutput<float>(kStateSize);
  const int64_t count = arguments.ReadCount(10);
  Parameter* parameters = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(count, &parameters));
  int64_t total = 0;
  for (int64_t i = 0; i < count; ++i) {
    Parameter& parameter = parameters[i];
    parameter.begin = total;
    parameter.size = arguments.ReadSize();
    parameter.w = arguments.ReadOutput<float>(parameter.size);
    parameter.m = arguments.ReadOutput<float>(parameter.size);
    parameter.v = arguments.ReadOutput<float>(parameter.size);
    parameter.g = arguments.ReadInput<float>(parameter.size);
    total += parameter.size;
  }
  GGB_RETURN_IF_ERROR(arguments.Finish());

  // The powers in float64 from the float32 betas: 1 - 0.999^t keeps all its digits, at t = 1 as at t = 10^6.
  const double step = static_cast<double>(state[kStep]) + 1;
  Rates rates;
  rates.beta1 = state[kBeta1];
  rates.beta2 = state[kBeta2];
  rates.epsilon = state[kEpsilon];
  rates.rate = static_cast<float>(state[kLearningRate] / (1 - std::pow(static_cast<double>(rates.beta1), step)));
  rates.correction2 = static_cast<float>(1 / (1 - std::pow(static_cast<double>(rates.beta2), step)));
  state[kStep] = static_cast<float>(step);

  ParallelFor(context, total, kElementwiseGrain / 4, [&](int64_t begin, int64_t end) {
    for (int64_t i = 0; i < count; ++i) {
      const Parameter& parameter = parameters[i];
      const int64_t first = begin - parameter.begin;
      const int64_t last = end - parameter.begin;
      if (last <= 0) break;
      if (first < parameter.size) {
        Update(rates, parameter, first > 0 ? first : 0, last < parameter.size ? last : parameter.size);
      }
    }
  });
  return Status::Ok();
}

// arguments: field, value, state
Status adam_setting(CommandReader& arguments, ExecutionContext& context) {
  (void)context;
  const int32_t field = arguments.ReadInt();
  const float value = arguments.ReadFloat();
  float* state = arguments.ReadOutput<float>(kStateSize);
  if (field < 0 || field >= kStateSize) arguments.Fail(StatusCode::kInvalidCommand, "no such field of Adam's state");
  GGB_RETURN_IF_ERROR(arguments.Finish());
  state[field] = value;
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
