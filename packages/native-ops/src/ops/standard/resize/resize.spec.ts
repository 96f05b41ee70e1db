import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';
import { resizeCases } from './resize.cases.ts';

describeOpConformance('resize', resizeCases, [
  {
    name: 'images without a batch axis and channels',
    inputs: [{ shape: [4, 4] }],
    run: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [2, 2]),
    message: /rank 3 or 4.*rank 2/,
  },
  {
    name: 'to enlarge an image without pixels',
    inputs: [{ shape: [1, 0, 3, 1] }],
    run: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [2, 2]),
    message: /ResizeBilinear: an image without pixels/,
  },
]);

describe('resizing with half pixels', () => {
  it('to half the size is the mean of two by two pixels', () => {
    tf.tidy(() => {
      const x = tf.tensor4d([1, 3, 5, 7, 2, 4, 6, 8], [1, 2, 4, 1]);
      expect([...tf.image.resizeBilinear(x, [1, 2], false, true).dataSync()]).toEqual([2.5, 6.5]);
    });
  });

  it('keeps the sum of a gradient', () => {
    tf.tidy(() => {
      const dy = tf.ones([1, 7, 5, 2]);
      const dx = tf.grad((x: tf.Tensor) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 5], false, true))(
        tf.ones([1, 3, 4, 2]),
        dy,
      );
      expect(tf.sum(dx).dataSync()[0]).toBeCloseTo(70, 4);
    });
  });
});
