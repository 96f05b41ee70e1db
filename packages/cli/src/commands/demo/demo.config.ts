// Every number of the demo in one place: what is drawn, how long it trains, what is shown.
import type { TrainingConfigInput } from '@ggb/core';

export const demoData = { size: 64, identities: 120, poses: 12, seed: 1 } as const;

/** Minutes of training: with figures and evaluation the demo stays below ten on two cores. */
export const demoMinutes = 7.5;

export const demoTraining = {
  preset: 'quick',
  seed: 1,
  training: { logEvery: 20, sampleEvery: 500, checkpointEvery: 1000 },
} as const satisfies TrainingConfigInput;

/** Pairs in the contact sheet and in the picture of the levels, evenly spread over the test pairs. */
export const demoPictures = { pairs: 16, pairsPerRow: 2, levelPairs: 6, cellSide: 128 } as const;
