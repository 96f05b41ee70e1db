import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';
import { normCases } from './norm.cases.ts';

describeOpConformance('batch normalization', normCases, [
  {
    name: 'mean and variance of different ranks',
    inputs: [{ shape: [2, 3, 4, 2] }, { shape: [2] }, { shape: [1, 1, 1, 2] }],
    run: (x, mean, variance) => tf.batchNorm(x as tf.Tensor, mean as tf.Tensor1D, variance as tf.Tensor),
    message: /mean and variance to have equal ranks/,
  },
]);

describe('batch normalization', () => {
  it('keeps its digits when the mean is far from zero', () => {
    tf.tidy(() => {
      const x = tf.tensor2d([10_000.5, 10_001.5], [2, 1]);
      const y = tf.batchNorm(x, tf.tensor1d([10_001]), tf.tensor1d([0.25]), undefined, undefined, 0);
      expect([...y.dataSync()]).toEqual([-1, 1]);
    });
  });
});
