// Inception Score as its field computes it: Salimans et al. 2016, "Improved Techniques for Training GANs", section 4; splits and
// order as in the authors' script.
import { FeatureStatisticsError } from '../frechet-distance/statistics-error.ts';

/** As in the authors' script; every table of this field uses them. */
export const defaultSplits = 10;

export interface InceptionScoreValue {
  /** Mean over the splits; from 1 (all images alike) to the number of classes. Higher is better. */
  readonly mean: number;
  /** Standard deviation over the splits, divided by their number (numpy.std). No interval of the mean. */
  readonly standardDeviation: number;
  /** exp(mean KL) of each split, in order. */
  readonly splits: readonly number[];
}

/**
 * Inception Score of a known number of images, whose logits come in the order of their names. Split i of n holds the images
 * from floor(i * count / n) to floor((i + 1) * count / n). Memory: two numbers a class and split. float64 throughout.
 */
export class InceptionScore {
  readonly #probabilities: Float64Array[];
  /** Sum over images and classes of p log p. */
  readonly #negativeEntropies: Float64Array;
  #seen = 0;
  #split = 0;

  /** @throws FeatureStatisticsError  for fewer images than splits. */
  constructor(
    readonly count: number,
    readonly classes: number,
    readonly splits = defaultSplits,
  ) {
    if (!(Number.isInteger(splits) && splits >= 1 && count >= splits)) {
      throw new FeatureStatisticsError(
        'Inception Score',
        `at least one image for each of ${splits} splits`,
        `${count}`,
        'Use more images; fewer splits make another score.',
      );
    }
    this.#probabilities = Array.from({ length: splits }, () => new Float64Array(classes));
    this.#negativeEntropies = new Float64Array(splits);
  }

  /** Takes in rows [n, classes] of logits, which are neither kept nor changed. */
  add(logits: Float32Array | Float64Array): void {
    const { classes } = this;
    if (logits.length % classes !== 0 || this.#seen + logits.length / classes > this.count) {
      throw new FeatureStatisticsError(
        'InceptionScore.add',
        `rows of ${classes} logits, ${this.count} in all`,
        `${logits.length} values after ${this.#seen} rows`,
        'Give whole rows, and as many as were announced.',
      );
    }
    for (let start = 0; start < logits.length; start += classes) this.#addRow(logits.subarray(start, start + classes));
  }

  /** @throws FeatureStatisticsError  before all images have been taken in. */
  result(): InceptionScoreValue {
    if (this.#seen !== this.count) {
      const advice = 'The borders of the splits depend on the number.';
      throw new FeatureStatisticsError('Inception Score', `${this.count} images`, `${this.#seen}`, advice);
    }
    // mean KL(p(y|x) || p(y)) = mean sum p(y|x) log p(y|x) - sum p(y) log p(y)
    const splits = this.#probabilities.map((sums, split) => {
      const images = this.#begin(split + 1) - this.#begin(split);
      const marginal = sums.reduce((sum, value) => sum + logProduct(value / images), 0);
      return Math.exp((this.#negativeEntropies[split] as number) / images - marginal);
    });
    const mean = splits.reduce((sum, value) => sum + value, 0) / splits.length;
    const variance = splits.reduce((sum, value) => sum + (value - mean) ** 2, 0) / splits.length;
    return { mean, standardDeviation: Math.sqrt(variance), splits };
  }

  #begin(split: number): number {
    return Math.floor((split * this.count) / this.splits);
  }

  #addRow(logits: Float32Array | Float64Array): void {
    while (this.#seen >= this.#begin(this.#split + 1)) this.#split++;
    const sums = this.#probabilities[this.#split] as Float64Array;
    let largest = -Infinity;
    for (const value of logits) largest = Math.max(largest, value);
    let total = 0;
    for (const value of logits) total += Math.exp(value - largest);
    const logTotal = Math.log(total) + largest;
    let negativeEntropy = 0;
    for (let i = 0; i < logits.length; i++) {
      const logProbability = (logits[i] as number) - logTotal;
      const probability = Math.exp(logProbability);
      sums[i] = (sums[i] as number) + probability;
      negativeEntropy += probability * logProbability;
    }
    this.#negativeEntropies[this.#split] = (this.#negativeEntropies[this.#split] as number) + negativeEntropy;
    this.#seen++;
  }
}

/** p log p, and its limit 0 for p = 0. */
function logProduct(p: number): number {
  return p === 0 ? 0 : p * Math.log(p);
}
