import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { elementwiseCases } from './elementwise.cases.ts';

describeOpConformance('elementwise', elementwiseCases, [
  {
    name: 'shapes that do not broadcast',
    inputs: [{ shape: [2, 3] }, { shape: [2] }],
    run: (a, b) => a.add(b as never),
    message: /could not be broadcast.*2,3.*2/,
  },
]);

describe('Exp and Tanh, which are own arithmetic', () => {
  // Both signs, 2^-130 to 2^7 in steps of 2^(1/200): subnormal and overflowing results included.
  const sizes = Array.from({ length: 137 * 200 }, (_, i) => Math.fround(2 ** (i / 200 - 130)));
  const x = Float32Array.from([...sizes, ...sizes.map((size) => -size)]);
  const values = (f: (x: tf.Tensor) => tf.Tensor, inputs: ArrayLike<number>) =>
    tf.tidy(() => Array.from(f(tf.tensor1d(Float32Array.from(inputs))).dataSync()));

  it.each([
    ['exp', tf.exp, Math.exp],
    ['tanh', tf.tanh, Math.tanh],
  ] as const)('%s is within 1.5 units in the last place', (_, ours, exact) => {
    let worst = 0;
    for (const [i, y] of values(ours, x).entries()) {
      const expected = exact(x[i] as number);
      if (Math.fround(expected) === Number.POSITIVE_INFINITY) {
        expect(y).toBe(Number.POSITIVE_INFINITY);
        continue;
      }
      const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(expected))), -126) - 23);
      worst = Math.max(worst, Math.abs(y - expected) / unit);
    }
    expect(worst).toBeGreaterThan(0);
    expect(worst).toBeLessThan(1.5);
  });

  it('NaN stays NaN, infinities and zeros have their limits', () => {
    const ends = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, -0];
    expect(values(tf.exp, ends)).toEqual([Number.NaN, Number.POSITIVE_INFINITY, 0, 1, 1]);
    expect(values(tf.tanh, ends)).toEqual([Number.NaN, 1, -1, 0, -0]);
    expect(values(tf.sigmoid, ends)).toEqual([Number.NaN, 1, 0, 0.5, 0.5]);
  });
});
