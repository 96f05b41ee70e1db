import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';
import { dropoutCases, dropoutRefusals } from './dropout.cases.ts';
import { dropout } from './dropout.ts';

describeOpConformance('dropout', dropoutCases, dropoutRefusals);

describe('dropout', () => {
  const count = 1 << 17;
  const key = { seed: 1, counter: 7 };

  it('drops the given part and keeps the expectation', () => {
    const y = tf.tidy(() => dropout(tf.ones([count]), 0.3, key));
    const values = y.dataSync<'float32'>();
    const dropped = values.filter((value) => value === 0).length / count;
    const average = values.reduce((sum, value) => sum + value, 0) / count;
    // Five standard errors of a part of 0.3 among n.
    expect(Math.abs(dropped - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / count));
    expect(Math.abs(average - 1)).toBeLessThan((5 * Math.sqrt(0.21 / count)) / 0.7);
    y.dispose();
  });

  it('drops others under another counter', () => {
    const [a, b] = [1, 2].map((counter) =>
      tf.tidy(() => dropout(tf.ones([count]), 0.5, { seed: 1, counter }).dataSync()),
    );
    const both = (a as Float32Array).filter((value, i) => value === 0 && b?.[i] === 0).length / count;
    expect(Math.abs(both - 0.25)).toBeLessThan(5 * Math.sqrt(0.1875 / count));
  });

  it('returns x where nothing is dropped', () => {
    const x = tf.tensor1d([1, Number.NaN, 3]);
    const y = dropout(x, 0, key);
    expect([...y.dataSync()]).toEqual([1, Number.NaN, 3]);
    tf.dispose([x, y]);
  });

  it('has a second derivative', () => {
    const x = tf.tensor1d([1, 2, 3, 4, 5, 6, 7, 8]);
    // y = (m x)^3 / 6, so y'' = m^3 x
    const f = (v: tf.Tensor) => tf.div(tf.pow(dropout(v, 0.5, key), 3), 6).sum();
    const second = tf.grad((v: tf.Tensor) => tf.grad(f)(v).sum())(x);
    const mask = tf.tidy(() => dropout(tf.onesLike(x), 0.5, key).dataSync());
    second.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo((mask[i] as number) ** 3 * (i + 1), 3);
    });
    tf.dispose([x, second]);
  });

  it('is the same on a backend without the kernel, gradient included', () => {
    const run = () =>
      tf.tidy(() => {
        const x = tf.linspace(-1, 1, 33);
        return [
          ...tf
            .grad((v: tf.Tensor) => tf.square(dropout(v, 0.4, key)))(x)
            .dataSync(),
        ];
      });
    const native = run();
    tf.setBackend('cpu');
    const reference = run();
    tf.setBackend('native-cpu');
    native.forEach((value, i) => {
      expect(value).toBeCloseTo(reference[i] as number, 6);
    });
  });
});
