// Sizes, settings and tolerances for the tests of Adam. Sizes cross the vector widths and the thread threshold (4096
// elements in all), also in the middle of a tensor; an empty tensor and scalars are among them.

export interface AdamCase {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly settings: {
    readonly learningRate: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
  };
}

const usual = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

export const adamCases: readonly AdamCase[] = [
  {
    name: 'a tensor with the default settings of tf.train.adam',
    shapes: [[1000]],
    settings: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  },
  { name: 'one scalar', shapes: [[]], settings: usual },
  { name: 'small tensors of odd sizes', shapes: [[3], [2, 5], [17], [1, 1, 33]], settings: usual },
  { name: 'an empty tensor among others', shapes: [[4], [0], [5]], settings: usual },
  { name: 'tensors that are cut between threads', shapes: [[7], [5000], [3, 3, 16, 33], [1], [2049]], settings: usual },
  {
    name: 'the settings of GAN training',
    shapes: [[64, 9], [64]],
    settings: { learningRate: 2e-4, beta1: 0.5, beta2: 0.999, epsilon: 1e-8 },
  },
  {
    name: 'no momentum',
    shapes: [[31]],
    settings: { learningRate: 0.01, beta1: 0, beta2: 0.9, epsilon: 1e-3 },
  },
];

/** Steps of every comparison. */
export const steps = 50;

/** Against float64: 50 roundings of a weight of size about 1 to float32, and of 50 changes of at most 0.01. */
export const oracleTolerance = 1.5e-6;

/**
 * Against tf.train.adam: two times the roundings of one weight, and the part of the distance travelled by which
 * tf.train.adam's own steps are too short (adam-update.md). Below 1e-6 at its default learning rate, 0.001.
 */
export function trainAdamTolerance(learningRate: number): number {
  return 5e-7 + 7e-6 * learningRate * steps;
}
