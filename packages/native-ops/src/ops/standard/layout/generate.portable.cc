// Tensors from numbers: constants, ranges, one-hot rows; and the choice between two tensors.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "runtime/command-reader.h"
#include "runtime/element-type.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

double ReadDouble(CommandReader& arguments) {
  const uint64_t low = static_cast<uint32_t>(arguments.ReadInt());
  const uint64_t high = static_cast<uint32_t>(arguments.ReadInt());
  const uint64_t bits = high << 32 | low;
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

int64_t RowsPerPiece(int64_t row) { return std::max<int64_t>(1, kElementwiseGrain / std::max<int64_t>(1, row)); }

}  // namespace

// arguments: element type, count, value (bits), y
Status fill(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const int64_t count = arguments.ReadSize();
  const int32_t value = arguments.ReadInt();
  const auto run = [&](auto element) {
    using T = decltype(element);
    T* y = arguments.ReadOutput<T>(count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    ParallelFor(context, count, kElementwiseGrain,
                [&](int64_t begin, int64_t end) { std::fill(y + begin, y + end, static_cast<T>(value)); });
    return Status::Ok();
  };
  return ElementBytes(type) == 1 ? run(uint8_t{}) : run(uint32_t{});
}

// arguments: element type, count, start, step (both float64), y
// y[i] = start + i * step: rounded once, where adding up the steps would round i times.
Status range(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const int64_t count = arguments.ReadSize();
  const double start = ReadDouble(arguments);
  const double step = ReadDouble(arguments);
  if (type == ElementType::kFloat32) {
    float* y = arguments.ReadOutput<float>(count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    ParallelFor(context, count, kElementwiseGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = static_cast<float>(i == 0 ? start : start + double(i) * step);
    });
    return Status::Ok();
  }
  if (type != ElementType::kInt32) return Status(StatusCode::kUnsupported, "a range of bool");
  int32_t* y = arguments.ReadOutput<int32_t>(count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  // Whole numbers of at most 32 bits: the last one bounds all, so the products below are exact and fit.
  const double last = start + double(count) * step;
  if (!(start >= -0x1p31 && start < 0x1p31 && last >= -0x1p32 && last < 0x1p32)) {
    return Status(StatusCode::kInvalidShape, "a range leaves int32");
  }
  const int64_t first = static_cast<int64_t>(start);
  const int64_t stride = static_cast<int64_t>(step);
  ParallelFor(context, count, kElementwiseGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) y[i] = static_cast<int32_t>(static_cast<uint32_t>(first + i * stride));
  });
  return Status::Ok();
}

// arguments: element type of y, [indices, depth], on (bits), off (bits), indices, y
Status one_hot(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const Shape shape = arguments.ReadShape();
  const int32_t on = arguments.ReadInt();
  const int32_t off = arguments.ReadInt();
  if (shape.rank != 2) arguments.Fail(StatusCode::kInvalidShape, "one_hot takes two sizes");
  const int64_t rows = shape[0];
  const int64_t depth = shape[1];
  const int32_t* indices = arguments.ReadInput<int32_t>(rows);
  const auto run = [&](auto element) {
    using T = decltype(element);
    T* y = arguments.ReadOutput<T>(ElementCount(shape));
    GGB_RETURN_IF_ERROR(arguments.Finish());
    ParallelFor(context, rows, RowsPerPiece(depth), [&](int64_t begin, int64_t end) {
      std::fill(y + begin * depth, y + end * depth, static_cast<T>(off));
      for (int64_t r = begin; r < end; ++r) {
        if (indices[r] >= 0 && indices[r] < depth) y[r * depth + indices[r]] = static_cast<T>(on);
      }
    });
    return Status::Ok();
  };
  return ElementBytes(type) == 1 ? run(uint8_t{}) : run(uint32_t{});
}

// arguments: element type, [conditions, elements per condition], condition, t, e, y
Status select(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const Shape shape = arguments.ReadShape();
  if (shape.rank != 2) arguments.Fail(StatusCode::kInvalidShape, "select takes two sizes");
  const int64_t rows = shape[0];
  const int64_t row = shape[1];
  const int64_t count = ElementCount(shape);
  const uint8_t* condition = arguments.ReadInput<uint8_t>(rows);
  const auto run = [&](auto element) {
    using T = decltype(element);
    const T* t = arguments.ReadInput<T>(count);
    const T* e = arguments.ReadInput<T>(count);
    T* y = arguments.ReadOutput<T>(count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    if (row == 1) {
      ParallelFor(context, rows, kElementwiseGrain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          // Both are read, so that the choice needs no branch.
          const T yes = t[i];
          const T no = e[i];
          y[i] = condition[i] != 0 ? yes : no;
        }
      });
    } else {
      ParallelFor(context, rows, RowsPerPiece(row), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) std::copy_n((condition[r] != 0 ? t : e) + r * row, row, y + r * row);
      });
    }
    return Status::Ok();
  };
  return ElementBytes(type) == 1 ? run(uint8_t{}) : run(uint32_t{});
}

}  // namespace ggb::GGB_ISA_NAMESPACE
