// The statistics engine in plain TypeScript, eigenvalues by ml-matrix. The one to read; for 2,048 features it takes minutes.
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import type { StatisticsEngine } from './statistics-engine.ts';

export const portableStatistics: StatisticsEngine = {
  description: 'TypeScript with ml-matrix',
  addCentredProducts,
  productEigenvalues: async (a, b, dimensions) => productEigenvalues(a, b, dimensions),
};

function addCentredProducts(
  rows: Float64Array,
  count: number,
  dimensions: number,
  mean: Float64Array,
  comoments: Float64Array,
): void {
  mean.fill(0);
  for (let at = 0; at < count * dimensions; at++)
    mean[at % dimensions] = valueAt(mean, at % dimensions) + valueAt(rows, at);
  for (let i = 0; i < dimensions; i++) mean[i] = valueAt(mean, i) / count;
  for (let at = 0; at < count * dimensions; at++) rows[at] = valueAt(rows, at) - valueAt(mean, at % dimensions);
  for (let start = 0; start < count * dimensions; start += dimensions) {
    const row = rows.subarray(start, start + dimensions);
    for (let i = 0; i < dimensions; i++) {
      const factor = valueAt(row, i);
      const target = i * dimensions;
      for (let j = 0; j <= i; j++) comoments[target + j] = valueAt(comoments, target + j) + factor * valueAt(row, j);
    }
  }
}

/** a = F Fᵀ and b = G Gᵀ: the eigenvalues of a b other than zero are those of (Fᵀ G)(Fᵀ G)ᵀ, which is symmetric. */
function productEigenvalues(a: Float64Array, b: Float64Array, dimensions: number): Float64Array {
  const [few, many] = [factorOf(a, dimensions), factorOf(b, dimensions)].sort((f, g) => f.length - g.length) as [
    Float64Array[],
    Float64Array[],
  ];
  if (few.length === 0) return new Float64Array(0);
  const cross = few.map((column) => Float64Array.from(many, (other) => dot(column, other)));
  const product = new Matrix(few.length, few.length);
  for (const [i, row] of cross.entries()) {
    for (let j = 0; j <= i; j++) {
      const value = dot(row, cross[j] as Float64Array);
      product.set(i, j, value);
      product.set(j, i, value);
    }
  }
  const { realEigenvalues } = new EigenvalueDecomposition(product, { assumeSymmetric: true });
  return Float64Array.from(realEigenvalues).sort();
}

/**
 * The columns of F, as many as the covariance has rank: Cholesky with complete pivoting (Higham, "Accuracy and Stability of
 * Numerical Algorithms", algorithm 10.2), which ends where no variance is left but rounding. Rows stay in place.
 */
function factorOf(covariance: Float64Array, n: number): Float64Array[] {
  const entry = (i: number, j: number) => valueAt(covariance, i >= j ? i * n + j : j * n + i);
  const remaining = Float64Array.from({ length: n }, (_, i) => entry(i, i));
  // As LAPACK's dpstrf decides on a rank by default.
  const tolerance = n * Number.EPSILON * remaining.reduce((largest, value) => Math.max(largest, value), 0);
  const columns: Float64Array[] = [];
  while (columns.length < n) {
    let pivot = 0;
    for (let i = 1; i < n; i++) if (valueAt(remaining, i) > valueAt(remaining, pivot)) pivot = i;
    const variance = valueAt(remaining, pivot);
    if (!(variance > tolerance)) break;
    const column = Float64Array.from({ length: n }, (_, i) => entry(i, pivot));
    for (const before of columns) {
      const factor = valueAt(before, pivot);
      for (let i = 0; i < n; i++) column[i] = valueAt(column, i) - factor * valueAt(before, i);
    }
    const root = Math.sqrt(variance);
    for (let i = 0; i < n; i++) {
      column[i] = valueAt(column, i) / root;
      remaining[i] = valueAt(remaining, i) - valueAt(column, i) ** 2;
    }
    // Exactly done with; rounding would leave a little of either sign.
    remaining[pivot] = -Infinity;
    columns.push(column);
  }
  return columns;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += valueAt(a, i) * valueAt(b, i);
  return sum;
}

/** An entry that is known to be there. */
const valueAt = (values: Float64Array, index: number): number => values[index] as number;
