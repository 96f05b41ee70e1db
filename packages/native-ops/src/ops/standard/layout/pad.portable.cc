// Borders: constant, mirrored, and the gradient of the mirrored ones. x has the axes `sizes`, each of whose last
// positions is a group of `inner` contiguous elements; every axis grows by before[axis] + after[axis] positions.
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

struct Border {
  Shape sizes;
  Shape before;
  Shape after;
  int64_t inner = 1;
  Shape padded;       // sizes with borders
  int64_t x_row = 0;  // elements of a row of x: the last axis and the group
  int64_t y_row = 0;
  int64_t x_count = 0;
  int64_t y_count = 0;
  int64_t y_rows = 0;
  int64_t x_rows = 0;

  int last() const { return sizes.rank - 1; }
};

Border ReadBorder(CommandReader& arguments) {
  Border border;
  border.sizes = arguments.ReadShape();
  border.before = arguments.ReadShape();
  border.after = arguments.ReadShape();
  border.inner = arguments.ReadSize();
  if (border.sizes.rank < 1 || border.sizes.rank == kMaxRank || border.before.rank != border.sizes.rank ||
      border.after.rank != border.sizes.rank) {
    arguments.Fail(StatusCode::kInvalidShape, "sizes and paddings differ in rank");
    return Border();
  }
  border.padded.rank = border.sizes.rank;
  for (int axis = 0; axis < border.sizes.rank; ++axis) {
    if (__builtin_add_overflow(border.sizes[axis], border.before[axis], &border.padded.sizes[axis]) ||
        __builtin_add_overflow(border.padded[axis], border.after[axis], &border.padded.sizes[axis])) {
      arguments.Fail(StatusCode::kInvalidShape, "an axis with its padding reaches beyond 64 bits");
      return Border();
    }
  }
  const auto count_of = [&](const Shape& shape, int axes, int64_t inner) {
    Shape counted = shape;
    counted.rank = axes;
    counted.sizes[counted.rank++] = inner;
    return ElementCount(counted);
  };
  const int rank = border.sizes.rank;
  border.x_count = count_of(border.sizes, rank, border.inner);
  border.y_count = count_of(border.padded, rank, border.inner);
  border.x_rows = count_of(border.sizes, rank - 1, 1);
  border.y_rows = count_of(border.padded, rank - 1, 1);
  border.x_row = border.x_rows > 0 ? border.x_count / border.x_rows : 0;
  border.y_row = border.y_rows > 0 ? border.y_count / border.y_rows : 0;
  return border;
}

int64_t RowsPerPiece(int64_t row) { return std::max<int64_t>(1, kElementwiseGrain / std::max<int64_t>(1, row)); }

template <class T>
void PadConstant(ExecutionContext& context, const Border& border, T value, const T* x, T* y) {
  const int last = border.last();
  const int64_t head = border.before[last] * border.inner;
  const int64_t tail = border.after[last] * border.inner;
  ParallelFor(context, border.y_rows, RowsPerPiece(border.y_row), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      T* row = y + r * border.y_row;
      int64_t rest = r;
      int64_t x_index = 0;
      int64_t x_stride = 1;
      bool inside = border.x_count > 0;
      for (int axis = last - 1; axis >= 0 && inside; --axis) {
        const int64_t position = rest % border.padded[axis] - border.before[axis];
        rest /= border.padded[axis];
        inside = position >= 0 && position < border.sizes[axis];
        x_index += position * x_stride;
        x_stride *= border.sizes[axis];
      }
      if (!inside) {
        std::fill_n(row, border.y_row, value);
        continue;
      }
      std::fill_n(row, head, value);
      std::memcpy(row + head, x + x_index * border.x_row, static_cast<size_t>(border.x_row) * sizeof(T));
      std::fill_n(row + head + border.x_row, tail, value);
    }
  });
}

// Position in x that a position in y shows. `shared` is 1 when the mirror repeats the edge (symmetric), else 0
// (reflect).
int64_t MirrorSource(int64_t position, int64_t size, int64_t before, int64_t shared) {
  const int64_t i = position - before;
  if (i < 0) return -i - shared;
  return i < size ? i : 2 * (size - 1) - i + shared;
}

Status CheckMirror(const Border& border, int64_t shared) {
  for (int axis = 0; axis < border.sizes.rank; ++axis) {
    const int64_t most = border.sizes[axis] - 1 + shared;
    const int64_t wanted = std::max(border.before[axis], border.after[axis]);
    if (wanted > most && wanted > 0) {
      return Status(StatusCode::kInvalidShape, "a border of " + std::to_string(wanted) + " mirrors an axis of size " +
                                                   std::to_string(border.sizes[axis]) + ", which has only " +
                                                   std::to_string(most < 0 ? 0 : most) + " positions to show");
    }
  }
  return Status::Ok();
}

template <class T>
void PadMirror(ExecutionContext& context, const Border& border, int64_t shared, const T* x, T* y) {
  const int last = border.last();
  const int64_t size = border.sizes[last];
  const int64_t before = border.before[last];
  const int64_t group = border.inner;
  ParallelFor(context, border.y_rows, RowsPerPiece(border.y_row), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      int64_t rest = r;
      int64_t x_index = 0;
      int64_t x_stride = 1;
      for (int axis = last - 1; axis >= 0; --axis) {
        const int64_t position = rest % border.padded[axis];
        rest /= border.padded[axis];
        x_index += MirrorSource(position, border.sizes[axis], border.before[axis], shared) * x_stride;
        x_stride *= border.sizes[axis];
      }
      const T* from = x + x_index * border.x_row;
      T* to = y + r * border.y_row;
      const auto mirror = [&](int64_t first, int64_t end_position) {
        for (int64_t p = first; p < end_position; ++p) {
          std::copy_n(from + MirrorSource(p, size, before, shared) * group, group, to + p * group);
        }
      };
      mirror(0, before);
      std::memcpy(to + before * group, from, static_cast<size_t>(border.x_row) * sizeof(T));
      mirror(before + size, border.padded[last]);
    }
  });
}

// Positions in y that show position i of x: itself, then its images before and behind.
int Images(int64_t i, int64_t size, int64_t before, int64_t after, int64_t shared, int64_t images[3]) {
  int count = 0;
  images[count++] = before + i;
  const int64_t front = before - i - shared;
  if (front >= 0 && front < before) images[count++] = front;
  const int64_t back = before + 2 * (size - 1) - i + shared;
  if (back >= before + size && back < before + size + after) images[count++] = back;
  return count;
}

// dx row += what its images in one row of dy carry.
void AddMirroredRow(const Border& border, int64_t shared, const float* dy, float* dx) {
  const int last = border.last();
  const int64_t size = border.sizes[last];
  const int64_t before = border.before[last];
  const int64_t group = border.inner;
  const float* middle = dy + before * group;
  for (int64_t i = 0; i < border.x_row; ++i) dx[i] += middle[i];
  const auto fold = [&](int64_t first, int64_t end) {
    for (int64_t p = first; p < end; ++p) {
      float* sum = dx + MirrorSource(p, size, before, shared) * group;
      for (int64_t c = 0; c < group; ++c) sum[c] += dy[p * group + c];
    }
  };
  fold(0, before);
  fold(before + size, border.padded[last]);
}

void PadMirrorGradient(ExecutionContext& context, const Border& border, int64_t shared, const float* dy, float* dx) {
  const int last = border.last();
  ParallelFor(context, border.x_rows, RowsPerPiece(border.x_row), [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      // Rows of dy that show this row, as offsets: every combination of one image per axis.
      int64_t images[kMaxRank][3];
      int counts[kMaxRank];
      int64_t strides[kMaxRank];
      int64_t rest = r;
      int64_t stride = border.y_row;
      int combinations = 1;
      for (int axis = last - 1; axis >= 0; --axis) {
        counts[axis] = Images(rest % border.sizes[axis], border.sizes[axis], border.before[axis], border.after[axis],
                              shared, images[axis]);
        rest /= border.sizes[axis];
        strides[axis] = stride;
        stride *= border.padded[axis];
        combinations *= counts[axis];
      }
      float* row = dx + r * border.x_row;
      std::fill_n(row, border.x_row, 0.0f);
      for (int combination = 0; combination < combinations; ++combination) {
        int choice = combination;
        int64_t offset = 0;
        for (int axis = last - 1; axis >= 0; --axis) {
          offset += images[axis][choice % counts[axis]] * strides[axis];
          choice /= counts[axis];
        }
        AddMirroredRow(border, shared, dy + offset, row);
      }
    }
  });
}

}  // namespace

// arguments: element type, sizes, before, after, inner, value (bits), x, y
Status pad_constant(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const Border border = ReadBorder(arguments);
  const int32_t value = arguments.ReadInt();
  const auto run = [&](auto element) {
    using T = decltype(element);
    const T* x = arguments.ReadInput<T>(border.x_count);
    T* y = arguments.ReadOutput<T>(border.y_count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    PadConstant(context, border, static_cast<T>(value), x, y);
    return Status::Ok();
  };
  return ElementBytes(type) == 1 ? run(uint8_t{}) : run(uint32_t{});
}

// arguments: element type, sizes, before, after, inner, 1 when the mirror repeats the edge, x, y
Status pad_mirror(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const Border border = ReadBorder(arguments);
  const int64_t shared = arguments.ReadInt() != 0;
  const auto run = [&](auto element) {
    using T = decltype(element);
    const T* x = arguments.ReadInput<T>(border.x_count);
    T* y = arguments.ReadOutput<T>(border.y_count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    GGB_RETURN_IF_ERROR(CheckMirror(border, shared));
    if (border.y_count > 0) PadMirror(context, border, shared, x, y);
    return Status::Ok();
  };
  return ElementBytes(type) == 1 ? run(uint8_t{}) : run(uint32_t{});
}

// arguments: sizes, before, after, inner, 1 when the mirror repeats the edge, dy, dx
Status pad_mirror_gradient(CommandReader& arguments, ExecutionContext& context) {
  const Border border = ReadBorder(arguments);
  const int64_t shared = arguments.ReadInt() != 0;
  const float* dy = arguments.ReadInput<float>(border.y_count);
  float* dx = arguments.ReadOutput<float>(border.x_count);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  GGB_RETURN_IF_ERROR(CheckMirror(border, shared));
  if (border.x_count > 0) PadMirrorGradient(context, border, shared, dy, dx);
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
