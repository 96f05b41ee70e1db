// Cases of bias and activation. Channels cross the line of 64 and the vector widths; x crosses the thread threshold.
import { type OpCase, oneRounding, type RefusalCase } from '../../../../testing/op-conformance.ts';
import { type Activation, activationAttributes } from './activation.ts';
import { biasActivationReference } from './bias-activation.reference.ts';
import { biasActivation } from './bias-activation.ts';

export const activations: readonly Activation[] = ['linear', 'relu', { leakyRelu: 0.2 }, { leakyRelu: 1.5 }];

export const nameOf = (activation: Activation): string => JSON.stringify(activation).replaceAll('"', '');

export const layerShapes: readonly (readonly number[])[] = [
  [2, 3, 4, 1],
  [2, 3, 4, 3],
  [1, 5, 5, 17],
  [3, 130],
  [5, 64],
  [2, 61, 63, 5],
  [2, 33, 31, 32],
  [9, 33, 129],
  [0, 3, 3, 2],
  [4, 0],
];

function caseOf(shape: readonly number[], activation: Activation): OpCase {
  return {
    name: `${nameOf(activation)} of [${shape}]`,
    inputs: [{ shape, values: 'special' }, { shape: shape.slice(-1) }],
    run: (x, bias) => biasActivation(x as never, bias as never, activation),
    reference: (x, bias) =>
      biasActivationReference(x as never, bias as never, activationAttributes('reference', activation)),
    kernels: ['BiasActivation'],
    tolerance: oneRounding,
  };
}

export const biasActivationCases: readonly OpCase[] = [
  ...activations.flatMap((activation) => [
    ...layerShapes.map((shape) => caseOf(shape, activation)),
    caseOf([7], activation),
    {
      ...caseOf([2, 3, 5], activation),
      name: `${nameOf(activation)}, differentiable`,
      // The sum of the two is never nearer to the kink than the step of the difference quotients.
      inputs: [
        { shape: [2, 3, 5], values: 'off-zero' },
        { shape: [5], values: [0.03, -0.05, 0, 0.1, -0.1] },
      ],
      gradient: {},
    } satisfies OpCase,
  ]),
];

const inputs = [{ shape: [2, 3] }, { shape: [3] }];

export const biasActivationRefusals: readonly RefusalCase[] = [
  {
    name: 'a bias of another size',
    inputs: [{ shape: [2, 3] }, { shape: [2] }],
    run: (x, bias) => biasActivation(x as never, bias as never, 'relu'),
    message: /biasActivation: bias must be float32 of shape \[3\], received float32 of shape \[2\]/,
  },
  {
    name: 'integers',
    inputs: [{ shape: [2, 3], dtype: 'int32' }, { shape: [3] }],
    run: (x, bias) => biasActivation(x as never, bias as never, 'relu'),
    message: /biasActivation: x must be float32 of at least one axis, received int32 of shape \[2,3\]/,
  },
  {
    name: 'a scalar',
    inputs: [{ shape: [] }, { shape: [1] }],
    run: (x, bias) => biasActivation(x as never, bias as never, 'relu'),
    message: /x must be float32 of at least one axis/,
  },
  {
    name: 'an unknown activation',
    inputs,
    run: (x, bias) => biasActivation(x as never, bias as never, 'selu' as never),
    message: /biasActivation: activation must be 'linear', 'relu' or { leakyRelu: slope }, received "selu"/,
  },
  ...[0, -0.2, Number.NaN, Infinity, 1e-60].map(
    (leakyRelu): RefusalCase => ({
      name: `a slope of ${leakyRelu}`,
      inputs,
      run: (x, bias) => biasActivation(x as never, bias as never, { leakyRelu }),
      message: /the slope of leakyRelu must be finite and above 0/,
    }),
  ),
];
