import * as tf from '../src/tfjs/registered-core.ts';
import { assertGradient, checkGradient, GradientMismatchError } from './finite-differences.ts';
import { distinctValues, seededValues } from './seeded-random.ts';

/** x^2 with a gradient of our own making. */
function squareWithGradient(gradient: (x: tf.Tensor, dy: tf.Tensor) => tf.Tensor) {
  return tf.customGrad((x, save) => {
    (save as tf.GradSaveFunc)([x as tf.Tensor]);
    return {
      value: tf.square(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradient(saved[0] as tf.Tensor, dy),
    };
  }) as (x: tf.Tensor) => tf.Tensor;
}

const rightSquare = squareWithGradient((x, dy) => tf.mul(dy, tf.mul(x, 2)));

describe('checking a gradient by finite differences', () => {
  it('agrees with a right gradient to about the precision of float32', () => {
    const x = tf.tensor(seededValues(1, 12), [3, 4]);
    const report = checkGradient(rightSquare, [x]);
    expect(report.withinTolerance).toBe(true);
    // 6e-8 of the loss divided by a step of 1/64.
    expect(report.relativeError).toBeLessThan(1e-4);
    expect(report.inputs[0]?.cosine).toBeGreaterThan(0.99999);
  });

  it('finds one wrong element and names it', () => {
    const mask = tf.tensor2d([1, 1, 1, 1, 0, 1], [2, 3]);
    const wrong = squareWithGradient((x, dy) => tf.mul(mask, tf.mul(dy, tf.mul(x, 2))));
    const report = checkGradient(wrong, [tf.tensor2d([1, 2, 3, 4, 5, 6], [2, 3])]);
    expect(report.withinTolerance).toBe(false);
    expect(report.inputs[0]?.worst).toMatchObject({ index: [1, 1], received: 0 });
  });

  it('finds a gradient that is one percent too large', () => {
    const wrong = squareWithGradient((x, dy) => tf.mul(dy, tf.mul(x, 2.02)));
    expect(checkGradient(wrong, [tf.tensor1d([1, 2, 3])]).relativeError).toBeCloseTo(0.01, 3);
  });

  it('finds NaN', () => {
    const wrong = squareWithGradient((x) => tf.mul(x, Number.NaN));
    expect(checkGradient(wrong, [tf.tensor1d([1, 2])])).toMatchObject({
      withinTolerance: false,
      relativeError: Infinity,
    });
  });

  it('finds a wrong element of a large input by random directions, where single elements may miss it', () => {
    const size = 20_000;
    const mask = tf.tensor1d(new Float32Array(size).map((_, i) => (i > size / 2 ? 1 : 0)));
    const wrong = squareWithGradient((x, dy) => tf.mul(mask, tf.mul(dy, tf.mul(x, 2))));
    const report = checkGradient(wrong, [tf.tensor1d(seededValues(2, size))], { elements: 2 });
    expect(report.inputs[0]?.worstDirection?.error).toBeGreaterThan(1);
    expect(report.withinTolerance).toBe(false);
    expect(checkGradient(rightSquare, [tf.tensor1d(seededValues(2, size))], { elements: 2 }).withinTolerance).toBe(
      true,
    );
  });

  it('checks every input, or those asked for', () => {
    const a = tf.tensor1d([1, 2]);
    const b = tf.tensor1d([3, 4]);
    const f = (...[x, y]: tf.Tensor[]) => tf.mul(x as tf.Tensor, y as tf.Tensor);
    expect(checkGradient(f, [a, b]).inputs.map(({ input }) => input)).toEqual([0, 1]);
    expect(checkGradient(f, [a, b], { inputs: [1] }).inputs.map(({ input }) => input)).toEqual([1]);
  });

  it('throws what the gradient throws', () => {
    expect(() => checkGradient((x) => tf.cumprod(x as tf.Tensor), [tf.tensor1d([1, 2])])).toThrow(
      'gradient function not found',
    );
  });

  it('reports in words, and throws them when asserted', () => {
    const wrong = squareWithGradient((_x, dy) => tf.zerosLike(dy));
    const check = () => assertGradient(wrong, [tf.tensor1d([1, 2, 3])], { what: 'square' });
    expect(check).toThrow(GradientMismatchError);
    expect(check).toThrow(/square.*input 0, 3 elements tried.*worst element \[\d\]: expected -?\d.*received 0/s);
  });

  it('leaves no tensors behind', () => {
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    checkGradient(rightSquare, [x]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('test values', () => {
  it('are the same for the same seed, and within their range', () => {
    expect(seededValues(7, 5)).toEqual(seededValues(7, 5));
    expect(seededValues(7, 5)).not.toEqual(seededValues(8, 5));
    expect(Math.min(...seededValues(7, 1000, 2, 3))).toBeGreaterThanOrEqual(2);
    expect(Math.max(...seededValues(7, 1000, 2, 3))).toBeLessThan(3.0000001);
  });

  it('can be kept apart: 100 distinct values in [-1, 1) are at least 0.0199 apart', () => {
    const sorted = distinctValues(1, 100).sort();
    const gaps = [...sorted.slice(1)].map((value, i) => value - (sorted[i] as number));
    expect(Math.min(...gaps)).toBeGreaterThan(0.0199);
  });
});
