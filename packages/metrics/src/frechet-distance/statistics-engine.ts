/**
 * The two expensive steps of a Fréchet distance. `nativeStatistics()` of '@ggb/native-ops/statistics' is one, in C++;
 * {@link portableStatistics} needs nothing but JavaScript. Matrices are row-major float64.
 */
export interface StatisticsEngine {
  /** For reports: library, instruction set, threads. */
  readonly description: string;

  /**
   * rows [count, dimensions] become their differences from their mean, which goes to `mean`; the sum of the products of those
   * differences is added to the lower triangle of `comoments` [dimensions, dimensions]; the upper one is left undefined.
   */
  addCentredProducts(
    rows: Float64Array,
    count: number,
    dimensions: number,
    mean: Float64Array,
    comoments: Float64Array,
  ): void;

  /**
   * The eigenvalues of a b, ascending, without those that are zero for want of rank. a and b [dimensions, dimensions] are
   * symmetric and positive semidefinite; their lower triangles are read.
   */
  productEigenvalues(a: Float64Array, b: Float64Array, dimensions: number): Promise<Float64Array>;
}
