// What a structural similarity leaves open, for all of its entries: TensorFlow.js, 8-bit images natively, and WebAssembly.
import { InvalidArgumentError } from '../../invalid-argument-error.ts';

/** Odd sizes, so that a window has a centre pixel. */
export type SimilarityWindow =
  | { readonly kind: 'gaussian'; readonly size: number; readonly sigma: number }
  | { readonly kind: 'uniform'; readonly size: number };

/** The SSIM protocols of '@ggb/metrics' are of this type. */
export interface SimilaritySettings {
  /** Default: Gaussian, 11 pixels, sigma 1.5. */
  readonly window?: SimilarityWindow;
  /** 'sample' multiplies variances by n / (n - 1), n the pixels of a window. Default 'population'. */
  readonly statistics?: 'population' | 'sample';
  /** Largest minus smallest value a pixel can have. Default 255 for 8-bit images, 1 for tensors. */
  readonly dataRange?: number;
  /** C1 = (k1 dataRange)². Default 0.01. */
  readonly k1?: number;
  /** C2 = (k2 dataRange)². Default 0.03. */
  readonly k2?: number;
}

export type CompleteSettings = Required<SimilaritySettings>;

/** @throws InvalidArgumentError  for what no window or constant can be. */
export function completeSettings(op: string, settings: SimilaritySettings, dataRange: number): CompleteSettings {
  const complete = {
    window: settings.window ?? { kind: 'gaussian', size: 11, sigma: 1.5 },
    statistics: settings.statistics ?? 'population',
    dataRange: settings.dataRange ?? dataRange,
    k1: settings.k1 ?? 0.01,
    k2: settings.k2 ?? 0.03,
  } as const;
  const { window, statistics } = complete;
  const check = (holds: boolean, argument: string, expected: string, received: unknown) => {
    if (!holds) throw new InvalidArgumentError(op, argument, expected, received);
  };
  const isPositive = (value: number) => value > 0 && value < 1e6;
  check(window.kind === 'gaussian' || window.kind === 'uniform', 'window.kind', "'gaussian' or 'uniform'", window.kind);
  const isOdd = Number.isInteger(window.size) && window.size >= 1 && window.size < 4096 && window.size % 2 === 1;
  check(isOdd, 'window.size', 'an odd whole number from 1 to 4095', window.size);
  if (window.kind === 'gaussian') check(isPositive(window.sigma), 'window.sigma', 'above 0', window.sigma);
  const knownStatistics = statistics === 'population' || (statistics === 'sample' && window.size > 1);
  check(knownStatistics, 'statistics', "'population', or 'sample' with a window of 3 pixels or more", statistics);
  for (const name of ['dataRange', 'k1', 'k2'] as const) {
    check(isPositive(complete[name]), name, 'above 0 and below a million', complete[name]);
  }
  return complete;
}

/** Weights of one axis, with the sum 1. */
export function windowWeights(window: SimilarityWindow): number[] {
  const centre = (window.size - 1) / 2;
  const weights = Array.from({ length: window.size }, (_, i) =>
    window.kind === 'uniform' ? 1 : Math.exp(-0.5 * ((i - centre) / window.sigma) ** 2),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
