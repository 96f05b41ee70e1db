import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';
import { reduceCases } from './reduce.cases.ts';

describeOpConformance('reduce', reduceCases, [
  {
    name: 'an axis that x does not have',
    inputs: [{ shape: [2, 3] }],
    run: (x) => tf.sum(x, 2),
    message: /axis.*\[-2, 2\).*2/,
  },
  {
    name: 'terms of different shapes',
    inputs: [{ shape: [2, 3] }, { shape: [3, 2] }],
    run: (a, b) => tf.addN([a as tf.Tensor, b as tf.Tensor]),
    message: /same shape/,
  },
]);

describe('sums of ten million values', () => {
  // 0.1 as float32 is 0.100000001490116...; a running float32 sum of 10^7 of them is off by more than 8 %.
  const count = 10_000_000;
  const exact = Math.fround(0.1) * count;

  it.each([
    ['a run', [count], 0, 1],
    ['a column', [count, 1], 0, 1],
    ['four columns', [count / 4, 4], 0, 4],
  ] as const)('are right to one rounding over %s', (_name, shape, axis, columns) => {
    tf.tidy(() => {
      const sums = tf.sum(tf.fill([...shape], 0.1), axis).dataSync();
      for (const sum of sums) expect(Math.abs(sum - exact / columns)).toBeLessThanOrEqual((2 ** -24 * exact) / columns);
    });
  });

  it('and their mean', () => {
    tf.tidy(() => {
      expect(tf.mean(tf.fill([count], 0.1)).dataSync()[0]).toBe(Math.fround(0.1));
    });
  });
});
