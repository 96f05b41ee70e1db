// y[view] = x[view]: the copy behind slice, concat, transpose, reverse, tile and their kin. Three loops cover all of
// them: rows that are contiguous on both sides (memcpy), planes whose contiguous axis differs between the sides
// (transposed in tiles), and the general strided row.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "runtime/command-reader.h"
#include "runtime/element-type.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

struct Loop {
  int rank = 0;
  int64_t sizes[kMaxRank] = {};
  int64_t x_strides[kMaxRank] = {};
  int64_t y_strides[kMaxRank] = {};

  void Swap(int a, int b) {
    std::swap(sizes[a], sizes[b]);
    std::swap(x_strides[a], x_strides[b]);
    std::swap(y_strides[a], y_strides[b]);
  }
};

// Offsets of position `index` in the first `axes` axes.
void Locate(const Loop& loop, int axes, int64_t index, int64_t* x_offset, int64_t* y_offset) {
  *x_offset = 0;
  *y_offset = 0;
  for (int axis = axes - 1; axis >= 0; --axis) {
    const int64_t position = index % loop.sizes[axis];
    index /= loop.sizes[axis];
    *x_offset += position * loop.x_strides[axis];
    *y_offset += position * loop.y_strides[axis];
  }
}

template <class T>
void CopyRow(int64_t count, const T* x, int64_t x_stride, T* y, int64_t y_stride) {
  if (y_stride != 1) {
    for (int64_t i = 0; i < count; ++i) y[i * y_stride] = x[i * x_stride];
  } else if (x_stride == 1) {
    std::memcpy(y, x, static_cast<size_t>(count) * sizeof(T));
  } else if (x_stride == 0) {
    std::fill_n(y, count, *x);
  } else if (x_stride == -1) {
    for (int64_t i = 0; i < count; ++i) y[i] = x[-i];
  } else {
    for (int64_t i = 0; i < count; ++i) y[i] = x[i * x_stride];
  }
}

// Contiguous rows of a size known here: a call of memcpy costs more than such a row.
template <int kCount, class T>
void CopyShortRows(int64_t rows, const T* x, int64_t x_row, T* y, int64_t y_row) {
  for (int64_t r = 0; r < rows; ++r) std::memcpy(y + r * y_row, x + r * x_row, kCount * sizeof(T));
}

// Contiguous rows of 16 to kMediumBytes bytes: vectors of 16, the last of which may overlap the one before.
constexpr int64_t kMediumBytes = 256;

template <class T>
void CopyMediumRows(int64_t rows, int64_t count, const T* x, int64_t x_row, T* y, int64_t y_row) {
  constexpr int64_t kStep = 16 / sizeof(T);
  for (int64_t r = 0; r < rows; ++r) {
    const T* from = x + r * x_row;
    T* to = y + r * y_row;
    for (int64_t i = 0; i + kStep <= count; i += kStep) std::memcpy(to + i, from + i, 16);
    std::memcpy(to + count - kStep, from + count - kStep, 16);
  }
}

template <class T>
void CopyRows(int64_t rows, int64_t count, const T* x, int64_t x_row, int64_t x_stride, T* y, int64_t y_row,
              int64_t y_stride) {
  if (x_stride == 1 && y_stride == 1) {
    const int64_t bytes = count * static_cast<int64_t>(sizeof(T));
    if (count == 2) return CopyShortRows<2>(rows, x, x_row, y, y_row);
    if (count == 3) return CopyShortRows<3>(rows, x, x_row, y, y_row);
    if (count == 4) return CopyShortRows<4>(rows, x, x_row, y, y_row);
    if (bytes >= 16 && bytes <= kMediumBytes) return CopyMediumRows(rows, count, x, x_row, y, y_row);
  }
  for (int64_t r = 0; r < rows; ++r) CopyRow(count, x + r * x_row, x_stride, y + r * y_row, y_stride);
}

// A plane with fewer elements costs more to find than to copy.
constexpr int64_t kSmallPlane = 64;

template <class T>
void CopyInRows(ExecutionContext& context, Loop loop, const T* x, T* y) {
  const int last = loop.rank - 1;
  const int64_t count = loop.sizes[last];
  const int64_t x_stride = loop.x_strides[last];
  const int64_t y_stride = loop.y_strides[last];
  int64_t rows = 1;
  for (int axis = 0; axis < last; ++axis) rows *= loop.sizes[axis];
  if (rows < 8 && count >= 2 * kElementwiseGrain) {
    for (int64_t r = 0; r < rows; ++r) {
      int64_t x_offset, y_offset;
      Locate(loop, last, r, &x_offset, &y_offset);
      ParallelFor(context, count, kElementwiseGrain, [&](int64_t begin, int64_t end) {
        CopyRow(end - begin, x + x_offset + begin * x_stride, x_stride, y + y_offset + begin * y_stride, y_stride);
      });
    }
    return;
  }
  // Rows of one plane differ along the axis before the last. Nothing depends on the order of the others.
  const int row_axis = last - 1;
  if (row_axis < 0) return CopyRow(count, x, x_stride, y, y_stride);
  if (loop.sizes[row_axis] * count < kSmallPlane) {
    loop.Swap(row_axis, static_cast<int>(std::max_element(loop.sizes, loop.sizes + last) - loop.sizes));
  }
  const int64_t plane = loop.sizes[row_axis];
  const int64_t rows_per_piece = std::max<int64_t>(1, kElementwiseGrain / count);
  ParallelFor(context, rows, rows_per_piece, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end;) {
      const int64_t first = r % plane;
      const int64_t n = std::min(plane - first, end - r);
      int64_t x_offset, y_offset;
      Locate(loop, row_axis, r / plane, &x_offset, &y_offset);
      CopyRows(n, count, x + x_offset + first * loop.x_strides[row_axis], loop.x_strides[row_axis], x_stride,
               y + y_offset + first * loop.y_strides[row_axis], loop.y_strides[row_axis], y_stride);
      r += n;
    }
  });
}

// y[q * y_row + i] = x[i * x_row + q] for four positions of each.
void TransposeFour(const uint32_t* x, int64_t x_row, uint32_t* y, int64_t y_row) {
  typedef uint32_t Four __attribute__((vector_size(16)));
  Four r[4];
  for (int i = 0; i < 4; ++i) std::memcpy(&r[i], x + i * x_row, sizeof(Four));
  const Four a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
  const Four b = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
  const Four c = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
  const Four d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
  r[0] = __builtin_shufflevector(a, b, 0, 1, 4, 5);
  r[1] = __builtin_shufflevector(a, b, 2, 3, 6, 7);
  r[2] = __builtin_shufflevector(c, d, 0, 1, 4, 5);
  r[3] = __builtin_shufflevector(c, d, 2, 3, 6, 7);
  for (int i = 0; i < 4; ++i) std::memcpy(y + i * y_row, &r[i], sizeof(Four));
}

void TransposeFour(const uint8_t* x, int64_t x_row, uint8_t* y, int64_t y_row) {
  for (int i = 0; i < 4; ++i) {
    for (int q = 0; q < 4; ++q) y[q * y_row + i] = x[i * x_row + q];
  }
}

constexpr int64_t kTile = 64;       // 256 bytes of every row: enough that a page is worth its visit
constexpr int64_t kSmallTile = 16;  // for what is left, and for narrow planes

// Tile by tile through a buffer, so that every line of x and y is touched once: with rows a power of two apart, lines
// of a tile share few cache sets and would push each other out. The rows of the buffer are a line more apart for that
// reason.
template <int64_t kSize, class T>
void TransposeTiles(int64_t rows, int64_t columns, const T* x, int64_t x_row, T* y, int64_t y_row) {
  constexpr int64_t kBufferRow = kSize + 64 / sizeof(T);
  alignas(64) T buffer[kSize * kBufferRow];
  for (int64_t q0 = 0; q0 < rows; q0 += kSize) {
    for (int64_t i0 = 0; i0 < columns; i0 += kSize) {
      const T* from = x + i0 * x_row + q0;
      T* to = y + q0 * y_row + i0;
      for (int64_t i = 0; i < kSize; i += 4) {
        for (int64_t q = 0; q < kSize; q += 4) {
          TransposeFour(from + i * x_row + q, x_row, buffer + q * kBufferRow + i, kBufferRow);
        }
      }
      for (int64_t q = 0; q < kSize; ++q) std::memcpy(to + q * y_row, buffer + q * kBufferRow, kSize * sizeof(T));
    }
  }
}

// y[q * y_row + i] = x[i * x_row + q]: the part that whole tiles cover, then the rows below it, then the columns
// beside.
template <class T>
void TransposePlane(int64_t rows, int64_t columns, const T* x, int64_t x_row, T* y, int64_t y_row) {
  const bool is_large = rows >= kTile && columns >= kTile;
  const int64_t tile = is_large ? kTile : kSmallTile;
  const int64_t whole_rows = rows - rows % tile;
  const int64_t whole_columns = columns - columns % tile;
  if (is_large) {
    TransposeTiles<kTile>(whole_rows, whole_columns, x, x_row, y, y_row);
    TransposePlane(rows - whole_rows, columns, x + whole_rows, x_row, y + whole_rows * y_row, y_row);
    return TransposePlane(whole_rows, columns - whole_columns, x + whole_columns * x_row, x_row, y + whole_columns,
                          y_row);
  }
  TransposeTiles<kSmallTile>(whole_rows, whole_columns, x, x_row, y, y_row);
  for (int64_t q = whole_rows; q < rows; ++q) {
    for (int64_t i = 0; i < columns; ++i) y[q * y_row + i] = x[i * x_row + q];
  }
  for (int64_t i = whole_columns; i < columns; ++i) {
    for (int64_t q = 0; q < whole_rows; ++q) y[q * y_row + i] = x[i * x_row + q];
  }
}

// The last axis is contiguous in y, axis rank - 2 is contiguous in x.
template <class T>
void CopyTransposed(ExecutionContext& context, const Loop& loop, const T* x, T* y) {
  const int last = loop.rank - 1;
  const int row_axis = last - 1;
  const int64_t rows = loop.sizes[row_axis];
  const int64_t columns = loop.sizes[last];
  const int64_t x_row = loop.x_strides[last];
  const int64_t y_row = loop.y_strides[row_axis];
  int64_t planes = 1;
  for (int axis = 0; axis < row_axis; ++axis) planes *= loop.sizes[axis];
  // Strips that fit the second-level cache on both sides, long in the direction in which the plane is.
  const int64_t strip_rows = columns < kSmallTile ? 1024 : kTile;
  const int64_t strip_columns = 1024;
  const int64_t strips_down = (rows + strip_rows - 1) / strip_rows;
  const int64_t strips_across = (columns + strip_columns - 1) / strip_columns;
  const int64_t strips = strips_down * strips_across;
  const int64_t strip_size = std::min(rows, strip_rows) * std::min(columns, strip_columns);
  ParallelFor(context, planes * strips, std::max<int64_t>(1, kElementwiseGrain / strip_size),
              [&](int64_t begin, int64_t end) {
                for (int64_t unit = begin; unit < end; ++unit) {
                  int64_t x_offset, y_offset;
                  Locate(loop, row_axis, unit / strips, &x_offset, &y_offset);
                  const int64_t q = unit % strips / strips_across * strip_rows;
                  const int64_t i = unit % strips % strips_across * strip_columns;
                  TransposePlane(std::min(strip_rows, rows - q), std::min(strip_columns, columns - i),
                                 x + x_offset + i * x_row + q, x_row, y + y_offset + q * y_row + i, y_row);
                }
              });
}

template <class T>
void Copy(ExecutionContext& context, Loop loop, const T* x, T* y) {
  const int last = loop.rank - 1;
  if (loop.y_strides[last] == 1 && loop.x_strides[last] > 1) {
    for (int axis = 0; axis < last; ++axis) {
      if (loop.x_strides[axis] == 1 && loop.sizes[axis] > 1) {
        loop.Swap(axis, last - 1);
        return CopyTransposed(context, loop, x, y);
      }
    }
  }
  CopyInRows(context, loop, x, y);
}

// Elements a buffer must hold so that the view stays inside; -1 when the view leaves it at the front, or overflows.
int64_t Extent(const Loop& loop, const int64_t* strides, int64_t offset) {
  int64_t lowest = offset;
  int64_t highest = offset;
  for (int axis = 0; axis < loop.rank; ++axis) {
    int64_t reach;
    int64_t* end = strides[axis] < 0 ? &lowest : &highest;
    if (__builtin_mul_overflow(loop.sizes[axis] - 1, strides[axis], &reach)) return -1;
    if (__builtin_add_overflow(*end, reach, end)) return -1;
  }
  return lowest < 0 || highest == INT64_MAX ? -1 : highest + 1;
}

}  // namespace

// arguments: element type, sizes, strides of x, offset in x, strides of y, offset in y, x, y
Status strided_copy(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const Shape sizes = arguments.ReadShape();
  const Shape x_strides = arguments.ReadStrides();
  const int64_t x_offset = arguments.ReadSize();
  const Shape y_strides = arguments.ReadStrides();
  const int64_t y_offset = arguments.ReadSize();
  if (sizes.rank < 1 || x_strides.rank != sizes.rank || y_strides.rank != sizes.rank) {
    arguments.Fail(StatusCode::kInvalidShape, "sizes and strides differ in rank");
  }
  Loop loop;
  loop.rank = sizes.rank;
  for (int axis = 0; axis < sizes.rank; ++axis) {
    if (sizes[axis] < 1) arguments.Fail(StatusCode::kInvalidShape, "an empty view cannot be copied");
    loop.sizes[axis] = sizes[axis];
    loop.x_strides[axis] = x_strides[axis];
    loop.y_strides[axis] = y_strides[axis];
  }
  const int64_t x_count = Extent(loop, loop.x_strides, x_offset);
  const int64_t y_count = Extent(loop, loop.y_strides, y_offset);
  if (x_count < 0 || y_count < 0) {
    arguments.Fail(StatusCode::kInvalidShape, "the view begins before its buffer, or reaches beyond 64 bits");
  }
  const auto run = [&](auto element) {
    using T = decltype(element);
    const T* x = arguments.ReadInput<T>(x_count);
    T* y = arguments.ReadOutput<T>(y_count);
    GGB_RETURN_IF_ERROR(arguments.Finish());
    Copy(context, loop, x + x_offset, y + y_offset);
    return Status::Ok();
  };
  return ElementBytes(type) == 1 ? run(uint8_t{}) : run(uint32_t{});
}

}  // namespace ggb::GGB_ISA_NAMESPACE
