import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { seededValues } from '../../../../testing/seeded-random.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { meanAbsoluteDifferenceCases, meanAbsoluteDifferenceRefusals } from './mean-absolute-difference.cases.ts';
import { meanAbsoluteDifferenceReference } from './mean-absolute-difference.reference.ts';
import { meanAbsoluteDifference } from './mean-absolute-difference.ts';

describeOpConformance('meanAbsoluteDifference', meanAbsoluteDifferenceCases, meanAbsoluteDifferenceRefusals);

describe('gradient of meanAbsoluteDifference', () => {
  afterEach(() => {
    tf.setBackend('native-cpu');
  });

  const count = 40_000;
  const inputs = () => [1, 2].map((seed) => tf.tensor(seededValues(seed, count)));
  /** With an equal pair and a NaN. */
  const special = () => [tf.tensor1d([1, 2, 3, Number.NaN]), tf.tensor1d([1, 3, 2, 0])];

  it('is the sign over the count, in one kernel each, the same bits every time', () => {
    tf.tidy(() => {
      const [a, b] = inputs() as [tf.Tensor, tf.Tensor];
      const run = () =>
        tf
          .grads(meanAbsoluteDifference as never)([a, b])
          .map((gradient) => gradient.dataSync());
      nativeBackend().report.reset();
      const [da, db] = run() as [Float32Array, Float32Array];
      expect(nativeBackend().report.of('MeanAbsoluteDifferenceGrad')).toMatchObject({ native: 2, fallback: 0 });
      const [x, y] = [a.dataSync(), b.dataSync()];
      const above = Math.fround(1 / count);
      expect([...da]).toEqual([...x].map((value, i) => (value > (y[i] as number) ? above : -above)));
      expect([...db]).toEqual([...da].map((value) => -value));
      expect(run()).toEqual([da, db]);
    });
  });

  it('is not computed for a constant', () => {
    tf.tidy(() => {
      const [a, b] = inputs() as [tf.Tensor, tf.Tensor];
      nativeBackend().report.reset();
      tf.grad((x: tf.Tensor) => meanAbsoluteDifference(a, x))(b);
      expect(nativeBackend().report.of('MeanAbsoluteDifferenceGrad').native).toBe(1);
    });
  });

  it('is that of TF.js where the two are equal, and NaN for NaN', () => {
    tf.tidy(() => {
      const [received, expected] = [meanAbsoluteDifference, meanAbsoluteDifferenceReference].map((f) =>
        tf
          .grads(f as never)(special(), tf.scalar(4))
          .map((gradient) => [...gradient.dataSync()]),
      );
      expect(received).toEqual(expected);
      expect(received).toEqual([
        [-1, -1, 1, Number.NaN],
        [1, 1, -1, Number.NaN],
      ]);
    });
  });

  it('has a second derivative, by the gradient that comes from outside', () => {
    tf.tidy(() => {
      const [a, b] = [tf.tensor1d([3, 1]), tf.tensor1d([1, 2])];
      // Of the cube of the loss: its slope depends on the loss, and so on a.
      const penalty = (f: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor) =>
        tf
          .grad((x: tf.Tensor) =>
            tf
              .grad((v: tf.Tensor) => tf.pow(f(v, b), 3))(x)
              .square()
              .sum(),
          )(a)
          .dataSync();
      const received = penalty(meanAbsoluteDifference);
      const expected = penalty(meanAbsoluteDifferenceReference);
      // A few float32 operations on numbers near 50.
      expect(received).toBeAllClose(expected, { absolute: 1e-3 });
      expect(received[0]).not.toBe(0);
    });
  });

  it('is the same on a backend without the kernel', () => {
    const run = () =>
      tf.tidy(() =>
        tf
          .grads(meanAbsoluteDifference as never)(special())
          .map((g) => [...g.dataSync()]),
      );
    const native = run();
    tf.setBackend('cpu');
    expect(run()).toEqual(native);
  });
});
