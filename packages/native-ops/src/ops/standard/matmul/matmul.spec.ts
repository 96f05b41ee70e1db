import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';
import { matmulCases } from './matmul.cases.ts';

describeOpConformance('matmul', matmulCases, [
  {
    name: 'matrices whose depths differ',
    inputs: [{ shape: [2, 3] }, { shape: [4, 5] }],
    run: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor),
    message: /3.*4|inner/i,
  },
  {
    name: 'batches that do not broadcast',
    inputs: [{ shape: [2, 3, 4] }, { shape: [3, 4, 5] }],
    run: (a, b) => tf.matMul(a as tf.Tensor, b as tf.Tensor),
    message: /broadcast/,
  },
]);

describe('a matrix times the identity', () => {
  it.each([1, 14, 33, 300])('is the same matrix, size %i', (size) => {
    tf.tidy(() => {
      const x = tf.randomNormal([size, size], 0, 1, 'float32', size);
      expect(tf.matMul(x, tf.eye(size)).dataSync()).toEqual(x.dataSync());
      expect(tf.matMul(tf.eye(size), x).dataSync()).toEqual(x.dataSync());
    });
  });
});
