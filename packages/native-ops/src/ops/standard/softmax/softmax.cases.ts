// Cases of softmax. Columns cross the vector widths, rows the thread threshold.
import type { OpCase } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

const tolerance: OpCase['tolerance'] = {
  absolute: 1e-37,
  relative: 1e-6,
  why: 'the polynomial of exp is right to 1e-7, the share is rounded twice; below 1e-37 it gives 0 and JavaScript a denormal',
};

const shapes: readonly (readonly number[])[] = [
  [1],
  [3],
  [4, 1],
  [2, 3, 17],
  [5, 64],
  [9, 1001],
  [3000, 10],
  [2, 20_000],
  [0, 3],
  [3, 0],
];

export const softmaxCases: readonly OpCase[] = [
  ...shapes.map(
    (shape): OpCase => ({
      name: `softmax of [${shape}]`,
      inputs: [{ shape }],
      run: (x) => tf.softmax(x as tf.Tensor),
      kernels: ['Softmax'],
      tolerance,
      gradient: shape.length === 3 ? {} : false,
    }),
  ),
  {
    name: 'softmax of NaN and infinities',
    inputs: [{ shape: [400, 5], values: 'special' }],
    run: (x) => tf.softmax(x as tf.Tensor),
    kernels: ['Softmax'],
    tolerance,
  },
  {
    name: 'softmax of values far apart',
    inputs: [{ shape: [2, 4], values: [1000, 999, 0, -1000, -80, -10, -85, 2] }],
    run: (x) => tf.softmax(x as tf.Tensor),
    kernels: ['Softmax'],
    tolerance,
  },
  {
    name: 'log-softmax, composed',
    inputs: [{ shape: [5, 33] }],
    run: (x) => tf.logSoftmax(x as tf.Tensor),
    kernels: ['Max', 'Sum', 'Sub', 'Exp', 'Log'],
    tolerance: { absolute: 1e-6, relative: 1e-6, why: 'three float32 roundings of values up to 7' },
    gradient: {},
  },
];
