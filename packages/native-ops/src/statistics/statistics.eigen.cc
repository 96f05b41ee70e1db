// One thread computes a tile from beginning to end, so that the number of threads changes no bit. Eigen's own
// parallelism, which divides sums among threads, is off.
#define EIGEN_DONT_PARALLELIZE
#include <algorithm>
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <limits>

#include "statistics/in-threads.h"
#include "statistics/statistics.h"

namespace ggb::statistics {
namespace GGB_ISA_NAMESPACE {
namespace {

using Matrix = Eigen::MatrixXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

// Large enough that packing a tile's operands costs little beside their product, small enough that two threads end
// together.
constexpr int64_t kTile = 256;

// Calls task(i, j) for every tile of a rows x columns matrix; for those on and below the diagonal alone if `lower`.
template <typename Task>
void ForTiles(int64_t rows, int64_t columns, bool lower, int threads, const Task& task) {
  std::vector<std::pair<int64_t, int64_t>> tiles;
  for (int64_t i = 0; i < rows; i += kTile) {
    for (int64_t j = 0; j < columns && (!lower || j <= i); j += kTile) tiles.emplace_back(i, j);
  }
  InThreads(static_cast<int64_t>(tiles.size()), threads, [&](int64_t t) { task(tiles[t].first, tiles[t].second); });
}

int64_t TileSize(int64_t begin, int64_t end) { return std::min(kTile, end - begin); }

// A factor F of a covariance: F F^T is the covariance, F is [dimensions, rank].
struct Factor {
  Matrix columns;
  // Whether entry (i, j) is zero for i < j.
  bool triangular;
};

// Cholesky with complete pivoting (Higham, "Accuracy and Stability of Numerical Algorithms", algorithm 10.2), which
// ends at the numerical rank: where no remaining variance exceeds `tolerance`. Left-looking, and without moving rows:
// the factor's rows stay in the covariance's order.
Factor PivotedCholesky(const Matrix& covariance, double tolerance) {
  const int64_t n = covariance.rows();
  Matrix factor(n, n);
  Vector remaining = covariance.diagonal();
  int64_t rank = 0;
  for (; rank < n; ++rank) {
    Eigen::Index pivot;
    const double variance = remaining.maxCoeff(&pivot);
    if (!(variance > tolerance)) break;
    auto column = factor.col(rank);
    // The lower triangle alone is given: row `pivot` to its left, column `pivot` below.
    column.head(pivot) = covariance.row(pivot).head(pivot).transpose();
    column.tail(n - pivot) = covariance.col(pivot).tail(n - pivot);
    column.noalias() -= factor.leftCols(rank) * factor.row(pivot).head(rank).transpose();
    column /= std::sqrt(variance);
    remaining -= column.cwiseAbs2();
    // Exactly done with; rounding would leave a little of either sign.
    remaining[pivot] = -std::numeric_limits<double>::infinity();
  }
  return {factor.leftCols(rank), false};
}

Factor FactorOf(const double* values, int64_t n) {
  const Matrix covariance = Eigen::Map<const RowMajor>(values, n, n);
  const double largest = n > 0 ? covariance.diagonal().maxCoeff() : 0.0;
  // As LAPACK's dpstrf decides on a rank by default.
  const double tolerance = static_cast<double>(n) * std::numeric_limits<double>::epsilon() * std::max(largest, 0.0);
  const Eigen::LLT<Matrix> cholesky(covariance);
  if (cholesky.info() == Eigen::Success) {
    Matrix factor = cholesky.matrixL();
    if (n > 0 && factor.diagonal().cwiseAbs2().minCoeff() > tolerance) return {std::move(factor), true};
  }
  return PivotedCholesky(covariance, tolerance);
}

void AddCentredProducts(double* values, int64_t count, int64_t dimensions, double* mean_values, double* comoment_values,
                        int threads) {
  Eigen::Map<RowMajor> rows(values, count, dimensions);
  Eigen::Map<Eigen::RowVectorXd> mean(mean_values, dimensions);
  Eigen::Map<RowMajor> comoments(comoment_values, dimensions, dimensions);
  // Row after row, whatever the instruction set.
  mean.setZero();
  for (int64_t i = 0; i < count; ++i) mean += rows.row(i);
  mean /= static_cast<double>(count);
  rows.rowwise() -= mean;
  ForTiles(dimensions, dimensions, true, threads, [&](int64_t i, int64_t j) {
    const int64_t height = TileSize(i, dimensions), width = TileSize(j, dimensions);
    comoments.block(i, j, height, width).noalias() +=
        rows.middleCols(i, height).transpose() * rows.middleCols(j, width);
  });
}

bool ProductEigenvalues(const double* a, const double* b, int64_t dimensions, int threads,
                        std::vector<double>* eigenvalues) {
  const double* inputs[] = {a, b};
  Factor factors[2];
  InThreads(2, threads, [&](int64_t i) { factors[i] = FactorOf(inputs[i], dimensions); });
  const bool swapped = factors[1].columns.cols() < factors[0].columns.cols();
  const Factor& few = factors[swapped ? 1 : 0];
  const Factor& many = factors[swapped ? 0 : 1];
  const int64_t rank = few.columns.cols(), width = many.columns.cols();
  if (rank == 0) {
    eigenvalues->clear();
    return true;
  }
  // With a = F F^T and b = G G^T, the eigenvalues of a b other than zero are those of (F^T G) (F^T G)^T.
  Matrix cross(rank, width);
  ForTiles(rank, width, false, threads, [&](int64_t i, int64_t j) {
    // Of triangular factors, everything above is zero.
    const int64_t begin = std::max(few.triangular ? i : 0, many.triangular ? j : 0);
    const int64_t length = dimensions - begin;
    cross.block(i, j, TileSize(i, rank), TileSize(j, width)).noalias() =
        few.columns.block(begin, i, length, TileSize(i, rank)).transpose() *
        many.columns.block(begin, j, length, TileSize(j, width));
  });
  Matrix product(rank, rank);
  ForTiles(rank, rank, true, threads, [&](int64_t i, int64_t j) {
    product.block(i, j, TileSize(i, rank), TileSize(j, rank)).noalias() =
        cross.middleRows(i, TileSize(i, rank)) * cross.middleRows(j, TileSize(j, rank)).transpose();
  });
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(product, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return false;
  eigenvalues->assign(solver.eigenvalues().data(), solver.eigenvalues().data() + rank);
  return true;
}

}  // namespace

extern const Kernels kKernels;
const Kernels kKernels = {AddCentredProducts, ProductEigenvalues};

}  // namespace GGB_ISA_NAMESPACE
}  // namespace ggb::statistics
