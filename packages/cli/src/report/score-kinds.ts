// What is known of the scores in evaluation records.
import type { ScoreDirection, Scores } from '@ggb/core/run-record';

export interface MetricKind {
  readonly direction: ScoreDirection;
  /** Empty for numbers without one. */
  readonly unit: string;
}

export const scoreKinds: Readonly<Record<keyof Scores, MetricKind>> = {
  ssim: { direction: 'higher', unit: '' },
  insideSsim: { direction: 'higher', unit: '' },
  insideL1: { direction: 'lower', unit: '0..255' },
  l1: { direction: 'lower', unit: '0..255' },
  sharpness: { direction: 'nearer-to-one', unit: '' },
};
