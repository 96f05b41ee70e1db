// Covariances, and the eigenvalues of the product of two, in float64 by Eigen. No Node-API, no TF.js.
//
// statistics.eigen.cc is compiled once per instruction set, each time in a namespace of its own. Eigen is renamed with
// it
// (-DEigen=...): its templates would otherwise have the same names in all three objects, and the linker would keep one.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/instruction-set.h"

namespace ggb::statistics {

// All matrices dense and row-major. The results do not depend on `threads`. Both throw std::bad_alloc, on the
// calling thread, when memory runs out; what they were to write is then undefined.
struct Kernels {
  // rows [count, dimensions]: replaced by their differences from their mean, which goes to mean [dimensions]. Adds the
  // sum over the rows of the products of those differences to the lower triangle of comoments [dimensions, dimensions];
  // the upper one is left undefined.
  void (*add_centred_products)(double* rows, int64_t count, int64_t dimensions, double* mean, double* comoments,
                               int threads);
  // The eigenvalues of a b, for symmetric positive semidefinite a and b [dimensions, dimensions] of which the lower
  // triangles are read; ascending. Those that are zero because a or b has not full rank are left out. False if the
  // iteration does not converge. The values must be finite.
  bool (*product_eigenvalues)(const double* a, const double* b, int64_t dimensions, int threads,
                              std::vector<double>* eigenvalues);
};

// The version of Eigen, e.g. "3.4.0".
const char* EigenVersion();

const Kernels& KernelsFor(InstructionSet set);

}  // namespace ggb::statistics
