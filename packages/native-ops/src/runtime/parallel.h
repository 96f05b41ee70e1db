// Loops over threads. The partition depends on the count, the grain and the number of threads alone, so the same thread
// count gives the same bits. OpenMP, because oneDNN's build in Debian uses it too: one pool for both.
#pragma once

#include <omp.h>

#include <cstdint>

#include "runtime/execution-context.h"

namespace ggb {

// Pieces a loop is cut into: never more than threads, never smaller than the grain.
inline __attribute__((always_inline)) int PieceCount(const ExecutionContext& context, int64_t count, int64_t grain) {
  const int64_t pieces = grain > 0 ? (count + grain - 1) / grain : count;
  return static_cast<int>(pieces < 1 ? 1 : (pieces < context.threads() ? pieces : context.threads()));
}

// Calls body(piece, begin, end) once per piece; pieces cover [0, count) in order. `pieces` comes from PieceCount, so
// that a reduction can size its partial results before.
template <class Body>
inline void ParallelPieces(int pieces, int64_t count, const Body& body) {
  if (pieces <= 1) {
    body(0, int64_t{0}, count);
    return;
  }
#pragma omp parallel for schedule(static, 1) num_threads(pieces)
  for (int piece = 0; piece < pieces; ++piece) {
    body(piece, count * piece / pieces, count * (piece + 1) / pieces);
  }
}

// Calls body(begin, end) over [0, count), in parallel when there is at least `grain` work for each thread.
template <class Body>
inline void ParallelFor(const ExecutionContext& context, int64_t count, int64_t grain, const Body& body) {
  if (count <= 0) return;
  ParallelPieces(PieceCount(context, count, grain), count, [&](int, int64_t begin, int64_t end) { body(begin, end); });
}

// Elements of cheap arithmetic below which a second thread does not pay for its wake-up (about 5 us).
constexpr int64_t kElementwiseGrain = 16384;

}  // namespace ggb
