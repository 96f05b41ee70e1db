// Reading by index, and its gradient, adding by index. Indices are data, so they are checked here; nothing is written
// when one is out of range.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include "runtime/command-reader.h"
#include "runtime/element-type.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

int64_t RowsPerPiece(int64_t row) { return std::max<int64_t>(1, kElementwiseGrain / std::max<int64_t>(1, row)); }

Shape ReadSizes(CommandReader& arguments, int rank) {
  Shape shape = arguments.ReadShape();
  if (shape.rank == rank) return shape;
  arguments.Fail(StatusCode::kInvalidShape,
                 std::to_string(rank) + " sizes were expected, " + std::to_string(shape.rank) + " received");
  shape = Shape();
  shape.rank = rank;
  return shape;
}

template <class T>
void CopySlice(const T* x, int64_t count, T* y) {
  if (count == 1) {
    *y = *x;
  } else {
    std::memcpy(y, x, static_cast<size_t>(count) * sizeof(T));
  }
}

}  // namespace

// arguments: element type, [batch, outer, size of the axis, slice], indices per batch, x, indices, y
// y[batch][outer][n][slice] = x[batch][outer][indices[batch][n]][slice]
Status gather(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const Shape shape = ReadSizes(arguments, 4);
  const int64_t chosen = arguments.ReadSize();
  const int64_t outer = shape[1];
  const int64_t size = shape[2];
  const int64_t slice = shape[3];
  Shape result = shape;
  result.sizes[2] = chosen;
  Shape index_shape;
  index_shape.rank = 2;
  index_shape.sizes[0] = shape[0];
  index_shape.sizes[1] = chosen;
  const auto run = [&](auto element) {
    using T = decltype(element);
    const T* x = arguments.ReadInput<T>(ElementCount(shape));
    const int32_t* indices = arguments.ReadInput<int32_t>(ElementCount(index_shape));
    T* y = arguments.ReadOutput<T>(ElementCount(result));
    GGB_RETURN_IF_ERROR(arguments.Finish());
    const int64_t index_count = ElementCount(index_shape);
    for (int64_t i = 0; i < index_count; ++i) {
      if (indices[i] < 0 || indices[i] >= size) {
        return Status(StatusCode::kInvalidShape, "the index value " + std::to_string(indices[i]) + " is not in [0, " +
                                                     std::to_string(size - 1) + "]: index number " + std::to_string(i) +
                                                     ", axis of size " + std::to_string(size));
      }
    }
    if (ElementCount(result) == 0) return Status::Ok();
    ParallelFor(context, shape[0] * outer * chosen, RowsPerPiece(slice), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const int64_t plane = r / chosen;
        const int32_t index = indices[plane / outer * chosen + r % chosen];
        CopySlice(x + (plane * size + index) * slice, slice, y + r * slice);
      }
    });
    return Status::Ok();
  };
  return ElementBytes(type) == 1 ? run(uint8_t{}) : run(uint32_t{});
}

// arguments: element type, sizes of the indexed axes, slice, number of indices, x, indices, y
// y[n][slice] = x[indices[n]...][slice]
Status gather_nd(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const Shape axes = arguments.ReadShape();
  const int64_t slice = arguments.ReadSize();
  const int64_t count = arguments.ReadSize();
  const auto product = [](int64_t a, int64_t b) {
    int64_t result;
    return __builtin_mul_overflow(a, b, &result) ? INT64_MAX : result;
  };
  const auto run = [&](auto element) {
    using T = decltype(element);
    const T* x = arguments.ReadInput<T>(product(ElementCount(axes), slice));
    const int32_t* indices = arguments.ReadInput<int32_t>(product(count, axes.rank));
    T* y = arguments.ReadOutput<T>(product(count, slice));
    GGB_RETURN_IF_ERROR(arguments.Finish());
    for (int64_t n = 0; n < count; ++n) {
      for (int axis = 0; axis < axes.rank; ++axis) {
        const int32_t index = indices[n * axes.rank + axis];
        if (index < 0 || index >= axes[axis]) {
          return Status(StatusCode::kInvalidShape, "Invalid indices: number " + std::to_string(n) + " has " +
                                                       std::to_string(index) + " for axis " + std::to_string(axis) +
                                                       ", which does not index into its size " +
                                                       std::to_string(axes[axis]));
        }
      }
    }
    ParallelFor(context, count, RowsPerPiece(slice), [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        int64_t row = 0;
        for (int axis = 0; axis < axes.rank; ++axis) row = row * axes[axis] + indices[n * axes.rank + axis];
        CopySlice(x + row * slice, slice, y + n * slice);
      }
    });
    return Status::Ok();
  };
  return ElementBytes(type) == 1 ? run(uint8_t{}) : run(uint32_t{});
}

// arguments: [rows, slice, segments], x, segment of each row, y
// y[s][slice] = sum of the rows of x whose segment is s, in their order; rows of other segments are left out.
Status unsorted_segment_sum(CommandReader& arguments, ExecutionContext& context) {
  const Shape shape = ReadSizes(arguments, 3);
  const int64_t rows = shape[0];
  const int64_t slice = shape[1];
  const int64_t segments = shape[2];
  Shape x_shape = shape;
  x_shape.rank = 2;
  Shape y_shape = x_shape;
  y_shape.sizes[0] = segments;
  const float* x = arguments.ReadInput<float>(ElementCount(x_shape));
  const int32_t* ids = arguments.ReadInput<int32_t>(rows);
  float* y = arguments.ReadOutput<float>(ElementCount(y_shape));
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (ElementCount(y_shape) == 0) return Status::Ok();
  // Threads share out columns, or segments where rows are short. Either way one thread adds up an element of y, row
  // after row: the same bits for every number of threads.
  const auto add = [&](int64_t first_segment, int64_t end_segment, int64_t first, int64_t end) {
    for (int64_t s = first_segment; s < end_segment; ++s) std::fill(y + s * slice + first, y + s * slice + end, 0.0f);
    for (int64_t r = 0; r < rows; ++r) {
      if (ids[r] < first_segment || ids[r] >= end_segment) continue;
      const float* from = x + r * slice;
      float* sum = y + ids[r] * slice;
      for (int64_t c = first; c < end; ++c) sum[c] += from[c];
    }
  };
  const int64_t work_per_column = rows + segments;
  if (slice >= 16 * context.threads()) {
    ParallelFor(context, slice, std::max<int64_t>(16, kElementwiseGrain / work_per_column),
                [&](int64_t begin, int64_t end) { add(0, segments, begin, end); });
  } else {
    const int64_t work_per_segment = slice * (rows / segments + 1);
    ParallelFor(context, segments, std::max<int64_t>(1, kElementwiseGrain / work_per_segment),
                [&](int64_t begin, int64_t end) { add(begin, end, 0, slice); });
  }
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
