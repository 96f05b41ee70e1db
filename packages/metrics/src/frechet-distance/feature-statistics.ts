// Mean and covariance of features as they come, in float64, in memory that does not grow with their number.
import { portableStatistics } from './portable-statistics.ts';
import type { StatisticsEngine } from './statistics-engine.ts';
import { FeatureStatisticsError } from './statistics-error.ts';

/** What a Fréchet distance is computed from; what pytorch-fid keeps in `.npz` files. */
export interface GaussianStatistics {
  /** Number of images, where it is known: pytorch-fid's files do not say. */
  readonly count?: number;
  /** [dimensions] */
  readonly mean: Float64Array;
  /** [dimensions, dimensions], symmetric, row-major; sample covariance, divided by count - 1, as `numpy.cov`. */
  readonly covariance: Float64Array;
}

/** Rows are taken in in blocks of this many, however they are given: the sums do not depend on the caller's batches. */
const blockRows = 1024;

/**
 * Streaming mean and covariance. Each block is centred by its own mean and joined to what came before (Chan, Golub, LeVeque,
 * "Updating formulae and a pairwise algorithm for computing sample variances", 1982), so that features far from zero lose
 * no digits. The same rows in the same order give the same bits, whatever the sizes of the batches.
 */
export class FeatureStatistics {
  #count = 0;
  readonly #mean: Float64Array;
  /** Lower triangle of the sum of products of differences from the mean. */
  readonly #comoments: Float64Array;
  readonly #block: Float64Array;
  #blockValues = 0;

  constructor(
    readonly dimensions: number,
    private readonly engine: StatisticsEngine = portableStatistics,
  ) {
    if (!Number.isInteger(dimensions) || dimensions < 1) {
      throw new FeatureStatisticsError(
        'FeatureStatistics: dimensions',
        'a whole number above 0',
        `${dimensions}`,
        'It is the number of features of one image, 2048 for Inception.',
      );
    }
    this.#mean = new Float64Array(dimensions);
    this.#comoments = new Float64Array(dimensions * dimensions);
    this.#block = new Float64Array(blockRows * dimensions);
  }

  /** Images taken in so far. */
  get count(): number {
    return this.#count + this.#blockValues / this.dimensions;
  }

  /** Takes in rows [n, dimensions], one after the other in `rows`, which is neither kept nor changed. */
  add(rows: Float32Array | Float64Array): void {
    if (rows.length % this.dimensions !== 0) {
      throw new FeatureStatisticsError(
        'FeatureStatistics.add',
        `rows of ${this.dimensions} features`,
        `${rows.length} values`,
        'Give whole rows.',
      );
    }
    for (let taken = 0; taken < rows.length; ) {
      const part = rows.subarray(taken, taken + this.#block.length - this.#blockValues);
      this.#block.set(part, this.#blockValues);
      this.#blockValues += part.length;
      taken += part.length;
      if (this.#blockValues === this.#block.length) this.#takeBlock();
    }
  }

  /** Joins what `other` has taken in, as if its rows had been added here but for rounding. `other` stays as it is. */
  merge(other: FeatureStatistics): void {
    if (other.dimensions !== this.dimensions) {
      throw new FeatureStatisticsError(
        'FeatureStatistics.merge',
        `statistics of ${this.dimensions} features`,
        `of ${other.dimensions}`,
        'Merge statistics of one network and layer.',
      );
    }
    this.#takeBlock();
    other.#takeBlock();
    for (let i = 0; i < this.#comoments.length; i++) {
      this.#comoments[i] = (this.#comoments[i] as number) + (other.#comoments[i] as number);
    }
    this.#join(other.#count, other.#mean);
  }

  /**
   * Mean and covariance of everything so far; copies. More may be added afterwards.
   *
   * @throws FeatureStatisticsError  for fewer than two images, which have no covariance.
   */
  result(): GaussianStatistics {
    this.#takeBlock();
    const { dimensions } = this;
    if (this.#count < 2) {
      throw new FeatureStatisticsError(
        'covariance of the features',
        'at least 2 images',
        `${this.#count}`,
        'One image has no covariance; thousands make one that means something.',
      );
    }
    const covariance = new Float64Array(dimensions * dimensions);
    for (let i = 0; i < dimensions; i++) {
      for (let j = 0; j <= i; j++) {
        const value = (this.#comoments[i * dimensions + j] as number) / (this.#count - 1);
        covariance[i * dimensions + j] = value;
        covariance[j * dimensions + i] = value;
      }
    }
    return { count: this.#count, mean: this.#mean.slice(), covariance };
  }

  #takeBlock(): void {
    const rows = this.#blockValues / this.dimensions;
    if (rows === 0) return;
    const mean = new Float64Array(this.dimensions);
    const values = this.#block.subarray(0, this.#blockValues);
    this.engine.addCentredProducts(values, rows, this.dimensions, mean, this.#comoments);
    this.#join(rows, mean);
    this.#blockValues = 0;
  }

  /** Joins the mean of `count` rows whose centred products are in the sum already. */
  #join(count: number, mean: Float64Array): void {
    const total = this.#count + count;
    if (count === 0) return;
    const difference = mean.map((value, i) => value - (this.#mean[i] as number));
    const weight = (this.#count * count) / total;
    if (weight > 0) {
      for (let i = 0; i < this.dimensions; i++) {
        const factor = (difference[i] as number) * weight;
        const start = i * this.dimensions;
        for (let j = 0; j <= i; j++) {
          this.#comoments[start + j] = (this.#comoments[start + j] as number) + factor * (difference[j] as number);
        }
      }
    }
    for (let i = 0; i < this.dimensions; i++) {
      this.#mean[i] = (this.#mean[i] as number) + ((difference[i] as number) * count) / total;
    }
    this.#count = total;
  }
}
