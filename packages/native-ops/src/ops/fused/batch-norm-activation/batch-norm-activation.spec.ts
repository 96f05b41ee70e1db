import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { seededValues } from '../../../../testing/seeded-random.ts';
import { assertTensorsClose } from '../../../../testing/tensor-distance.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { activationAttributes } from '../bias-activation/activation.ts';
import { activations, layerShapes, nameOf } from '../bias-activation/bias-activation.cases.ts';
import { batchNormActivationCases, batchNormActivationRefusals } from './batch-norm-activation.cases.ts';
import { batchNormActivationReference } from './batch-norm-activation.reference.ts';
import { batchNormActivation } from './batch-norm-activation.ts';

describeOpConformance('batchNormActivation', batchNormActivationCases, batchNormActivationRefusals);

const epsilon = 1e-5;

interface Values {
  readonly x: Float32Array;
  readonly scale: Float32Array;
  readonly offset: Float32Array;
  readonly dy: Float32Array;
}

/** Everything in float64, from float32 inputs and the float32 output y, whose sign decides at kinks. */
function oracle({ x, scale, offset, dy }: Values, name: string, given?: ArrayLike<number>) {
  const channels = scale.length;
  const n = x.length / channels;
  const slope = name.startsWith('{') ? Math.fround(Number(name.match(/[\d.]+/)?.[0])) : 0;
  const zeros = () => new Float64Array(channels);
  const [mean, variance, dscale, doffset] = [zeros(), zeros(), zeros(), zeros()];
  const add = (sums: Float64Array, c: number, value: number) => {
    sums[c] = (sums[c] as number) + value;
  };
  for (const [i, value] of x.entries()) add(mean, i % channels, value / n);
  for (const [i, value] of x.entries()) add(variance, i % channels, (value - (mean[i % channels] as number)) ** 2 / n);
  const inverse = variance.map((value) => 1 / Math.sqrt(value + Math.fround(epsilon)));
  const normalised = Float64Array.from(x, (value, i) => {
    const c = i % channels;
    return (value - (mean[c] as number)) * (inverse[c] as number);
  });
  const y = normalised.map((value, i) => {
    const c = i % channels;
    const z = value * (scale[c] as number) + (offset[c] as number);
    return name === 'linear' || z > 0 ? z : slope * z;
  });
  const dz = Float64Array.from(dy, (value, i) => {
    const out = (given ?? y)[i] as number;
    return name === 'linear' || out > 0 ? value : slope * value;
  });
  dz.forEach((value, i) => {
    add(doffset, i % channels, value);
    add(dscale, i % channels, value * (normalised[i] as number));
  });
  const dx = dz.map((value, i) => {
    const c = i % channels;
    const centred = value - (doffset[c] as number) / n - ((normalised[i] as number) * (dscale[c] as number)) / n;
    return centred * (scale[c] as number) * (inverse[c] as number);
  });
  return { y, mean, variance, dx, dscale, doffset };
}

function drawn(shape: readonly number[], centre = 0): Values {
  const size = tf.util.sizeFromShape([...shape]);
  const channels = shape.at(-1) as number;
  return {
    x: seededValues(1, size, centre - 2, centre + 2),
    scale: seededValues(2, channels, 0.5, 1.5),
    offset: seededValues(3, channels),
    dy: seededValues(4, size),
  };
}

const like = (shape: readonly number[], values: Float64Array) => ({ shape: [...shape], dataSync: () => values });

describe('batchNormActivation', () => {
  afterEach(() => {
    tf.setBackend('native-cpu');
  });

  const shapes = layerShapes.filter((shape) => tf.util.sizeFromShape([...shape]) > 0);

  it.each(activations.map((activation) => [nameOf(activation), activation] as const))(
    'and %s: results and gradients are those of float64, one kernel each way',
    (name, activation) => {
      for (const shape of shapes) {
        tf.tidy(() => {
          const values = drawn(shape);
          const [x, dy] = [tf.tensor(values.x, [...shape]), tf.tensor(values.dy, [...shape])];
          const [scale, offset] = [tf.tensor(values.scale), tf.tensor(values.offset)];
          const { y, mean, variance } = batchNormActivation(x, scale, offset, { epsilon, activation });
          const expected = oracle(values, name, y.dataSync());
          const channel = [values.scale.length];
          const rows = x.size / scale.size;
          // Float64 sums rounded once; the mean is of numbers below 2 that nearly cancel.
          assertTensorsClose(
            mean,
            like(channel, expected.mean),
            { absolute: 1e-12, relative: 6.1e-8 },
            `mean [${shape}]`,
          );
          assertTensorsClose(
            variance,
            like(channel, expected.variance),
            { absolute: 1e-12, relative: 6.1e-8 },
            `variance [${shape}]`,
          );
          // (x - mean) slope + base: three roundings of numbers below 6; the slope is rounded once. leakyRelu of 1.5 scales.
          assertTensorsClose(y, like(shape, expected.y), { absolute: 1.5e-6, relative: 0 }, `y [${shape}]`);

          nativeBackend().report.reset();
          const [dx, dscale, doffset] = tf.grads((a, b, c) => batchNormActivation(a, b, c, { epsilon, activation }).y)(
            [x, scale, offset],
            dy,
          ) as [tf.Tensor, tf.Tensor, tf.Tensor];
          // Three float32 terms of size at most slope * (|dy| + ...) < 10 each.
          assertTensorsClose(dx, like(shape, expected.dx), { absolute: 4e-6, relative: 1e-6 }, `dx [${shape}]`);
          // Each of the n terms carries the roundings of x - mean and dz; the sum itself is float64.
          const perRow = { absolute: 4e-7 * Math.max(1, rows), relative: 1e-6 };
          assertTensorsClose(dscale, like(channel, expected.dscale), perRow, `dscale [${shape}]`);
          assertTensorsClose(doffset, like(channel, expected.doffset), perRow, `doffset [${shape}]`);
          for (const kernel of ['BatchNormActivation', 'BatchNormActivationGrad']) {
            expect(nativeBackend().report.of(kernel)).toEqual({ kernel, native: 1, fallback: 0 });
          }
          expect(nativeBackend().report.of('Sum').native).toBe(0);
        });
      }
    },
  );

  it('keeps the digits of the variance where the mean is 10000 times the deviation', () => {
    tf.tidy(() => {
      const shape = [5000, 3];
      const values = drawn(shape, 10_000);
      const { y, mean, variance } = batchNormActivation(
        tf.tensor(values.x, [5000, 3]),
        tf.tensor(values.scale),
        tf.tensor(values.offset),
        { epsilon },
      );
      const expected = oracle(values, 'linear');
      assertTensorsClose(mean, like([3], expected.mean), { absolute: 0, relative: 6.1e-8 }, 'mean');
      // float64 sums of differences from the pilot: only the result is rounded.
      assertTensorsClose(variance, like([3], expected.variance), { absolute: 0, relative: 6.1e-8 }, 'variance');
      // x - float32(mean) is exact here, and the base brings back what the mean lost.
      assertTensorsClose(y, like(shape, expected.y), { absolute: 1e-6, relative: 1e-6 }, 'y');
    });
  });

  it('gives a constant channel its offset and variance 0', () => {
    tf.tidy(() => {
      const { y, mean, variance } = batchNormActivation(tf.fill([70, 2], 0.1), tf.ones([2]), tf.tensor1d([3, -3]), {
        activation: { leakyRelu: 0.5 },
      });
      expect([...variance.dataSync()]).toEqual([0, 0]);
      expect([...mean.dataSync()]).toEqual([Math.fround(0.1), Math.fround(0.1)]);
      expect([...y.dataSync()].every((value, i) => value === (i % 2 === 0 ? 3 : -1.5))).toBe(true);
    });
  });

  it('lets no gradient flow through mean and variance, with and without the kernel', () => {
    for (const backend of ['native-cpu', 'cpu']) {
      tf.setBackend(backend);
      tf.tidy(() => {
        const x = tf.tensor(seededValues(5, 24), [8, 3]);
        const weights = tf.tensor(seededValues(6, 24), [8, 3]);
        const [scale, offset] = [tf.ones([3]), tf.zeros([3])];
        const alone = tf.grad((v: tf.Tensor) => batchNormActivation(v, scale, offset).y.mul(weights))(x);
        const withStatistics = tf.grad((v: tf.Tensor) => {
          const { y, mean, variance } = batchNormActivation(v, scale, offset);
          return y.mul(weights).sum().add(mean.sum()).add(variance.sum());
        })(x);
        expect([...withStatistics.dataSync()]).toEqual([...alone.dataSync()]);
      });
    }
  });

  it('repeats its bits and leaves nothing behind', () => {
    const inputs = [tf.tensor(seededValues(7, 60_000), [300, 200]), tf.ones([200]), tf.zeros([200])];
    const run = () =>
      tf.tidy(() =>
        tf
          .grads((x, scale, offset) => batchNormActivation(x, scale, offset, { activation: 'relu' }).y.square())(inputs)
          .map((gradient) => gradient.dataSync()),
      );
    const first = run();
    const before = { tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes };
    expect(run()).toEqual(first);
    expect({ tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes }).toEqual(before);
    tf.dispose(inputs);
  });

  it('passes NaN of dy to all gradients of its channel, and to no other', () => {
    tf.tidy(() => {
      const x = tf.tensor(seededValues(8, 40), [20, 2]);
      const dy = tf.tensor(
        Float32Array.from({ length: 40 }, (_, i) => (i === 7 ? Number.NaN : 1)),
        [20, 2],
      );
      const gradients = tf.grads((v, scale, offset) => batchNormActivation(v, scale, offset, { activation: 'relu' }).y)(
        [x, tf.ones([2]), tf.zeros([2])],
        dy,
      );
      for (const gradient of gradients) {
        expect([...gradient.dataSync()].every((value, i) => Number.isNaN(value) === (i % 2 === 1))).toBe(true);
      }
    });
  });

  it.each(['linear', 'relu', { leakyRelu: 0.2 }] as const)('has second derivatives with %p', (activation) => {
    tf.tidy(() => {
      const x = tf.tensor(seededValues(9, 24), [8, 3]);
      const scale = tf.tensor1d([1, 0.5, -1.5]);
      const offset = tf.tensor1d([0.1, -0.2, 0.3]);
      // tf.leakyRelu has no second derivative, z times its step has.
      const { slope } = activationAttributes('reference', activation);
      const reference = (...inputs: [tf.Tensor, tf.Tensor, tf.Tensor]) => {
        const z = batchNormActivationReference(...inputs, { activation: 'linear', slope: 0, epsilon })[0] as tf.Tensor;
        return activation === 'linear' ? z : tf.mul(z, tf.step(z, slope));
      };
      // The sum of squared first derivatives, differentiated again: as a gradient penalty does.
      const penaltyGradient = (f: (v: tf.Tensor, s: tf.Tensor, o: tf.Tensor) => tf.Tensor) =>
        tf.grads((v, s, o) =>
          tf
            .grads((a, b, c) => f(a, b, c).square().mul(0.5).sum())([v, s, o])
            .map((gradient) => gradient.square().sum())
            .reduce((total, term) => total.add(term)),
        )([x, scale, offset]);
      const received = penaltyGradient((a, b, c) => batchNormActivation(a, b, c, { epsilon, activation }).y);
      const expected = penaltyGradient(reference);
      received.forEach((gradient, i) => {
        const wanted = expected[i] as tf.Tensor;
        const size = wanted.abs().max().dataSync()[0] as number;
        // Two different float32 programs of some 50 operations each.
        assertTensorsClose(gradient, wanted, { absolute: 2e-5 * Math.max(1, size), relative: 0 }, `input ${i}`);
      });
    });
  });

  it('is the same on a backend without the kernel', () => {
    const run = () =>
      tf.tidy(() => {
        const inputs = [tf.tensor(seededValues(10, 33), [11, 3]), tf.tensor1d([1, 2, 0.5]), tf.tensor1d([0, 1, -1])];
        const f = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
          batchNormActivation(x, scale, offset, { epsilon, activation: { leakyRelu: 0.2 } });
        const { y, mean, variance } = f(...(inputs as [tf.Tensor, tf.Tensor, tf.Tensor]));
        const gradients = tf.grads((a, b, c) => f(a, b, c).y.square())(inputs);
        return [y, mean, variance, ...gradients].flatMap((tensor) => [...tensor.dataSync()]);
      });
    const native = run();
    tf.setBackend('cpu');
    const reference = run();
    native.forEach((value, i) => {
      expect(value).toBeCloseTo(reference[i] as number, 4); // sums of 11 float32 of size up to 10
    });
  });
});
