import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';
import { poolCases } from './pool.cases.ts';

describeOpConformance('pool', poolCases, [
  {
    name: 'x without channels',
    inputs: [{ shape: [4, 4] }],
    run: (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'),
    message: /rank 4.*rank 2/,
  },
  {
    name: 'dy of a shape that pooling does not give',
    inputs: [{ shape: [1, 4, 3, 2] }, { shape: [1, 4, 4, 2] }],
    run: (dy, input) =>
      tf
        .engine()
        .runKernel(
          'AvgPoolGrad',
          { dy: dy as tf.Tensor, input: input as tf.Tensor },
          { filterSize: 2, strides: 2, pad: 'valid' },
        ) as tf.Tensor,
    message: /AvgPoolGrad: dy has shape \[1,4,3,2\].*\[1,2,2,2\]/,
  },
]);

describe('the gradient of maximum pooling', () => {
  it('goes to the first of equal pixels', () => {
    tf.tidy(() => {
      const dx = tf.grad((x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'))(tf.ones([1, 2, 2, 1]));
      expect([...dx.dataSync()]).toEqual([1, 0, 0, 0]);
    });
  });
});
