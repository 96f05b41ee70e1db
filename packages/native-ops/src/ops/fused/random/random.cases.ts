// Cases of the random tensors. Sizes cross the block (4), the chunk (128) and the thread thresholds (1024 for normal
// numbers, 4096 for the others).
import { exactly, type OpCase, type RefusalCase } from '../../../../testing/op-conformance.ts';
import type { Tolerance } from '../../../../testing/tensor-distance.ts';
import { randomReference } from './random.reference.ts';
import { type RandomAttributes, randomIntegers, randomNormal, randomUniform } from './random.ts';

const shapes = [
  [],
  [0],
  [1],
  [3],
  [4],
  [5],
  [63],
  [127],
  [128],
  [129],
  [2, 0, 3],
  [7, 11, 13],
  [2, 1, 2, 1, 2, 1],
  [13, 1021],
];

const keys = [
  { seed: 0, counter: 0 },
  { seed: 7, counter: 1 },
  { seed: Number.MAX_SAFE_INTEGER, counter: 2 ** 40 + 3 },
] as const;

const float32 = Math.fround;

interface Row {
  readonly name: string;
  readonly run: (shape: readonly number[], key: { seed: number; counter: number }) => ReturnType<typeof randomUniform>;
  readonly distribution: RandomAttributes['distribution'];
  readonly parameters: readonly [number, number];
  readonly tolerance: Tolerance & { readonly why: string };
}

const oneUnit = {
  absolute: 1e-40,
  relative: 1.2e-7,
  why: 'log, sin and cos of the C library and of JavaScript differ in the last bit of float64, which can tip one rounding',
};

const rows: readonly Row[] = [
  { name: 'uniform in [0, 1)', run: (shape, key) => randomUniform(shape, key), distribution: 'uniform', parameters: [0, 1], tolerance: exactly },
  { name: 'uniform in [-0.1, 0.7)', run: (shape, key) => randomUniform(shape, { ...key, min: -0.1, max: 0.7 }), distribution: 'uniform', parameters: [float32(-0.1), float32(0.7)], tolerance: exactly },
  { name: 'uniform in [1000, 1000.0001)', run: (shape, key) => randomUniform(shape, { ...key, min: 1000, max: 1000.0001 }), distribution: 'uniform', parameters: [1000, float32(1000.0001)], tolerance: exactly },
  { name: 'normal', run: (shape, key) => randomNormal(shape, key), distribution: 'normal', parameters: [0, 1], tolerance: oneUnit },
  { name: 'normal, mean -2, deviation 0.02', run: (shape, key) => randomNormal(shape, { ...key, mean: -2, standardDeviation: 0.02 }), distribution: 'normal', parameters: [-2, float32(0.02)], tolerance: oneUnit },
  { name: 'integers from 0 to 9', run: (shape, key) => randomIntegers(shape, { ...key, max: 10 }), distribution: 'integers', parameters: [0, 10], tolerance: exactly },
  { name: 'integers from -5 to -3', run: (shape, key) => randomIntegers(shape, { ...key, min: -5, max: -2 }), distribution: 'integers', parameters: [-5, -2], tolerance: exactly },
  { name: 'all integers', run: (shape, key) => randomIntegers(shape, { ...key, min: -(2 ** 31), max: 2 ** 31 }), distribution: 'integers', parameters: [-(2 ** 31), 2 ** 31], tolerance: exactly },
]; // biome-ignore format: a table

export const randomCases: readonly OpCase[] = rows.flatMap(({ name, run, distribution, parameters, tolerance }) =>
  shapes.flatMap((shape) =>
    keys.map((key) => ({
      name: `${name}, [${shape}], seed ${key.seed}, counter ${key.counter}`,
      inputs: [],
      run: () => run(shape, key),
      kernels: ['CounterRandom'],
      tolerance,
      reference: () => randomReference({ shape, distribution, parameters, ...key }),
    })),
  ),
);

const key = { seed: 1, counter: 0 };

export const randomRefusals: readonly RefusalCase[] = [
  {
    name: 'an empty interval',
    inputs: [],
    run: () => randomUniform([2], { ...key, min: 1, max: 1 }),
    message: /randomUniform: \[min, max\) must be .*received \[1, 1\)/,
  },
  {
    name: 'an interval wider than float32',
    inputs: [],
    run: () => randomUniform([2], { ...key, min: -3e38, max: 3e38 }),
    message: /randomUniform: \[min, max\)/,
  },
  {
    name: 'a negative deviation',
    inputs: [],
    run: () => randomNormal([2], { ...key, standardDeviation: -1 }),
    message: /randomNormal: standardDeviation must be .*received -1/,
  },
  {
    name: 'integers beyond int32',
    inputs: [],
    run: () => randomIntegers([2], { ...key, max: 2 ** 31 + 1 }),
    message: /randomIntegers: \[min, max\).*2147483649/,
  },
  {
    name: 'a fractional seed',
    inputs: [],
    run: () => randomUniform([2], { seed: 0.5, counter: 0 }),
    message: /randomUniform: seed must be a whole number.*received 0\.5/,
  },
  {
    name: 'a negative counter',
    inputs: [],
    run: () => randomNormal([2], { seed: 0, counter: -1 }),
    message: /randomNormal: counter must be a whole number.*received -1/,
  },
  {
    name: 'a negative size',
    inputs: [],
    run: () => randomNormal([2, -1], key),
    message: /randomNormal: shape must be whole numbers.*\[2,-1\]/,
  },
];
