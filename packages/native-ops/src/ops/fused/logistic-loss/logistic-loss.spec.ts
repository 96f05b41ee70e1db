import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { seededValues } from '../../../../testing/seeded-random.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { logisticLossCases, logisticLossRefusals } from './logistic-loss.cases.ts';
import { logisticLossReference } from './logistic-loss.reference.ts';
import { logisticLoss } from './logistic-loss.ts';

describeOpConformance('logisticLoss', logisticLossCases, logisticLossRefusals);

describe.each(['real', 'fake'] as const)('gradient of logisticLoss, %s', (target) => {
  afterEach(() => {
    tf.setBackend('native-cpu');
  });

  it('is that of float64, in one kernel, the same bits every time', () => {
    tf.tidy(() => {
      const values = seededValues(1, 3000, -40, 40);
      const logits = tf.tensor(values);
      const run = () =>
        tf
          .grad((z: tf.Tensor) => logisticLoss(z, target))(logits, tf.scalar(3))
          .dataSync();
      nativeBackend().report.reset();
      const received = run();
      expect(nativeBackend().report.of('LogisticLossGrad')).toMatchObject({ native: 1, fallback: 0 });
      const sign = target === 'fake' ? 1 : -1;
      const expected = Float32Array.from(values, (z) => ((sign * 3) / 3000) * (1 / (1 + Math.exp(-sign * z))));
      // Two roundings of float64 results, and 1 + exp that loses 1e-16 of 1.
      expect(received).toBeAllClose(expected, { absolute: 1e-18, relative: 1.3e-7 });
      expect(run()).toEqual(received);
    });
  });

  it('has a second derivative', () => {
    tf.tidy(() => {
      const z = tf.tensor1d([-3, -0.5, 0, 2]);
      const second = (f: (v: tf.Tensor) => tf.Tensor) =>
        tf
          .grad((v: tf.Tensor) => tf.grad(f)(v).square().sum())(z)
          .dataSync();
      const received = second((v) => logisticLoss(v, target));
      // 2 l' l'' with l' = ±σ(±z)/n and l'' = σ(1 - σ)/n.
      const sigma = (v: number) => 1 / (1 + Math.exp(-v));
      const expected = [-3, -0.5, 0, 2].map((v) => {
        const slope = target === 'fake' ? sigma(v) : sigma(v) - 1;
        return (2 * slope * sigma(v) * (1 - sigma(v))) / 16;
      });
      // A few float32 operations on numbers below 1.
      expect(received).toBeAllClose(expected, { absolute: 1e-8, relative: 1e-5 });
    });
  });

  it('is the same on a backend without the kernel', () => {
    const run = () =>
      tf.tidy(() => {
        const logits = tf.tensor(seededValues(2, 50, -5, 5));
        const { value, grad } = tf.valueAndGrad((z: tf.Tensor) => logisticLoss(z, target))(logits);
        return [...value.dataSync(), ...grad.dataSync()];
      });
    const native = run();
    tf.setBackend('cpu');
    // Some roundings of float32 in the reference.
    expect(native).toBeAllClose(run(), { absolute: 1e-9, relative: 1e-6 });
  });

  it('is the logarithm that the equations write', () => {
    tf.tidy(() => {
      const loss = logisticLoss(tf.tensor1d([Math.log(4), 0]), target).dataSync()[0];
      const believed = target === 'real' ? [0.8, 0.5] : [0.2, 0.5];
      expect(loss).toBeCloseTo(-(Math.log(believed[0] as number) + Math.log(believed[1] as number)) / 2, 6);
      const reference = logisticLossReference(tf.tensor1d([Math.log(4), 0]), target).dataSync()[0] as number;
      expect(loss).toBeCloseTo(reference, 6);
    });
  });
});
