// Conversion between element types, as JavaScript's typed arrays convert.
#include <algorithm>
#include <cmath>
#include <cstdint>

#include "runtime/command-reader.h"
#include "runtime/element-type.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// Towards zero, modulo 2^32; NaN and infinities become 0.
int32_t Wrap(float x) {
  // From 2^56 on every float32 is a multiple of 2^32.
  if (!(std::fabs(x) < 0x1p56f)) return 0;
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(x)));
}

void FloatToInt(int64_t count, const float* x, int32_t* y) {
  constexpr int64_t kBlock = 256;
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(count, begin + kBlock);
    // The instruction converts only what fits; one look at the whole block keeps the usual case a loop that vectorises.
    int unfit = 0;
    for (int64_t i = begin; i < end; ++i) unfit |= !(std::fabs(x[i]) < 0x1p31f);
    if (unfit) {
      for (int64_t i = begin; i < end; ++i) y[i] = Wrap(x[i]);
    } else {
      for (int64_t i = begin; i < end; ++i) y[i] = static_cast<int32_t>(x[i]);
    }
  }
}

template <class From, class To, class Convert>
Status Map(CommandReader& arguments, ExecutionContext& context, int64_t count, const Convert& convert) {
  const From* x = arguments.ReadInput<From>(count);
  To* y = arguments.ReadOutput<To>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  ParallelFor(context, count, kElementwiseGrain,
              [&](int64_t begin, int64_t end) { convert(end - begin, x + begin, y + begin); });
  return Status::Ok();
}

template <class From, class To>
void Widen(int64_t count, const From* x, To* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = static_cast<To>(x[i]);
}

template <class From>
void IsNotZero(int64_t count, const From* x, uint8_t* y) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] != 0;  // true for NaN
}

}  // namespace

// arguments: type of x, type of y, count, x, y
Status cast(CommandReader& arguments, ExecutionContext& context) {
  const auto from = static_cast<ElementType>(arguments.ReadInt());
  const auto to = static_cast<ElementType>(arguments.ReadInt());
  const int64_t count = arguments.ReadSize();
  if (from == ElementType::kFloat32 && to == ElementType::kInt32) {
    return Map<float, int32_t>(arguments, context, count, FloatToInt);
  }
  if (from == ElementType::kFloat32 && to == ElementType::kBool) {
    return Map<float, uint8_t>(arguments, context, count, IsNotZero<float>);
  }
  if (from == ElementType::kInt32 && to == ElementType::kFloat32) {
    return Map<int32_t, float>(arguments, context, count, Widen<int32_t, float>);
  }
  if (from == ElementType::kInt32 && to == ElementType::kBool) {
    return Map<int32_t, uint8_t>(arguments, context, count, IsNotZero<int32_t>);
  }
  if (from == ElementType::kBool && to == ElementType::kFloat32) {
    return Map<uint8_t, float>(arguments, context, count, Widen<uint8_t, float>);
  }
  if (from == ElementType::kBool && to == ElementType::kInt32) {
    return Map<uint8_t, int32_t>(arguments, context, count, Widen<uint8_t, int32_t>);
  }
  return Status(StatusCode::kUnsupported, "no conversion between these element types");
}

}  // namespace ggb::GGB_ISA_NAMESPACE
