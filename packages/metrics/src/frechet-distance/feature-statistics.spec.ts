import { nativeStatistics } from '@ggb/native-ops/statistics';
import { drawnFeatures } from '../../testing/drawn-numbers.ts';
import { FeatureStatistics } from './feature-statistics.ts';
import { portableStatistics } from './portable-statistics.ts';
import type { StatisticsEngine } from './statistics-engine.ts';

/** Two passes over all rows, as a textbook has it. */
function covarianceOf(rows: ArrayLike<number>, dimensions: number): number[] {
  const count = rows.length / dimensions;
  const column = (i: number) => Array.from({ length: count }, (_, row) => rows[row * dimensions + i] as number);
  const means = Array.from({ length: dimensions }, (_, i) => column(i).reduce((sum, value) => sum + value, 0) / count);
  return Array.from({ length: dimensions * dimensions }, (_, at) => {
    const [i, j] = [Math.floor(at / dimensions), at % dimensions];
    const [a, b] = [column(i), column(j)];
    const products = a.map(
      (value, row) => (value - (means[i] as number)) * ((b[row] as number) - (means[j] as number)),
    );
    return products.reduce((sum, value) => sum + value, 0) / (count - 1);
  });
}

function filled(rows: Float32Array | Float64Array, dimensions: number, batch: number, engine?: StatisticsEngine) {
  const statistics = new FeatureStatistics(dimensions, engine);
  for (let at = 0; at < rows.length; at += batch * dimensions) {
    statistics.add(rows.subarray(at, at + batch * dimensions));
  }
  return statistics;
}

const engines: [string, StatisticsEngine][] = [['TypeScript', portableStatistics]];
try {
  engines.push(['native code', nativeStatistics()]);
} catch {
  // frechet-distance.spec.ts says why.
}

describe.each(engines)('FeatureStatistics in %s', (_, engine) => {
  it('has mean and sample covariance of a few numbers', () => {
    const { mean, covariance, count } = filled(Float32Array.of(1, 2, 3, 6, 5, 1), 2, 3, engine).result();
    expect(count).toBe(3);
    expect(Array.from(mean)).toEqual([3, 3]);
    // Differences (-2, -1), (0, 3), (2, -2): 8, 14 and -2, each by 2.
    expect(Array.from(covariance)).toEqual([4, -1, -1, 7]);
  });

  it('has the covariance of two passes, across the blocks in which rows are taken in', () => {
    const rows = drawnFeatures(2500, 6, 1, 0);
    // Sums of 2,500 products of about 1 in float64.
    expect(filled(rows, 6, 2500, engine).result().covariance).toBeAllClose(covarianceOf(rows, 6), {
      absolute: 1e-13,
      relative: 1e-12,
    });
  });

  it('has the same bits whatever the sizes of the batches', () => {
    const rows = drawnFeatures(2100, 5, 2, 0);
    const whole = filled(rows, 5, 2100, engine).result();
    for (const batch of [1, 7, 1024, 1025]) expect(filled(rows, 5, batch, engine).result()).toEqual(whole);
  });

  it('joins two halves to what the whole gives, but for rounding', () => {
    const rows = drawnFeatures(1500, 5, 3, 0);
    const whole = filled(rows, 5, 100, engine).result();
    const first = filled(rows.subarray(0, 5 * 400), 5, 100, engine);
    first.merge(filled(rows.subarray(5 * 400), 5, 100, engine));
    const joined = first.result();
    expect(joined.count).toBe(1500);
    expect(joined.mean).toBeAllClose(whole.mean, { absolute: 0, relative: 1e-14 });
    expect(joined.covariance).toBeAllClose(whole.covariance, { absolute: 1e-14, relative: 1e-12 });
  });

  it('loses no digits to a mean far from zero', () => {
    const near = drawnFeatures(1300, 4, 4, 0);
    const far = Float64Array.from(near, (value) => value + 2 ** 30);
    // At 2^30 a float64 mean is known to 1e-7, and by it two blocks are joined; sums of squares would be wrong by hundreds.
    const expected = covarianceOf(
      Float64Array.from(far, (value) => value - 2 ** 30),
      4,
    );
    expect(filled(far, 4, 1300, engine).result().covariance).toBeAllClose(expected, { absolute: 1e-8, relative: 1e-6 });
  });

  it('takes in more after a result', () => {
    const statistics = filled(Float32Array.of(0, 2), 1, 2, engine);
    expect(statistics.result().covariance[0]).toBe(2);
    statistics.add(Float32Array.of(4));
    expect(statistics.result()).toEqual({ count: 3, mean: Float64Array.of(2), covariance: Float64Array.of(4) });
  });
});

describe('FeatureStatistics', () => {
  it('has no covariance of one image', () => {
    expect(() => filled(Float32Array.of(1, 2), 2, 1).result()).toThrow('expected at least 2 images, received 1.');
  });

  it('refuses part of a row', () => {
    expect(() => new FeatureStatistics(3).add(new Float32Array(4))).toThrow('rows of 3 features, received 4 values');
  });

  it('refuses to join statistics of another network', () => {
    expect(() => new FeatureStatistics(3).merge(new FeatureStatistics(4))).toThrow(
      'expected statistics of 3 features, received of 4',
    );
  });
});
