// Cases of dropout. Sizes cross the block (4), the chunk (128) and the thread threshold (4096).
import { exactly, type OpCase, type RefusalCase } from '../../../../testing/op-conformance.ts';
import { dropoutReference } from './dropout.reference.ts';
import { dropout } from './dropout.ts';

const shapes = [[], [0], [1], [5], [127], [129], [7, 11], [2, 1, 2, 1, 2, 3], [13, 1021]];

const keys = [
  { seed: 0, counter: 0 },
  { seed: Number.MAX_SAFE_INTEGER, counter: 2 ** 33 + 1 },
] as const;

export const dropoutCases: readonly OpCase[] = [
  ...shapes.flatMap((shape) =>
    [0.1, 0.5, 0.99].flatMap((rate) =>
      keys.map(
        (key): OpCase => ({
          name: `dropout of [${shape}] at ${rate}, seed ${key.seed}`,
          inputs: [{ shape, values: 'special' }],
          run: (x) => dropout(x, rate, key),
          kernels: ['CounterDropout'],
          tolerance: exactly,
          reference: (x) => dropoutReference(x, { rate, ...key }),
        }),
      ),
    ),
  ),
  ...[0.25, 0.5].map(
    (rate): OpCase => ({
      name: `dropout at ${rate}, differentiable`,
      inputs: [{ shape: [4, 9] }],
      run: (x) => dropout(x, rate, { seed: 3, counter: 5 }),
      kernels: ['CounterDropout'],
      tolerance: exactly,
      reference: (x) => dropoutReference(x, { rate, seed: 3, counter: 5 }),
      gradient: {},
    }),
  ),
];

const key = { seed: 1, counter: 0 };

export const dropoutRefusals: readonly RefusalCase[] = [
  {
    name: 'a rate of 1',
    inputs: [{ shape: [3] }],
    run: (x) => dropout(x, 1, key),
    message: /dropout: rate must be at least 0 and below 1, received 1/,
  },
  {
    name: 'integers',
    inputs: [{ shape: [3], dtype: 'int32' }],
    run: (x) => dropout(x, 0.5, key),
    message: /dropout: x must be a float32 tensor, received int32/,
  },
  {
    name: 'a negative seed',
    inputs: [{ shape: [3] }],
    run: (x) => dropout(x, 0.5, { seed: -1, counter: 0 }),
    message: /dropout: seed must be a whole number/,
  },
];
