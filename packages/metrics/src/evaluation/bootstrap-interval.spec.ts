import { bootstrapIntervals } from './bootstrap-interval.ts';

/** Uniform values by a generator of another kind than the one inside. */
function values(count: number): Float64Array<ArrayBuffer> {
  let state = 12345;
  return Float64Array.from({ length: count }, () => {
    state = (Math.imul(1103515245, state) + 12345) & 0x7fffffff;
    return state / 0x7fffffff;
  });
}

describe('bootstrapIntervals', () => {
  it('is a point where all values are equal, or where there is one', () => {
    expect(bootstrapIntervals([Float64Array.of(2, 2, 2)])).toEqual([[2, 2]]);
    expect(bootstrapIntervals([Float64Array.of(0.25)])).toEqual([[0.25, 0.25]]);
  });

  it('is the same every time', () => {
    expect(bootstrapIntervals([values(100)])).toEqual(bootstrapIntervals([values(100)]));
  });

  it('comes near mean and 1.96 standard errors, which it tends to by the central limit theorem', () => {
    const sample = values(2000);
    const mean = sample.reduce((sum, value) => sum + value, 0) / sample.length;
    const variance = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sample.length;
    const error = Math.sqrt(variance / sample.length);
    const [[low, high]] = bootstrapIntervals([sample]) as [readonly [number, number]];
    // A quantile of 1,000 resamples has a standard error of sqrt(0.025 * 0.975 / 1000) / density = 0.085 errors; four of them.
    expect([(low - mean) / error, (high - mean) / error]).toBeAllClose([-1.96, 1.96], { absolute: 0.34 });
  });

  it('draws the same pairs for all metrics, so a metric that is twice another has twice its interval', () => {
    const sample = values(50);
    const [one, two] = bootstrapIntervals([sample, sample.map((value) => 2 * value)]);
    // Doubling is exact in binary; so are sums of doubled values.
    expect(two).toEqual(one?.map((bound) => 2 * bound));
  });

  it('covers the true mean about 95 times in 100', () => {
    let state = 99;
    const uniform = () => {
      state = (Math.imul(1103515245, state) + 12345) & 0x7fffffff;
      return state / 0x7fffffff;
    };
    let covered = 0;
    for (let trial = 0; trial < 100; trial++) {
      const [[low, high]] = bootstrapIntervals([Float64Array.from({ length: 40 }, uniform)]) as [
        readonly [number, number],
      ];
      if (low <= 0.5 && high >= 0.5) covered++;
    }
    // Binomial of 100 at 0.93 (percentile intervals of 40 values are a little short): four standard deviations are 10.
    expect(covered).toBeGreaterThanOrEqual(83);
    expect(covered).toBeLessThan(100);
  });

  it('has no interval without values', () => {
    expect(bootstrapIntervals([new Float64Array()])).toEqual([[Number.NaN, Number.NaN]]);
  });
});
