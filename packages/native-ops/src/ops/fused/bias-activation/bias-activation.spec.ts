import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { seededValues } from '../../../../testing/seeded-random.ts';
import { assertTensorsClose } from '../../../../testing/tensor-distance.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import {
  activations,
  biasActivationCases,
  biasActivationRefusals,
  layerShapes,
  nameOf,
} from './bias-activation.cases.ts';
import { biasActivation } from './bias-activation.ts';

describeOpConformance('biasActivation', biasActivationCases, biasActivationRefusals);

/** dx and dbias in float64, from float32 inputs. */
function gradientOracle(values: { x: Float32Array; bias: Float32Array; dy: Float32Array }, name: string) {
  const { x, bias, dy } = values;
  const slope = name.startsWith('{') ? Math.fround(Number(name.match(/[\d.]+/)?.[0])) : 0;
  const dx = new Float64Array(x.length);
  const dbias = new Float64Array(bias.length);
  const sizes = new Float64Array(bias.length);
  for (let i = 0; i < x.length; i++) {
    const c = i % bias.length;
    const z = (x[i] as number) + (bias[c] as number);
    const below = name === 'linear' ? 1 : slope;
    const derivative = z > 0 ? 1 : below;
    dx[i] = (dy[i] as number) * derivative;
    dbias[c] = (dbias[c] as number) + (dx[i] as number);
    sizes[c] = (sizes[c] as number) + Math.abs(dx[i] as number);
  }
  return { dx, dbias, largestSum: Math.max(...sizes) };
}

describe('gradient of biasActivation', () => {
  afterEach(() => {
    tf.setBackend('native-cpu');
  });

  const shapes = layerShapes.filter((shape) => tf.util.sizeFromShape([...shape]) > 0);
  it.each(activations.map((activation) => [nameOf(activation), activation] as const))(
    'of %s is that of float64, in one kernel',
    (name, activation) => {
      for (const shape of shapes) {
        tf.tidy(() => {
          const size = tf.util.sizeFromShape([...shape]);
          const values = {
            x: seededValues(1, size, -2, 2),
            bias: seededValues(2, shape.at(-1) as number),
            dy: seededValues(3, size),
          };
          const expected = gradientOracle(values, name);
          nativeBackend().report.reset();
          const [dx, dbias] = tf.grads((x, bias) => biasActivation(x, bias, activation))(
            [tf.tensor(values.x, [...shape]), tf.tensor(values.bias)],
            tf.tensor(values.dy, [...shape]),
          );
          // A product, rounded once; the slope is a float32.
          assertTensorsClose(
            dx as tf.Tensor,
            { shape: [...shape], dataSync: () => expected.dx },
            { absolute: 0, relative: 6.1e-8 },
            `dx of [${shape}]`,
          );
          // dx as above, then a sum in float64, rounded once.
          assertTensorsClose(
            dbias as tf.Tensor,
            { shape: [values.bias.length], dataSync: () => expected.dbias },
            { absolute: 6.1e-8 * expected.largestSum, relative: 6e-8 },
            `dbias of [${shape}]`,
          );
          const { native, fallback } = nativeBackend().report.of('BiasActivationGrad');
          expect({ native, fallback }).toEqual({ native: name === 'linear' ? 0 : 1, fallback: 0 });
        });
      }
    },
  );

  it.each(activations.map((activation) => [nameOf(activation), activation] as const))(
    'of %s repeats its bits and leaves nothing behind',
    (_name, activation) => {
      const x = tf.tensor(seededValues(4, 40_000), [200, 200]);
      const bias = tf.tensor(seededValues(5, 200));
      const run = () =>
        tf.tidy(() =>
          tf
            .grads((v, b) => biasActivation(v, b, activation).square())([x, bias])
            .map((g) => g.dataSync()),
        );
      const first = run();
      const before = { tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes };
      expect(run()).toEqual(first);
      expect({ tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes }).toEqual(before);
      tf.dispose([x, bias]);
    },
  );

  it.each(['relu', { leakyRelu: 0.2 }] as const)('of %p keeps NaN of y and of dy', (activation) => {
    tf.tidy(() => {
      const x = tf.tensor2d([Number.NaN, 1, -1, 2, -2, 3], [3, 2]);
      const dy = tf.tensor2d([1, 1, 1, Number.NaN, 1, 1], [3, 2]);
      const [dx, dbias] = tf.grads((v, b) => biasActivation(v, b, activation))([x, tf.zeros([2])], dy);
      expect([...(dx as tf.Tensor).dataSync()].map(Number.isNaN)).toEqual([true, false, false, true, false, false]);
      expect([...(dbias as tf.Tensor).dataSync()]).toEqual([Number.NaN, Number.NaN]);
    });
  });

  it('is 0 at the kink of relu, and the slope there for leakyRelu, as in TF.js', () => {
    tf.tidy(() => {
      const at = (activation: 'relu' | { leakyRelu: number }) =>
        tf
          .grad((x: tf.Tensor) => biasActivation(x, tf.zeros([3]), activation))(tf.tensor1d([0, -0, 1e-45]))
          .dataSync();
      expect([...at('relu')]).toEqual([0, 0, 1]);
      expect([...at({ leakyRelu: 0.25 })]).toEqual([0.25, 0.25, 1]);
    });
  });

  it('has a second derivative', () => {
    tf.tidy(() => {
      const z = tf.tensor1d([-1, -0.5, 0.25, 1]);
      const zero = tf.zeros([4]);
      const second = (f: (x: tf.Tensor) => tf.Tensor) => tf.grad((x: tf.Tensor) => tf.grad(f)(x))(z);
      // (relu(x)³)'' = 6 relu(x); below 0, (leakyRelu(x)³)'' = 6 slope³ x.
      assertTensorsClose(
        second((x) => tf.pow(biasActivation(x, zero, 'relu'), 3)),
        tf.mul(tf.relu(z), 6),
        { absolute: 1e-5, relative: 1e-6 }, // float32 pow
        "(relu³)''",
      );
      assertTensorsClose(
        second((x) => tf.pow(biasActivation(x, zero, { leakyRelu: 0.5 }), 3)),
        tf.where(tf.greater(z, 0), tf.mul(z, 6), tf.mul(z, 6 * 0.125)),
        { absolute: 1e-5, relative: 1e-6 },
        "(leakyRelu³)''",
      );
    });
  });

  it('serves a tensor that is used twice in one tape', () => {
    tf.tidy(() => {
      const bias = tf.tensor1d([1, -2]);
      const gradient = tf.grad((x: tf.Tensor) => {
        const y = biasActivation(x, bias, 'relu');
        return tf.add(tf.mul(y, 3), biasActivation(y, bias, 'linear'));
      })(tf.tensor2d([1, 1, -3, 5], [2, 2]));
      expect([...gradient.dataSync()]).toEqual([4, 0, 0, 4]);
    });
  });

  it('is the same on a backend without the kernel', () => {
    const run = () =>
      tf.tidy(() =>
        tf
          .grads((x, bias) => biasActivation(x, bias, { leakyRelu: 0.2 }).square())([
            tf.tensor(seededValues(6, 33), [11, 3]),
            tf.tensor1d([0.1, -0.2, 0.3]),
          ])
          .map((gradient) => [...gradient.dataSync()]),
      );
    const native = run();
    tf.setBackend('cpu');
    const reference = run();
    native.flat().forEach((value, i) => {
      expect(value).toBeCloseTo(reference.flat()[i] as number, 5); // sums of 11 float32 of size 1
    });
  });
});
