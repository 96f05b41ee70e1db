// Reductions over any set of axes, without transposing. JavaScript merges neighbouring axes of the same fate, so that
// kept and reduced axes alternate. The innermost axis decides the loop: when it is kept, whole rows are joined column
// by column (vectorised over the columns); when it is reduced, a run is read as rows of kLanes columns and the lanes
// are joined at the end. Both are the same inner loop, JoinRows.
//
// float32 is summed in float64: n * 2^-53 relative to sum |x| before the one rounding to float32, whatever the order.
#include <cmath>
#include <cstdint>
#include <limits>

#include "ops/standard/reduce/reduce.h"
#include "runtime/command-reader.h"
#include "runtime/element-type.h"
#include "runtime/execution-context.h"
#include "runtime/instruction-set.h"
#include "runtime/javascript-numbers.h"
#include "runtime/parallel.h"

namespace ggb::GGB_ISA_NAMESPACE {
namespace {

using reduce::ArgFunction;
using reduce::Function;

// Columns that one task joins at a time: 512 float64 accumulators are 4 KiB of stack, and stay in the first cache.
constexpr int64_t kColumns = 512;
// Columns a contiguous run is read as: enough independent sums to hide the latency of an addition.
constexpr int64_t kLanes = 64;
// Tasks per thread when there is a choice, so that unequal groups even out.
constexpr int64_t kTasksPerThread = 4;

template <class T, class A>
struct SumOf {
  using In = T;
  using Acc = A;
  static Acc Start() { return 0; }
  static Acc Join(Acc a, Acc b) { return a + b; }
};

template <class T>
struct ProdOf {
  using In = T;
  using Acc = double;
  static Acc Start() { return 1; }
  static Acc Join(Acc a, Acc b) { return a * b; }
};

// NaN wins, and stays: `b > a` is false when a is NaN, `b != b` brings a new one in. Two selections, because GCC
// vectorises those but not one with a composed condition.
template <class T>
struct MaxOf {
  using In = T;
  using Acc = T;
  static Acc Start() {
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  }
  static Acc Join(Acc a, Acc b) {
    const Acc larger = b > a ? b : a;
    return b != b ? b : larger;
  }
};

template <class T>
struct MinOf {
  using In = T;
  using Acc = T;
  static Acc Start() {
    return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  }
  static Acc Join(Acc a, Acc b) {
    const Acc smaller = b < a ? b : a;
    return b != b ? b : smaller;
  }
};

// Saturates: an absurd size must fail the comparison with its buffer, not wrap around to a small one.
int64_t Product(int64_t a, int64_t b) { return ElementCount(Shape{2, {a, b}}); }

// The axes besides the innermost, with the distance between neighbours in x.
struct Layout {
  Shape kept, kept_strides;
  Shape reduced, reduced_strides;
  int64_t groups = 1;  // product of kept
  int64_t rows = 1;    // product of reduced
  int64_t inner = 1;   // innermost axis, contiguous
  bool inner_is_reduced = false;

  int64_t inputs = 1;   // elements of x
  int64_t outputs = 1;  // elements of y
  int64_t reduced_count() const { return inner_is_reduced ? Product(rows, inner) : rows; }
};

Layout MakeLayout(const Shape& sizes, bool first_is_reduced) {
  Layout layout;
  int64_t stride = 1;
  for (int axis = sizes.rank - 1; axis >= 0; --axis) {
    const bool is_reduced = (axis % 2 == 0) == first_is_reduced;
    if (axis == sizes.rank - 1) {
      layout.inner = sizes[axis];
      layout.inner_is_reduced = is_reduced;
    } else {
      Shape& target = is_reduced ? layout.reduced : layout.kept;
      Shape& strides = is_reduced ? layout.reduced_strides : layout.kept_strides;
      target.sizes[target.rank++] = sizes[axis];  // innermost first
      strides.sizes[strides.rank++] = stride;
      int64_t& count = is_reduced ? layout.rows : layout.groups;
      count = Product(count, sizes[axis]);
    }
    stride = Product(stride, sizes[axis]);
  }
  layout.inputs = ElementCount(sizes);
  layout.outputs = ElementCount(Shape{2, {ElementCount(layout.kept), layout.inner_is_reduced ? 1 : layout.inner}});
  return layout;
}

int64_t Offset(const Shape& sizes, const Shape& strides, int64_t position) {
  int64_t offset = 0;
  for (int axis = 0; axis < sizes.rank; ++axis) {
    if (axis == sizes.rank - 1) return offset + position * strides[axis];
    offset += position % sizes[axis] * strides[axis];
    position /= sizes[axis];
  }
  return offset;
}

// acc[c] joins x[r * stride + c] over the rows, four at a time to load and store acc less often.
template <class Op>
void JoinRows(const typename Op::In* x, int64_t rows, int64_t stride, int64_t columns, typename Op::Acc* acc) {
  using Acc = typename Op::Acc;
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    const auto* x0 = x + r * stride;
    const auto* x1 = x0 + stride;
    const auto* x2 = x1 + stride;
    const auto* x3 = x2 + stride;
#pragma GCC ivdep
    for (int64_t c = 0; c < columns; ++c) {
      const Acc first = Op::Join(static_cast<Acc>(x0[c]), static_cast<Acc>(x1[c]));
      const Acc second = Op::Join(static_cast<Acc>(x2[c]), static_cast<Acc>(x3[c]));
      acc[c] = Op::Join(acc[c], Op::Join(first, second));
    }
  }
  for (; r < rows; ++r) {
    const auto* row = x + r * stride;
#pragma GCC ivdep
    for (int64_t c = 0; c < columns; ++c) acc[c] = Op::Join(acc[c], static_cast<Acc>(row[c]));
  }
}

// acc[c] joins a block of rows that lie behind each other, `columns` wide; narrow ones several rows at once.
template <class Op>
void JoinDenseRows(const typename Op::In* x, int64_t rows, int64_t columns, typename Op::Acc* acc) {
  using Acc = typename Op::Acc;
  const int64_t folds = columns > 0 ? kLanes / columns : 0;
  if (folds >= 2 && rows >= 4 * folds) {
    Acc lanes[kLanes];
    const int64_t wide = folds * columns;
    for (int64_t lane = 0; lane < wide; ++lane) lanes[lane] = Op::Start();
    const int64_t wide_rows = rows / folds;
    JoinRows<Op>(x, wide_rows, wide, wide, lanes);
    for (int64_t fold = 0; fold < folds; ++fold) {
      for (int64_t c = 0; c < columns; ++c) acc[c] = Op::Join(acc[c], lanes[fold * columns + c]);
    }
    x += wide_rows * wide;
    rows -= wide_rows * folds;
  }
  JoinRows<Op>(x, rows, columns, columns, acc);
}

// Rows [begin, end) of one group, columns [first, first + columns).
template <class Op>
void JoinGroupRows(const Layout& layout, const typename Op::In* x, int64_t begin, int64_t end, int64_t first,
                   int64_t columns, typename Op::Acc* acc) {
  const int64_t run_size = layout.reduced.rank > 0 ? layout.reduced[0] : 1;
  const int64_t stride = layout.reduced.rank > 0 ? layout.reduced_strides[0] : layout.inner;
  int64_t r = begin;
  while (r < end) {
    const int64_t rest_of_run = run_size - r % run_size;
    const int64_t run = rest_of_run < end - r ? rest_of_run : end - r;
    const auto* start = x + Offset(layout.reduced, layout.reduced_strides, r) + first;
    if (stride == columns) {
      JoinDenseRows<Op>(start, run, columns, acc);
    } else {
      JoinRows<Op>(start, run, stride, columns, acc);
    }
    r += run;
  }
}

template <class Op>
typename Op::Acc JoinRun(const typename Op::In* x, int64_t count) {
  typename Op::Acc total = Op::Start();
  JoinDenseRows<Op>(x, count, 1, &total);
  return total;
}

// Parts that the reduced axis is cut into when there are too few independent tasks for the threads.
int64_t SplitCount(const ExecutionContext& context, int64_t tasks, int64_t divisible, int64_t work) {
  if (context.threads() == 1 || work < 2 * kElementwiseGrain) return 1;
  const int64_t wanted = kTasksPerThread * context.threads();
  if (tasks >= wanted) return 1;
  const int64_t by_work = work / (kElementwiseGrain / 2) / (tasks < 1 ? 1 : tasks);
  int64_t splits = (wanted + tasks - 1) / tasks;
  splits = splits < by_work ? splits : by_work;
  splits = splits < divisible ? splits : divisible;
  return splits < 1 ? 1 : splits;
}

template <class Op, class Out, class Finish>
Status ReduceRuns(ExecutionContext& context, const Layout& layout, const typename Op::In* x, Out* y,
                  const Finish& finish) {
  using Acc = typename Op::Acc;
  const int64_t per_group = layout.rows * layout.inner;
  const bool cut_rows = layout.rows > 1;
  const int64_t divisible = cut_rows ? layout.rows : layout.inner;
  const int64_t splits = SplitCount(context, layout.groups, divisible, layout.groups * per_group);
  const auto part = [&](int64_t group, int64_t split) {
    const auto* base = x + Offset(layout.kept, layout.kept_strides, group);
    const int64_t begin = divisible * split / splits;
    const int64_t end = divisible * (split + 1) / splits;
    if (!cut_rows) return JoinRun<Op>(base + begin, end - begin);
    Acc total = Op::Start();
    for (int64_t r = begin; r < end; ++r) {
      total = Op::Join(total, JoinRun<Op>(base + Offset(layout.reduced, layout.reduced_strides, r), layout.inner));
    }
    return total;
  };
  if (splits == 1) {
    const int64_t grain = 1 + kElementwiseGrain / (per_group < 1 ? 1 : per_group);
    ParallelFor(context, layout.groups, grain, [&](int64_t begin, int64_t end) {
      for (int64_t group = begin; group < end; ++group) y[group] = finish(part(group, 0));
    });
    return Status::Ok();
  }
  Acc* partial = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(layout.groups * splits, &partial));
  ParallelFor(context, layout.groups * splits, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) partial[task] = part(task / splits, task % splits);
  });
  for (int64_t group = 0; group < layout.groups; ++group) {
    Acc total = partial[group * splits];
    for (int64_t split = 1; split < splits; ++split) total = Op::Join(total, partial[group * splits + split]);
    y[group] = finish(total);
  }
  return Status::Ok();
}

template <class Op, class Out, class Finish>
Status ReduceColumns(ExecutionContext& context, const Layout& layout, const typename Op::In* x, Out* y,
                     const Finish& finish) {
  using Acc = typename Op::Acc;
  const int64_t inner = layout.inner;
  const int64_t chunks = (inner + kColumns - 1) / kColumns;
  const int64_t tasks = layout.groups * chunks;
  const int64_t work = layout.groups * layout.rows * inner;
  const int64_t splits = SplitCount(context, tasks, layout.rows, work);
  Acc* partial = nullptr;
  if (splits > 1) GGB_RETURN_IF_ERROR(context.Scratch(layout.groups * splits * inner, &partial));
  const int64_t grain = 1 + kElementwiseGrain / (work / (tasks * splits) + 1);
  ParallelFor(context, tasks * splits, splits > 1 ? 1 : grain, [&](int64_t begin, int64_t end) {
    Acc acc[kColumns];
    for (int64_t task = begin; task < end; ++task) {
      const int64_t split = task % splits;
      const int64_t chunk = task / splits % chunks;
      const int64_t group = task / splits / chunks;
      const int64_t first = chunk * kColumns;
      const int64_t columns = inner - first < kColumns ? inner - first : kColumns;
      for (int64_t c = 0; c < columns; ++c) acc[c] = Op::Start();
      JoinGroupRows<Op>(layout, x + Offset(layout.kept, layout.kept_strides, group), layout.rows * split / splits,
                        layout.rows * (split + 1) / splits, first, columns, acc);
      if (splits > 1) {
        Acc* target = partial + (group * splits + split) * inner + first;
        for (int64_t c = 0; c < columns; ++c) target[c] = acc[c];
      } else {
        Out* target = y + group * inner + first;
        for (int64_t c = 0; c < columns; ++c) target[c] = finish(acc[c]);
      }
    }
  });
  if (splits == 1) return Status::Ok();
  for (int64_t group = 0; group < layout.groups; ++group) {
    Acc* total = partial + group * splits * inner;
    for (int64_t split = 1; split < splits; ++split) {
      for (int64_t c = 0; c < inner; ++c) total[c] = Op::Join(total[c], total[split * inner + c]);
    }
    for (int64_t c = 0; c < inner; ++c) y[group * inner + c] = finish(total[c]);
  }
  return Status::Ok();
}

template <class Op, class Out, class Finish>
Status Reduce(CommandReader& arguments, ExecutionContext& context, const Layout& layout, const Finish& finish) {
  const auto* x = arguments.ReadInput<typename Op::In>(layout.inputs);
  Out* y = arguments.ReadOutput<Out>(layout.outputs);
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (layout.outputs == 0) return Status::Ok();
  if (layout.reduced_count() == 0) {
    // Sums of nothing. The paths below take for granted that every run has elements.
    const Out nothing = finish(Op::Start());
    for (int64_t i = 0; i < layout.outputs; ++i) y[i] = nothing;
    return Status::Ok();
  }
  if (layout.inner_is_reduced) return ReduceRuns<Op>(context, layout, x, y, finish);
  return ReduceColumns<Op>(context, layout, x, y, finish);
}

template <class T>
Status ReduceToExtreme(Function function, CommandReader& arguments, ExecutionContext& context, const Layout& layout) {
  // The extreme of nothing is what TF.js reads behind the end of an array: NaN, or 0 as an integer.
  const bool is_empty = layout.reduced_count() == 0;
  const T nothing = std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN() : T{0};
  const auto finish = [=](T value) { return is_empty ? nothing : value; };
  if (function == Function::kMax) return Reduce<MaxOf<T>, T>(arguments, context, layout, finish);
  return Reduce<MinOf<T>, T>(arguments, context, layout, finish);
}

// One column of comparisons at a time; strictly better only, so that the first of equals wins and NaN never does.
template <class T, bool kLargest>
void ArgColumns(const T* x, int64_t count, int64_t stride, int64_t columns, int32_t* y) {
  T best[kColumns];
  int32_t at[kColumns];
  for (int64_t c = 0; c < columns; ++c) {
    best[c] = x[c];
    at[c] = 0;
  }
  for (int64_t i = 1; i < count; ++i) {
    const T* row = x + i * stride;
    const int32_t position = static_cast<int32_t>(i);
    for (int64_t c = 0; c < columns; ++c) {
      const bool better = kLargest ? row[c] > best[c] : row[c] < best[c];
      best[c] = better ? row[c] : best[c];
      at[c] = better ? position : at[c];
    }
  }
  for (int64_t c = 0; c < columns; ++c) y[c] = at[c];
}

// A run: the extreme first, in lanes that vectorise, then where it stands. A NaN in front beats everything, as nothing
// compares with it; later ones lose every comparison.
template <class T, bool kLargest>
int32_t ArgRun(const T* x, int64_t count) {
  const auto better = [](T value, T best) { return kLargest ? value > best : value < best; };
  constexpr int64_t kRunLanes = 32;
  T best = x[0];
  if (best != best) return 0;
  T lanes[kRunLanes];
  for (int64_t lane = 0; lane < kRunLanes; ++lane) lanes[lane] = best;
  int64_t i = 0;
  for (; i + kRunLanes <= count; i += kRunLanes) {
    for (int64_t lane = 0; lane < kRunLanes; ++lane) {
      lanes[lane] = better(x[i + lane], lanes[lane]) ? x[i + lane] : lanes[lane];
    }
  }
  for (int64_t lane = 0; lane < kRunLanes; ++lane) best = better(lanes[lane], best) ? lanes[lane] : best;
  for (; i < count; ++i) best = better(x[i], best) ? x[i] : best;
  int64_t at = 0;
  while (!(x[at] == best)) ++at;
  return static_cast<int32_t>(at);
}

template <class T, bool kLargest>
Status Arg(CommandReader& arguments, ExecutionContext& context, int64_t outer, int64_t count, int64_t inner) {
  const T* x = arguments.ReadInput<T>(ElementCount(Shape{3, {outer, count, inner}}));
  int32_t* y = arguments.ReadOutput<int32_t>(ElementCount(Shape{2, {outer, inner}}));
  if (count > std::numeric_limits<int32_t>::max()) {
    arguments.Fail(StatusCode::kInvalidShape, "positions beyond 2^31 - 1 do not fit int32");
  }
  GGB_RETURN_IF_ERROR(arguments.Finish());
  if (count == 0) {
    for (int64_t i = 0; i < outer * inner; ++i) y[i] = 0;
    return Status::Ok();
  }
  if (inner == 1) {
    ParallelFor(context, outer, 1 + kElementwiseGrain / count, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) y[i] = ArgRun<T, kLargest>(x + i * count, count);
    });
    return Status::Ok();
  }
  const int64_t chunks = (inner + kColumns - 1) / kColumns;
  const int64_t grain = 1 + kElementwiseGrain / (count * (inner < kColumns ? inner : kColumns) + 1);
  ParallelFor(context, outer * chunks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task % chunks * kColumns;
      const int64_t columns = inner - first < kColumns ? inner - first : kColumns;
      const int64_t i = task / chunks;
      ArgColumns<T, kLargest>(x + i * count * inner + first, count, inner, columns, y + i * inner + first);
    }
  });
  return Status::Ok();
}

template <class T>
Status AddAll(CommandReader& arguments, ExecutionContext& context, int64_t count, int64_t terms) {
  const T** x = nullptr;
  GGB_RETURN_IF_ERROR(context.Scratch(terms < 1 ? 1 : terms, &x));
  for (int64_t i = 0; i < terms; ++i) x[i] = arguments.ReadInput<T>(count);
  T* y = arguments.ReadOutput<T>(count);
  if (terms < 1) arguments.Fail(StatusCode::kInvalidShape, "there is nothing to add");
  GGB_RETURN_IF_ERROR(arguments.Finish());
  // A chunk of y stays in the first cache while the terms pass.
  constexpr int64_t kChunk = 4096;
  ParallelFor(context, count, kElementwiseGrain / 2, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin; first < end; first += kChunk) {
      const int64_t last = first + kChunk < end ? first + kChunk : end;
      for (int64_t i = first; i < last; ++i) y[i] = T{0} + x[0][i];
      for (int64_t term = 1; term < terms; ++term) {
        const T* next = x[term];
#pragma GCC ivdep
        for (int64_t i = first; i < last; ++i) y[i] += next[i];
      }
    }
  });
  return Status::Ok();
}

}  // namespace

// arguments: function, type of x, sizes (kept and reduced axes alternate), whether the first is reduced, x, y
// y has the type of x, but sum and prod of bool are int32 and mean is always float32.
Status reduce(CommandReader& arguments, ExecutionContext& context) {
  const auto function = static_cast<Function>(arguments.ReadInt());
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const Shape sizes = arguments.ReadShape();
  const bool first_is_reduced = arguments.ReadInt() != 0;
  const Layout layout = MakeLayout(sizes, first_is_reduced);
  const int64_t count = layout.reduced_count();
  const double divisor = count > 0 ? static_cast<double>(count) : 1.0;  // TF.js: the mean of nothing is 0
  const auto to_float = [](double sum) { return static_cast<float>(sum); };
  const auto to_mean = [divisor](double sum) { return static_cast<float>(sum / divisor); };
  const auto to_int = [](uint32_t sum) { return static_cast<int32_t>(sum); };
  switch (function) {
    case Function::kSum:
      if (type == ElementType::kFloat32) {
        return Reduce<SumOf<float, double>, float>(arguments, context, layout, to_float);
      }
      // Unsigned sums wrap as Int32Array does.
      if (type == ElementType::kInt32) {
        return Reduce<SumOf<int32_t, uint32_t>, int32_t>(arguments, context, layout, to_int);
      }
      return Reduce<SumOf<uint8_t, uint32_t>, int32_t>(arguments, context, layout, to_int);
    case Function::kMean:
      if (type == ElementType::kFloat32) {
        return Reduce<SumOf<float, double>, float>(arguments, context, layout, to_mean);
      }
      if (type == ElementType::kInt32) {
        return Reduce<SumOf<int32_t, double>, float>(arguments, context, layout, to_mean);
      }
      return Reduce<SumOf<uint8_t, double>, float>(arguments, context, layout, to_mean);
    case Function::kProd:
      if (type == ElementType::kFloat32) return Reduce<ProdOf<float>, float>(arguments, context, layout, to_float);
      if (type == ElementType::kInt32) return Reduce<ProdOf<int32_t>, int32_t>(arguments, context, layout, WrapToInt);
      return Status(StatusCode::kUnsupported, "no product of bool");
    case Function::kMax:
    case Function::kMin:
      if (type == ElementType::kFloat32) return ReduceToExtreme<float>(function, arguments, context, layout);
      if (type == ElementType::kInt32) return ReduceToExtreme<int32_t>(function, arguments, context, layout);
      return ReduceToExtreme<uint8_t>(function, arguments, context, layout);
  }
  return Status(StatusCode::kUnsupported, "no such reduction");
}

// arguments: function, type of x, outer, count, inner, x [outer, count, inner], y [outer, inner] as int32
Status reduce_arg(CommandReader& arguments, ExecutionContext& context) {
  const auto function = static_cast<ArgFunction>(arguments.ReadInt());
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const int64_t outer = arguments.ReadSize();
  const int64_t count = arguments.ReadSize();
  const int64_t inner = arguments.ReadSize();
  const bool largest = function == ArgFunction::kArgMax;
  if (type == ElementType::kFloat32) {
    if (largest) return Arg<float, true>(arguments, context, outer, count, inner);
    return Arg<float, false>(arguments, context, outer, count, inner);
  }
  if (type == ElementType::kInt32) {
    if (largest) return Arg<int32_t, true>(arguments, context, outer, count, inner);
    return Arg<int32_t, false>(arguments, context, outer, count, inner);
  }
  return Status(StatusCode::kUnsupported, "positions of extremes are found in float32 and int32");
}

// arguments: type, elements, number of terms, terms, y
Status add_n(CommandReader& arguments, ExecutionContext& context) {
  const auto type = static_cast<ElementType>(arguments.ReadInt());
  const int64_t count = arguments.ReadSize();
  const int64_t terms = arguments.ReadCount(2);
  if (type == ElementType::kFloat32) return AddAll<float>(arguments, context, count, terms);
  if (type == ElementType::kInt32) return AddAll<uint32_t>(arguments, context, count, terms);
  return Status(StatusCode::kUnsupported, "only float32 and int32 can be added");
}

}  // namespace ggb::GGB_ISA_NAMESPACE
