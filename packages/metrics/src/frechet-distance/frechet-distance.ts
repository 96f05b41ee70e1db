// Fréchet Inception Distance from statistics of features: Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule
// Converge to a Local Nash Equilibrium", eq. 6.
import type { GaussianStatistics } from './feature-statistics.ts';
import { portableStatistics } from './portable-statistics.ts';
import type { StatisticsEngine } from './statistics-engine.ts';
import { FeatureStatisticsError } from './statistics-error.ts';

/** Below this many images the distance is dominated by their number: 2,048 features have no full covariance. */
export const fewImages = 2048;

export interface FrechetDistance {
  /** The distance, squared as everybody reports it; 0 for equal statistics, else positive. */
  readonly value: number;
  /** |mean a - mean b|². */
  readonly meanTerm: number;
  /** Traces of the two covariances, and of the square root of their product. */
  readonly traces: readonly [a: number, b: number, product: number];
  /** What rounding made negative and was set to zero. All zero where both covariances have full rank. */
  readonly clamped: {
    /** How many eigenvalues of the product. */
    readonly eigenvalues: number;
    /** The lowest of them, beside the largest eigenvalue: about -1e-16 is rounding. */
    readonly lowestRelative: number;
    /** The distance itself where it came out below zero, as it may for equal statistics. */
    readonly value: number;
  };
}

/**
 * d² = |μa - μb|² + tr(Σa) + tr(Σb) - 2 tr((Σa Σb)^½).
 *
 * The last trace is the sum of the square roots of the eigenvalues of Σa Σb, which are those of a symmetric positive
 * semidefinite matrix: no complex numbers, no iteration for a matrix square root that may fail, defined for every
 * covariance, of two images or of equal ones too. Error about 1e-8 of the traces, since eigenvalues are known to 1e-16 of the
 * largest before their roots are taken.
 *
 * @throws FeatureStatisticsError  if the dimensions differ or a value is not finite.
 */
export async function frechetDistance(
  a: GaussianStatistics,
  b: GaussianStatistics,
  engine: StatisticsEngine = portableStatistics,
): Promise<FrechetDistance> {
  const dimensions = a.mean.length;
  checkStatistics('frechetDistance: a', a, dimensions);
  checkStatistics('frechetDistance: b', b, dimensions);
  const meanTerm = a.mean.reduce((sum, value, i) => sum + (value - (b.mean[i] as number)) ** 2, 0);
  const traceA = trace(a.covariance, dimensions);
  const traceB = trace(b.covariance, dimensions);
  const eigenvalues = await engine.productEigenvalues(a.covariance, b.covariance, dimensions);
  const negative = eigenvalues.filter((value) => value < 0);
  // Ascending: small before large, so that the small ones count.
  const traceProduct = eigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
  const distance = meanTerm + (traceA + traceB - 2 * traceProduct);
  return {
    value: Math.max(distance, 0),
    meanTerm,
    traces: [traceA, traceB, traceProduct],
    clamped: {
      eigenvalues: negative.length,
      lowestRelative: negative.length === 0 ? 0 : (negative[0] as number) / Math.abs(eigenvalues.at(-1) as number),
      value: Math.min(distance, 0),
    },
  };
}

/** @throws FeatureStatisticsError  if they are not of `dimensions` features, or not finite. */
export function checkStatistics(where: string, { mean, covariance }: GaussianStatistics, dimensions: number): void {
  if (mean.length !== dimensions || covariance.length !== dimensions * dimensions) {
    throw new FeatureStatisticsError(
      where,
      `${dimensions} means and ${dimensions} x ${dimensions} covariances`,
      `${mean.length} and ${covariance.length}`,
      'Compare statistics of the same network and layer.',
    );
  }
  if (mean.every(Number.isFinite) && covariance.every(Number.isFinite)) return;
  throw new FeatureStatisticsError(
    where,
    'finite values',
    'NaN or infinity',
    'Look for the image or the weights that bring it about.',
  );
}

function trace(matrix: Float64Array, dimensions: number): number {
  let sum = 0;
  for (let i = 0; i < dimensions; i++) sum += matrix[i * dimensions + i] as number;
  return sum;
}
