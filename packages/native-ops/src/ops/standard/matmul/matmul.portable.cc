// Matrix products C = op(A) op(B) of float32, for batches whose axes broadcast.
//
// The usual three blockings: a tile of kTileRows x kTileColumns of C lives in registers; a panel of B (kDepth x
// kTileColumns) stays in the first cache while the panels of a block of A (kBlockRows x kDepth, second cache) pass over
// it. A and B are copied into panels, zeros behind the last row or column, so that the innermost loop reads both in
// order. Every element of C is summed over k in ascending order, in steps of kDepth, whatever the threads: they only
// divide C. One row or one column is bound by memory, not by arithmetic, and has loops of its own.
#include <cstdint>
#include <cstring>

#include "runtime/command-reader.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/parallel.h"
#include "runtime/vector.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

// Tile: as many accumulators as leave registers for one row of B (two vectors) and a number of A.
constexpr int kTileRows = kLanes == 16 ? 14 : 6;  // 28 of 32 registers, 12 of 16
constexpr int kTileColumns = 2 * kLanes;
constexpr int64_t kDepth = 256;
constexpr int64_t kBlockRows = 12 * kTileRows;
constexpr int64_t kBlockColumns = 1024;
// Multiply-adds below which a second thread does not pay: about 5 us.
constexpr int64_t kGrain = int64_t{1} << 18;

// A matrix in memory: element (row, column) at row * row_stride + column * column_stride; one of the strides is 1.
struct Matrix {
  const float* data;
  int64_t row_stride;
  int64_t column_stride;
  const float* At(int64_t row, int64_t column) const { return data + row * row_stride + column * column_stride; }
};

struct Range {
  int64_t begin;
  int64_t end;
  int64_t size() const { return end - begin; }
};

int64_t Smaller(int64_t a, int64_t b) { return a < b ? a : b; }
int64_t RoundUp(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

// c[i][j] (+)= sum over k of a[k][i] * b[k][j] for kRows x kTileColumns of C.
template <int kRows>
void Tile(int64_t depth, const float* a, const float* b, int64_t b_stride, float* c, int64_t c_stride,
          bool accumulate) {
  Vector sums[kRows][2] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const Vector b0 = Load(b);
    const Vector b1 = Load(b + kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      sums[i][0] += a[i] * b0;
      sums[i][1] += a[i] * b1;
    }
    a += kTileRows;
    b += b_stride;
  }
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i) {
    float* row = c + i * c_stride;
    if (accumulate) {
      sums[i][0] += Load(row);
      sums[i][1] += Load(row + kLanes);
    }
    Store(row, sums[i][0]);
    Store(row + kLanes, sums[i][1]);
  }
}

using TileFunction = void (*)(int64_t, const float*, const float*, int64_t, float*, int64_t, bool);

// Tiles by number of rows, for the last rows of C and for skinny matrices.
constexpr TileFunction kTiles[] = {nullptr, Tile<1>, Tile<2>, Tile<3>,  Tile<4>,  Tile<5>,  Tile<6>,
#if defined(__AVX512F__)
                                   Tile<7>, Tile<8>, Tile<9>, Tile<10>, Tile<11>, Tile<12>, Tile<13>,
                                   Tile<14>
#endif
};

// Panels of `width` lanes: panel[k * width + lane] = m(lane, k), lanes beyond `lanes` zero.
void PackPanel(const float* from, int64_t lane_stride, int64_t depth_stride, int64_t lanes, int64_t depth,
               int64_t width, float* panel) {
  if (lane_stride == 1 && lanes == width) {
    for (int64_t k = 0; k < depth; ++k) std::memcpy(panel + k * width, from + k * depth_stride, width * sizeof(float));
    return;
  }
  if (lanes < width) std::memset(panel, 0, depth * width * sizeof(float));
  if (depth_stride != 1) {
    for (int64_t k = 0; k < depth; ++k) {
      for (int64_t lane = 0; lane < lanes; ++lane)
        panel[k * width + lane] = from[lane * lane_stride + k * depth_stride];
    }
    return;
  }
  // Along the rows in memory, a few columns of the panel at a time: every line of both is touched once.
  constexpr int64_t kStep = 16;
  for (int64_t first = 0; first < depth; first += kStep) {
    const int64_t last = Smaller(first + kStep, depth);
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const float* row = from + lane * lane_stride;
      for (int64_t k = first; k < last; ++k) panel[k * width + lane] = row[k];
    }
  }
}

struct Workspace {
  float* a;  // kBlockRows x kDepth
  float* b;  // kDepth x PanelColumns(columns)
};

int64_t PanelColumns(int64_t columns) { return RoundUp(Smaller(columns, kBlockColumns), kTileColumns); }

// Few rows use a panel of B too seldom to copy it first; reading B in place needs its rows to be contiguous.
bool ReadsInPlace(const Matrix& b, int64_t rows) { return b.column_stride == 1 && rows <= 2 * kTileRows; }

// Rows [first, first + rows) of A, packed, times the panels of B for columns [column, column + columns).
void MultiplyBlock(const Workspace& workspace, const Matrix& b, bool in_place, int64_t k, int64_t depth, Range rows,
                   Range columns, float* c, int64_t c_stride, bool accumulate) {
  for (int64_t j = columns.begin; j < columns.end; j += kTileColumns) {
    const int64_t width = Smaller(kTileColumns, columns.end - j);
    const bool direct = in_place && width == kTileColumns;
    const float* panel = direct ? b.At(k, j) : workspace.b + (j - columns.begin) * depth;
    const int64_t panel_stride = direct ? b.row_stride : kTileColumns;
    for (int64_t i = rows.begin; i < rows.end; i += kTileRows) {
      const int height = static_cast<int>(Smaller(kTileRows, rows.end - i));
      const float* a_panel = workspace.a + (i - rows.begin) * depth;
      float* target = c + i * c_stride + j;
      if (width == kTileColumns) {
        kTiles[height](depth, a_panel, panel, panel_stride, target, c_stride, accumulate);
        continue;
      }
      float edge[kTileRows * kTileColumns];
      kTiles[height](depth, a_panel, panel, panel_stride, edge, kTileColumns, false);
      for (int row = 0; row < height; ++row) {
        float* to = target + row * c_stride;
        const float* from = edge + row * kTileColumns;
        for (int64_t column = 0; column < width; ++column)
          to[column] = accumulate ? to[column] + from[column] : from[column];
      }
    }
  }
}

// A rectangle of C, on one thread.
void MultiplyRectangle(const Matrix& a, const Matrix& b, int64_t depth, Range rows, Range columns, float* c,
                       int64_t c_stride, const Workspace& workspace) {
  const bool in_place = ReadsInPlace(b, rows.size());
  for (int64_t first = columns.begin; first < columns.end; first += kBlockColumns) {
    const Range block{first, Smaller(first + kBlockColumns, columns.end)};
    for (int64_t k = 0; k < depth; k += kDepth) {
      const int64_t step = Smaller(kDepth, depth - k);
      for (int64_t j = block.begin; j < block.end; j += kTileColumns) {
        const int64_t width = Smaller(kTileColumns, block.end - j);
        if (in_place && width == kTileColumns) continue;
        PackPanel(b.At(k, j), b.column_stride, b.row_stride, width, step, kTileColumns,
                  workspace.b + (j - block.begin) * step);
      }
      for (int64_t i = rows.begin; i < rows.end; i += kBlockRows) {
        const Range part{i, Smaller(i + kBlockRows, rows.end)};
        for (int64_t row = part.begin; row < part.end; row += kTileRows) {
          PackPanel(a.At(row, k), a.row_stride, a.column_stride, Smaller(kTileRows, part.end - row), step, kTileRows,
                    workspace.a + (row - part.begin) * step);
        }
        MultiplyBlock(workspace, b, in_place, k, step, part, block, c, c_stride, k > 0);
      }
    }
  }
}

// y[j] = sum over k of x[k] * m[k * stride + j]: rows of m are added up, a chunk of y at a time.
void AddRows(const float* m, int64_t stride, int64_t depth, const float* x, Range columns, float* y) {
  constexpr int64_t kChunk = 1024;
  for (int64_t first = columns.begin; first < columns.end; first += kChunk) {
    const int64_t width = Smaller(kChunk, columns.end - first);
    float* to = y + first;
    for (int64_t j = 0; j < width; ++j) to[j] = 0;
    int64_t k = 0;
    for (; k + 4 <= depth; k += 4) {
      const float* m0 = m + k * stride + first;
      const float* m1 = m0 + stride;
      const float* m2 = m1 + stride;
      const float* m3 = m2 + stride;
#pragma GCC ivdep
      for (int64_t j = 0; j < width; ++j) {
        to[j] += (x[k] * m0[j] + x[k + 1] * m1[j]) + (x[k + 2] * m2[j] + x[k + 3] * m3[j]);
      }
    }
    for (; k < depth; ++k) {
      const float* row = m + k * stride + first;
#pragma GCC ivdep
      for (int64_t j = 0; j < width; ++j) to[j] += x[k] * row[j];
    }
  }
}

// y[i] = dot product of row i of m with x.
void Dots(const float* m, int64_t stride, int64_t depth, const float* x, Range rows, float* y) {
  constexpr int64_t kStep = 4 * kLanes;
  for (int64_t i = rows.begin; i < rows.end; ++i) {
    const float* row = m + i * stride;
    Vector sums[4] = {};
    int64_t k = 0;
    for (; k + kStep <= depth; k += kStep) {
      for (int v = 0; v < 4; ++v) sums[v] += Load(row + k + v * kLanes) * Load(x + k + v * kLanes);
    }
    const Vector whole = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    float total = 0;
    for (int lane = 0; lane < kLanes; ++lane) total += whole[lane];
    for (; k < depth; ++k) total += row[k] * x[k];
    y[i] = total;
  }
}

// Rows and columns of the grid of threads over C: near squares of C, because a thread copies its rows of A and its
// columns of B for itself.
void ChooseGrid(int threads, int64_t rows, int64_t columns, int* down, int* across) {
  *down = 1;
  *across = threads;
  int64_t least = -1;
  for (int candidate = 1; candidate <= threads; ++candidate) {
    if (threads % candidate != 0) continue;
    const int64_t copied =
        RoundUp(rows / candidate + 1, kTileRows) + RoundUp(columns * candidate / threads + 1, kTileColumns);
    if (least >= 0 && copied >= least) continue;
    least = copied;
    *down = candidate;
    *across = threads / candidate;
  }
}

// Part `index` of `count` of a range cut between tiles.
Range Part(int64_t size, int64_t unit, int64_t index, int64_t count) {
  const int64_t tiles = (size + unit - 1) / unit;
  return {Smaller(tiles * index / count * unit, size), Smaller(tiles * (index + 1) / count * unit, size)};
}

struct Problem {
  int64_t m, n, k;
  bool transpose_a, transpose_b;
  Matrix A(const float* data) const { return {data, transpose_a ? 1 : k, transpose_a ? m : 1}; }
  Matrix B(const float* data) const { return {data, transpose_b ? 1 : n, transpose_b ? k : 1}; }
};

// One row or one column of C: `vector` times `matrix` [length of the result, depth], or its transpose.
void MultiplyVector(int pieces, const float* matrix, bool rows_are_results, int64_t results, int64_t depth,
                    const float* vector, float* y) {
  const int64_t units = (results + kLanes - 1) / kLanes;
  ParallelPieces(pieces, units, [&](int, int64_t begin, int64_t end) {
    const Range part{begin * kLanes, Smaller(end * kLanes, results)};
    if (rows_are_results) {
      Dots(matrix, depth, depth, vector, part, y);
    } else {
      AddRows(matrix, results, depth, vector, part, y);
    }
  });
}

void MultiplyOne(const Problem& problem, const float* a, const float* b, float* c, int pieces,
                 const Workspace* workspaces) {
  const int64_t m = problem.m;
  const int64_t n = problem.n;
  const int64_t k = problem.k;
  if (m == 1) {
    MultiplyVector(pieces, b, problem.transpose_b, n, k, a, c);
  } else if (n == 1) {
    MultiplyVector(pieces, a, !problem.transpose_a, m, k, b, c);
  } else {
    int down = 1;
    int across = 1;
    ChooseGrid(pieces, m, n, &down, &across);
    ParallelPieces(pieces, pieces, [&](int piece, int64_t begin, int64_t) {
      const Range rows = Part(m, kTileRows, begin / across, down);
      const Range columns = Part(n, kTileColumns, begin % across, across);
      if (rows.size() <= 0 || columns.size() <= 0) return;
      MultiplyRectangle(problem.A(a), problem.B(b), k, rows, columns, c, n, workspaces[piece]);
    });
  }
}

}  // namespace

// arguments: transpose a, transpose b, rows of C, columns of C, depth, sizes of the batch axes, their strides in a and
// in b (in matrices, 0 where a batch is repeated), matrices in a, matrices in b, a, b, c
Status matmul(CommandReader& arguments, ExecutionContext& context) {
  Problem problem;
  problem.transpose_a = arguments.ReadInt() != 0;
  problem.transpose_b = arguments.ReadInt() != 0;
  problem.m = arguments.ReadSize();
  problem.n = arguments.ReadSize();
  problem.k = arguments.ReadSize();
  const Shape batch = arguments.ReadShape();
  const Shape a_strides = arguments.ReadShape();
  const Shape b_strides = arguments.ReadShape();
  if (a_strides.rank != batch.rank || b_strides.rank != batch.rank) {
    arguments.Fail(StatusCode::kInvalidShape, "batch sizes and strides differ in rank");
  }
  const int64_t batches = ElementCount(batch);
  const int64_t a_matrices = Extent(batch, a_strides);
  const int64_t b_matrices = Extent(batch, b_strides);
  const int64_t m = problem.m;
  const int64_t n = problem.n;
  const int64_t k = problem.k;
  const float* a = arguments.ReadInput<float>(ElementCount(Shape{3, {a_matrices, m, k}}));
  const float* b = arguments.ReadInput<float>(ElementCount(Shape{3, {b_matrices, k, n}}));
  float* c = arguments.ReadOutput<float>(ElementCount(Shape{3, {batches, m, n}}));
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (batches * m * n == 0) return Status::Ok();
  if (k == 0) {
    std::memset(c, 0, batches * m * n * sizeof(float));
    return Status::Ok();
  }
  const int64_t work = m * n * k;
  // Small matrices are dealt out to the threads whole, large ones are cut.
  const int inside = PieceCount(context, work, kGrain);
  const bool whole = inside == 1 || batches >= 8 * context.threads();
  const int pieces = whole ? PieceCount(context, batches, 1 + kGrain / work) : inside;
  Workspace* workspaces = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(pieces, &workspaces));
  if (m > 1 && n > 1) {
    for (int piece = 0; piece < pieces; ++piece) {
      GGB_RETURN_IF_ERROR(
          context.Scratch(RoundUp(Smaller(m, kBlockRows), kTileRows) * Smaller(k, kDepth), &workspaces[piece].a));
      GGB_RETURN_IF_ERROR(context.Scratch(PanelColumns(n) * Smaller(k, kDepth), &workspaces[piece].b));
    }
  }
  const auto multiply = [&](int64_t index, int threads, const Workspace* workspace) {
    int64_t rest = index;
    int64_t a_at = 0;
    int64_t b_at = 0;
    for (int axis = batch.rank - 1; axis >= 0; --axis) {
      a_at += rest % batch[axis] * a_strides[axis];
      b_at += rest % batch[axis] * b_strides[axis];
      rest /= batch[axis];
    }
    MultiplyOne(problem, a + a_at * m * k, b + b_at * k * n, c + index * m * n, threads, workspace);
  };
  if (!whole) {
    for (int64_t index = 0; index < batches; ++index) multiply(index, pieces, workspaces);
    return Status::Ok();
  }
  ParallelPieces(pieces, batches, [&](int piece, int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) multiply(index, 1, workspaces + piece);
  });
  return Status::Ok();
}

}  // namespace ggb::GGB_ISA_NAMESPACE
