import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';
import { softmaxCases } from './softmax.cases.ts';

describeOpConformance('softmax', softmaxCases, [
  {
    name: 'an axis that is not the last',
    inputs: [{ shape: [2, 3] }],
    run: (x) => tf.softmax(x as tf.Tensor, 0),
    message: /non-last dimension/,
  },
]);

describe('softmax', () => {
  it('does not change when a number is added to all logits, and sums to 1', () => {
    tf.tidy(() => {
      const x = tf.tensor1d([1, 2, 3, 4]);
      const shares = tf.softmax(x).dataSync();
      expect([...tf.softmax(x.add(1024)).dataSync()]).toEqual([...shares]);
      expect([...shares].reduce((sum, share) => sum + share)).toBeCloseTo(1, 6);
    });
  });
});
