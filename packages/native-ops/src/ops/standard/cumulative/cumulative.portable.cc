// Cumulative sums and products along one axis, [outer, count, inner]. Every partial result is rounded, in the order of
// the axis, exactly as TF.js's CPU kernels do; the vector runs over the inner axes.
#include <cmath>
#include <cstdint>

#include "ops/standard/cumulative/cumulative.h"
#include "runtime/command-reader.h"
#include "runtime/element-type.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using cumulative::Function;

// Columns of one task: neighbouring lines are computed together.
constexpr int64_t kColumns = 1024;

struct Axis {
  int64_t outer, count, inner;
  bool exclusive, reverse;
};

template <class T, class Join>
Status Accumulate(CommandReader& arguments, ExecutionContext& context, const Axis& axis, T neutral, const Join& join) {
  const int64_t count = ElementCount(Shape{3, {axis.outer, axis.count, axis.inner}});
  const T* x = arguments.ReadInput<T>(count);
  T* y = arguments.ReadOutput<T>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (count == 0) return Status::Ok();
  const int64_t chunks = (axis.inner + kColumns - 1) / kColumns;
  const int64_t work = axis.count * (axis.inner < kColumns ? axis.inner : kColumns);
  ParallelFor(context, axis.outer * chunks, 1 + kElementwiseGrain / (2 * work), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % chunks * kColumns;
      const int64_t columns = axis.inner - first < kColumns ? axis.inner - first : kColumns;
      const int64_t start = task / chunks * axis.count * axis.inner + first;
      const int64_t step = axis.reverse ? -axis.inner : axis.inner;
      int64_t row = start + (axis.reverse ? (axis.count - 1) * axis.inner : 0);
      for (int64_t c = 0; c < columns; ++c) y[row + c] = axis.exclusive ? neutral : x[row + c];
      for (int64_t i = 1; i < axis.count; ++i, row += step) {
        const T* added = x + (axis.exclusive ? row : row + step);
        const T* before = y + row;
        T* to = y + row + step;
#pragma GCC ivdep
        for (int64_t c = 0; c < columns; ++c) to[c] = join(added[c], before[c]);
      }
    }
  });
  return Status::Ok();
}

int32_t WrappingProduct(int32_t a, int32_t b) {
  // JavaScript multiplies in float64 before Int32Array wraps modulo 2^32.
  const double wrapped = std::fmod(static_cast<double>(a) * b, 4294967296.0);
  return static_cast<int32_t>(static_cast<uint32_t>(static_cast<int64_t>(wrapped)));
}

}  // namespace

// arguments: function, type, outer, count, inner, exclusive, reverse, x, y
Status cumulative(CommandReader& arguments, ExecutionContext& context) {
  const auto function = static_cast<Function>(arguments.ReadInt());
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  Axis axis;
  axis.outer = arguments.ReadSize();
  axis.count = arguments.ReadSize();
  axis.inner = arguments.ReadSize();
  axis.exclusive = arguments.ReadInt() != 0;
  axis.reverse = arguments.ReadInt() != 0;
  const bool sums = function == Function::kSum;
  if (type == ElementType::kFloat32) {
    if (sums) return Accumulate(arguments, context, axis, 0.0f, [](float a, float b) { return a + b; });
    return Accumulate(arguments, context, axis, 1.0f, [](float a, float b) { return a * b; });
  }
  if (type == ElementType::kInt32) {
    if (sums) return Accumulate(arguments, context, axis, 0u, [](uint32_t a, uint32_t b) { return a + b; });
    return Accumulate(arguments, context, axis, 1, WrappingProduct);
  }
  return Status(StatusCode::kUnsupported, "cumulative functions exist for float32 and int32");
}

}  // namespace ggb::GGB_ISA_NAMESPACE
