// Every number of the demo in one place: what is drawn, how long it trains, what is shown.
import type { TrainingConfigInput } from '@ggb/core';

export interface DemoPlan {
  /** The figures; see `ggb data figures --help`. */
  readonly data: { readonly size: number; readonly identities: number; readonly poses: number; readonly seed: number };
  readonly training: TrainingConfigInput;
  /** Minutes of training, set-up and checks not counted. */
  readonly minutes: number;
  readonly pictures: {
    /** Pairs in the contact sheet, evenly spread over the test pairs. */
    readonly pairs: number;
    readonly pairsPerRow: number;
    /** Pairs in the picture of the levels. */
    readonly levelPairs: number;
    /** Side of every image in the pictures. */
    readonly cellSide: number;
  };
}

export const demoPlan: DemoPlan = {
  data: { size: 64, identities: 600, poses: 5, seed: 1 },
  training: {
    preset: 'quick',
    seed: 1,
    // The minutes end it; the steps are a bound that no machine reaches.
    training: { steps: 1_000_000, logEvery: 20, sampleEvery: 500, checkpointEvery: 1000 },
  },
  // With figures and evaluation the demo stays below ten minutes on two cores.
  minutes: 7.5,
  pictures: { pairs: 16, pairsPerRow: 2, levelPairs: 6, cellSide: 128 },
};
