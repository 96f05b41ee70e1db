// Cases of batch normalisation with an activation, over the shapes of bias-activation.
import type { OpCase, RefusalCase } from '../../../../testing/op-conformance.ts';
import { type Activation, activationAttributes } from '../bias-activation/activation.ts';
import { activations, layerShapes, nameOf } from '../bias-activation/bias-activation.cases.ts';
import { batchNormActivationReference } from './batch-norm-activation.reference.ts';
import { type BatchNormOptions, batchNormActivation } from './batch-norm-activation.ts';

const tolerance: OpCase['tolerance'] = {
  absolute: 3e-6,
  relative: 1e-6,
  why: 'the reference rounds mean, variance, root and each step to float32; normalised values are below 10',
};

function resultsOf(...[x, scale, offset, options]: Parameters<typeof batchNormActivation>) {
  const { y, mean, variance } = batchNormActivation(x, scale, offset, options);
  return [y, mean, variance];
}

function caseOf(shape: readonly number[], activation: Activation): OpCase {
  const perChannel = { shape: shape.slice(-1) };
  return {
    name: `${nameOf(activation)} of [${shape}]`,
    inputs: [{ shape, values: 'normal' }, perChannel, perChannel],
    run: (x, scale, offset) => resultsOf(x as never, scale as never, offset as never, { epsilon: 1e-5, activation }),
    reference: (x, scale, offset) =>
      batchNormActivationReference(x as never, scale as never, offset as never, {
        ...activationAttributes('reference', activation),
        epsilon: 1e-5,
      }),
    kernels: ['BatchNormActivation'],
    tolerance,
  };
}

export const batchNormActivationCases: readonly OpCase[] = [
  ...activations.flatMap((activation) => layerShapes.map((shape) => caseOf(shape, activation))),
  {
    ...caseOf([6, 7, 5], 'relu'),
    name: 'NaN and infinities in some channels',
    inputs: [
      {
        shape: [100, 4],
        // Channel 0 is finite, 1 has a NaN at the end, 2 an infinity at the start, 3 one at the end.
        values: Array.from({ length: 400 }, (_, i) => {
          if (i === 397) return Number.NaN;
          return i === 2 || i === 399 ? Infinity : Math.sin(i);
        }),
      },
      { shape: [4] },
      { shape: [4] },
    ],
  },
  ...activations.map(
    (activation): OpCase => ({
      ...caseOf([3, 2, 2, 3], activation),
      name: `${nameOf(activation)}, differentiable`,
      // Evenly spaced and moved away from the kink by the offset.
      inputs: [
        { shape: [3, 2, 2, 3], values: 'distinct' },
        { shape: [3], values: [1, 0.75, -1.25] },
        { shape: [3], values: [4, -4, 5] },
      ],
      run: (x, scale, offset) => batchNormActivation(x as never, scale, offset, { epsilon: 1e-3, activation }).y,
      reference: (x, scale, offset) =>
        batchNormActivationReference(x as never, scale as never, offset as never, {
          ...activationAttributes('reference', activation),
          epsilon: 1e-3,
        })[0] as never,
      gradient: { tolerance: 2e-3 },
    }),
  ),
];

const inputs = [{ shape: [2, 3] }, { shape: [3] }, { shape: [3] }];
const run =
  (options?: BatchNormOptions): RefusalCase['run'] =>
  (x, scale, offset) =>
    resultsOf(x as never, scale as never, offset as never, options);

export const batchNormActivationRefusals: readonly RefusalCase[] = [
  {
    name: 'a vector',
    inputs: [{ shape: [3] }, { shape: [3] }, { shape: [3] }],
    run: run(),
    message: /batchNormActivation: x must be float32 of at least two axes, received float32 of shape \[3\]/,
  },
  {
    name: 'a scale of another size',
    inputs: [{ shape: [2, 3] }, { shape: [1] }, { shape: [3] }],
    run: run(),
    message: /batchNormActivation: scale must be float32 of shape \[3\], received float32 of shape \[1\]/,
  },
  {
    name: 'an offset of integers',
    inputs: [{ shape: [2, 3] }, { shape: [3] }, { shape: [3], dtype: 'int32' }],
    run: run(),
    message: /offset must be float32 of shape \[3\], received int32/,
  },
  {
    name: 'a negative epsilon',
    inputs,
    run: run({ epsilon: -1e-5 }),
    message: /batchNormActivation: epsilon must be finite and at least 0, received -0.00001/,
  },
  {
    name: 'an unknown activation',
    inputs,
    run: run({ activation: 'gelu' as never }),
    message: /batchNormActivation: activation must be/,
  },
];
