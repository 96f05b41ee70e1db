// How far a mean over pairs would move if other pairs had been drawn from the same source.

/** What an interval means; printed with every report. */
export const intervalMethod = Object.freeze({
  kind: 'percentile bootstrap of the mean over pairs',
  level: 0.95,
  resamples: 1000,
  seed: 0,
});

/**
 * 95 % percentile intervals of the means of several metrics over the same pairs: 1,000 resamples of the pairs with
 * replacement, the 2.5th and 97.5th percentile of their means (linear between neighbours, as NumPy's `percentile`). The
 * same numbers give the same interval on every machine. It speaks of the choice of pairs alone, not of training anew.
 *
 * @param columns  one array a metric, the same pairs in the same order, all finite.
 * @see Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13.
 */
export function bootstrapIntervals(columns: readonly Float64Array[]): readonly (readonly [number, number])[] {
  const n = columns[0]?.length ?? 0;
  if (n === 0) return columns.map(() => [Number.NaN, Number.NaN] as const);
  const random = smallFastCounter(intervalMethod.seed);
  const means = columns.map(() => new Float64Array(intervalMethod.resamples));
  const drawn = new Int32Array(n);
  // Exact: a power of two, and products below 2^53. Chances of two pairs differ by at most 2^-32.
  const scale = n / 2 ** 32;
  for (let resample = 0; resample < intervalMethod.resamples; resample++) {
    for (let i = 0; i < n; i++) drawn[i] = (random() * scale) | 0;
    for (const [c, column] of columns.entries()) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += column[drawn[i] as number] as number;
      (means[c] as Float64Array)[resample] = sum / n;
    }
  }
  const tail = (1 - intervalMethod.level) / 2;
  return means.map((values) => {
    const sorted = values.sort();
    return [percentile(sorted, tail), percentile(sorted, 1 - tail)] as const;
  });
}

function percentile(sorted: Float64Array, fraction: number): number {
  const position = fraction * (sorted.length - 1);
  const below = Math.floor(position);
  const [low, high] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number];
  return low + (position - below) * (high - low);
}

/** 32 random bits a call. Chris Doty-Humphrey's sfc32, of PractRand; twelve rounds part seeds. */
function smallFastCounter(seed: number): () => number {
  let a = 0;
  let b = seed | 0;
  let c = 0;
  let counter = 1;
  const next = () => {
    const result = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}
