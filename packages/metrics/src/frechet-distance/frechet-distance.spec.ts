import { nativeStatistics } from '@ggb/native-ops/statistics';
import { checkPrecisionPage, MeasuredErrors } from '../../../../tools/testing/precision-page.ts';
import { describeWhen, itWhen } from '../../../../tools/testing/skipping.ts';
import { drawnFeatures } from '../../testing/drawn-numbers.ts';
import golden from '../../testing/golden/frechet.golden.json' with { type: 'json' };
import { FeatureStatistics, type GaussianStatistics } from './feature-statistics.ts';
import { frechetDistance } from './frechet-distance.ts';
import { portableStatistics } from './portable-statistics.ts';
import type { StatisticsEngine } from './statistics-engine.ts';

const { engine: native, reason } = nativeEngine();

function nativeEngine(): { engine?: StatisticsEngine; reason: string } {
  try {
    return { engine: nativeStatistics(), reason: '' };
  } catch (error) {
    return { reason: (error as Error).message.split('\n', 1)[0] as string };
  }
}

function statisticsOf(rows: Float32Array | Float64Array, dimensions: number, engine: StatisticsEngine) {
  const statistics = new FeatureStatistics(dimensions, engine);
  statistics.add(rows);
  return statistics.result();
}

function distanceOf(example: (typeof golden.distances)[number], engine: StatisticsEngine) {
  const { rows, seeds, dimensions, shift, sums } = example;
  const sets = [0, 1].map((i) => {
    const features = drawnFeatures(rows[i] as number, dimensions, seeds[i] as number, i === 0 ? 0 : shift);
    // Both languages drew the same: sums in another order, float64.
    expect(features.reduce((sum, value) => sum + value, 0) / (sums[i] as number)).toBeCloseTo(1, 10);
    return statisticsOf(features, dimensions, engine);
  });
  return frechetDistance(sets[0] as GaussianStatistics, sets[1] as GaussianStatistics, engine);
}

const relative = (value: number, reference: number) => Math.abs(value / reference - 1);

const errors = new MeasuredErrors();
const versions = golden.origin.replace(/, through .*/, '');

/** The bound that was asked for; float64 on both sides is far within it. */
const tolerance = 1e-5;

/** Relative errors, kept for docs/precision.md. */
function expectClose(program: string, value: number, peer: string, reference: number, dimensions: number): void {
  const error = relative(value, reference);
  errors.record({ metric: `fid, ${dimensions} features, ${program}`, reference: peer, versions, tolerance, error });
  expect(error).toBeLessThan(tolerance);
}

/** With no covariance between the dimensions. */
function independent(mean: number[], variances: number[]): GaussianStatistics {
  const n = mean.length;
  const covariance = Float64Array.from({ length: n * n }, (_, i) =>
    i % (n + 1) === 0 ? (variances[i % n] as number) : 0,
  );
  return { mean: Float64Array.from(mean), covariance };
}

function behavesAsAnEngine(program: string, engine: () => StatisticsEngine) {
  it('is the squared distance of the means where the covariances are equal', async () => {
    const { value } = await frechetDistance(
      independent([1, 2, 3], [4, 5, 6]),
      independent([1, 4, 0], [4, 5, 6]),
      engine(),
    );
    // 4 + 9; the traces cancel to the last bits of 15.
    expect(value).toBeCloseTo(13, 13);
  });

  it('is the squared distance of the deviations where dimensions are independent and means equal', async () => {
    const { value } = await frechetDistance(independent([0, 0], [1, 16]), independent([0, 0], [9, 4]), engine());
    expect(value).toBeCloseTo((3 - 1) ** 2 + (4 - 2) ** 2, 13);
  });

  it('does not depend on which set comes first', async () => {
    const a = statisticsOf(drawnFeatures(90, 16, 20, 0), 16, engine());
    const b = statisticsOf(drawnFeatures(12, 16, 21, 0.3), 16, engine());
    const [forward, backward] = [await frechetDistance(a, b, engine()), await frechetDistance(b, a, engine())];
    // Factored the other way round: rounding alone.
    expect(forward.value).toBeCloseTo(backward.value, 12);
    expect(forward.value).toBeGreaterThan(0.1);
  });

  it.each([
    ['of full rank', 200, 32],
    ['of low rank', 20, 32],
    ['of two images', 2, 32],
  ])('is zero within rounding for equal sets %s', async (_, rows, dimensions) => {
    const set = statisticsOf(drawnFeatures(rows, dimensions, 30, 0), dimensions, engine());
    const { value, traces, clamped } = await frechetDistance(set, set, engine());
    // Eigenvalues are known to 1e-16 of the largest, their roots to 1e-8; no more than a millionth of the trace remains.
    expect(value / traces[0]).toBeLessThan(1e-6);
    expect(value).toBeGreaterThanOrEqual(0);
    expect(clamped.lowestRelative).toBeGreaterThan(-1e-14);
  });

  it('is the squared distance of two sets of constant images, whose covariances are zero', async () => {
    const constant = (value: number) => statisticsOf(new Float32Array(5 * 3).fill(value), 3, engine());
    const result = await frechetDistance(constant(1), constant(3), engine());
    expect(result.value).toBe(12);
    expect(result.clamped).toEqual({ eigenvalues: 0, lowestRelative: 0, value: 0 });
  });

  it('has for pairs of images the closed form of rank one', async () => {
    // Covariances u uᵀ and v vᵀ with u = (3, 4) / sqrt(2), v = (8, 6) / sqrt(2): tr (u uᵀ v vᵀ)^½ = |u·v|.
    const a = statisticsOf(Float64Array.of(0, 0, 3, 4), 2, engine());
    const b = statisticsOf(Float64Array.of(0, 0, 8, 6), 2, engine());
    const { value } = await frechetDistance(a, b, engine());
    expect(value).toBeCloseTo(2.5 ** 2 + 1 + 12.5 + 50 - 2 * 24, 12);
  });

  it.each(golden.distances.filter(({ dimensions }) => dimensions < 2048))(
    'agrees with torch-fidelity for $rows images and $dimensions features',
    async (example) => {
      const { value } = await distanceOf(example, engine());
      expectClose(program, value, 'torch-fidelity', example.torchFidelity, example.dimensions);
      // pytorch-fid adds 1e-6 to every variance where a covariance is singular, which two images show.
      if (Math.min(...example.rows) > 2) {
        expectClose(program, value, 'pytorch-fid', example.pytorchFid, example.dimensions);
      }
    },
  );
}

describe('frechetDistance in TypeScript', () => {
  behavesAsAnEngine('TypeScript', () => portableStatistics);

  it('refuses statistics of different networks, with both sizes', async () => {
    await expect(frechetDistance(independent([0], [1]), independent([0, 0], [1, 1]))).rejects.toThrow(
      'frechetDistance: b: expected 1 means and 1 x 1 covariances, received 2 and 4.',
    );
  });

  it('refuses values that are not finite', async () => {
    await expect(frechetDistance(independent([0], [Number.NaN]), independent([0], [1]))).rejects.toThrow(
      'frechetDistance: a: expected finite values, received NaN or infinity.',
    );
  });
});

describeWhen(native !== undefined, reason)('frechetDistance with native statistics', () => {
  behavesAsAnEngine('Eigen', () => native as StatisticsEngine);

  it('agrees with torch-fidelity and pytorch-fid at the size of Inception features', async () => {
    const example = golden.distances.find(({ dimensions }) => dimensions === 2048) as (typeof golden.distances)[number];
    const { value } = await distanceOf(example, native as StatisticsEngine);
    expectClose('Eigen', value, 'torch-fidelity', example.torchFidelity, 2048);
    expectClose('Eigen', value, 'pytorch-fid', example.pytorchFid, 2048);
  }, 60_000);

  it('has the same bits for one thread and three, and the value of TypeScript', async () => {
    const values: number[] = [];
    for (const engine of [nativeStatistics({ threads: 1 }), nativeStatistics({ threads: 3 }), portableStatistics]) {
      const a = statisticsOf(drawnFeatures(700, 300, 40, 0), 300, engine);
      const b = statisticsOf(drawnFeatures(600, 300, 41, 0.1), 300, engine);
      values.push((await frechetDistance(a, b, engine)).value);
    }
    expect(values[1]).toBe(values[0]);
    expect(relative(values[2] as number, values[0] as number)).toBeLessThan(1e-10);
  });

  for (const instructionSet of ['baseline', 'avx2', 'avx512']) {
    const missing = whyNot(instructionSet);
    itWhen(missing === undefined, `${missing}`)(
      `has the same value with instructions of ${instructionSet}`,
      async () => {
        const a = statisticsOf(drawnFeatures(150, 70, 42, 0), 70, portableStatistics);
        const b = statisticsOf(drawnFeatures(150, 70, 43, 0.1), 70, portableStatistics);
        const expected = await frechetDistance(a, b, portableStatistics);
        const { value } = await frechetDistance(a, b, nativeStatistics({ instructionSet }));
        expect(relative(value, expected.value)).toBeLessThan(1e-10);
      },
    );
  }
});

/** Of instructions that the processor does not have. Any other failure is none of the processor's. */
function whyNot(instructionSet: string): string | undefined {
  if (native === undefined) return reason;
  const [one, mean, comoments] = [Float64Array.of(1), new Float64Array(1), new Float64Array(1)];
  try {
    nativeStatistics({ instructionSet }).addCentredProducts(one, 1, 1, mean, comoments);
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    if (message.includes('unavailable instruction set')) return message;
    throw error;
  }
}
describe('docs/precision.md', () => {
  itWhen(native !== undefined, reason)('says of FID what was measured', () => {
    checkPrecisionPage('fid', errors.rows, 'npx nx run metrics:precision');
  });
});
