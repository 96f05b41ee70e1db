import '@ggb/native-ops/node';
import * as tf from '@ggb/native-ops/tf';
import type { WeightSource } from '../weights.ts';
import { Weights } from '../weights.ts';
import { Convolution, Deconvolution } from './convolution.ts';
import { Layer, leakyRelu } from './layer.ts';
import { normalisation } from './normalisation.ts';

const seeds: Record<string, number> = { kernel: 1, bias: 2, scale: 3, offset: 4, mean: 5, variance: 6 };
const source: WeightSource = {
  tensor: (_name, shape, { role }) =>
    tf.randomUniform([...shape], role === 'variance' ? 0.5 : -1, 1.5, 'float32', seeds[role]),
};

/** Float32 against float32 in another order of operations, values below 10. */
const digits = 4;

function expectClose(received: tf.Tensor, expected: tf.Tensor): void {
  expect(received.shape).toEqual(expected.shape);
  const wanted = expected.dataSync();
  for (const [i, value] of received.dataSync().entries()) expect(value).toBeCloseTo(wanted[i] as number, digits);
}

function variable(weights: Weights, name: string): tf.Tensor1D {
  return weights.variables.get(name) as unknown as tf.Tensor1D;
}

/** The maths of docs/model.md in single ops. */
function composed(weights: Weights, x: tf.Tensor4D, norm: 'none' | 'batch' | 'instance', mode: 'batch' | 'running') {
  const y = tf.conv2d(x, variable(weights, 'c/kernel') as never, 2, 'same').add(variable(weights, 'c/bias'));
  if (norm === 'none') return y;
  const { mean, variance } =
    mode === 'running'
      ? { mean: variable(weights, 'n/mean'), variance: variable(weights, 'n/variance') }
      : tf.moments(y, norm === 'batch' ? [0, 1, 2] : [1, 2], true);
  return y
    .sub(mean)
    .div(variance.add(1e-5).sqrt())
    .mul(variable(weights, 'n/scale'))
    .add(variable(weights, 'n/offset'));
}

describe('Layer', () => {
  const input = () => tf.randomNormal([2, 6, 6, 3], 0, 1, 'float32', 7) as tf.Tensor4D;

  describe.each(['none', 'batch', 'instance'] as const)('with norm %s', (norm) => {
    it.each(['linear', 'relu', leakyRelu] as const)(
      'and %j is convolution, norm and activation, gradient included',
      (activation) => {
        tf.tidy(() => {
          const weights = new Weights(source);
          const layer = new Layer(
            new Convolution(weights, 'c', { inputChannels: 3, outputChannels: 4, kernelSize: 4, stride: 2 }),
            normalisation(weights, 'n', norm, { channels: 4, keepsStatistics: false }),
            activation,
          );
          const x = input();
          const expected = (v: tf.Tensor4D) => {
            const z = composed(weights, v, norm, 'batch');
            if (activation === 'linear') return z;
            return activation === 'relu' ? z.relu() : z.leakyRelu(0.2);
          };
          expectClose(layer.apply(x), expected(x));
          const dy = tf.randomNormal([2, 3, 3, 4], 0, 1, 'float32', 8);
          const gradients = (f: (v: tf.Tensor4D) => tf.Tensor) =>
            tf.variableGrads(() => f(x).mul(dy).sum() as tf.Scalar, weights.trainable).grads;
          const wanted = gradients(expected);
          for (const [name, gradient] of Object.entries(gradients((v) => layer.apply(v)))) {
            expectClose(gradient, wanted[name] as tf.Tensor);
          }
          weights.dispose();
        });
      },
    );
  });

  it('normalises by running statistics at inference', () => {
    tf.tidy(() => {
      const weights = new Weights(source);
      const layer = new Layer(
        new Convolution(weights, 'c', { inputChannels: 3, outputChannels: 4, kernelSize: 4, stride: 2 }),
        normalisation(weights, 'n', 'batch', { channels: 4, keepsStatistics: true }),
        leakyRelu,
      );
      const x = input();
      expectClose(layer.apply(x, 'running'), composed(weights, x, 'batch', 'running').leakyRelu(0.2));
      weights.dispose();
    });
  });

  it('moves running statistics a tenth of the way to those of the batch, the variance to the unbiased one', () => {
    tf.tidy(() => {
      const weights = new Weights(source);
      const layer = new Layer(
        new Convolution(weights, 'c', { inputChannels: 3, outputChannels: 4, kernelSize: 4, stride: 2 }),
        normalisation(weights, 'n', 'batch', { channels: 4, keepsStatistics: true }),
        'relu',
      );
      const x = input();
      const moments = tf.moments(composed(weights, x, 'none', 'batch'), [0, 1, 2]);
      const [mean, variance] = ['mean', 'variance'].map((name) => variable(weights, `n/${name}`).clone());
      // 2 samples of 3x3.
      const expected = [
        (mean as tf.Tensor).mul(0.9).add(moments.mean.mul(0.1)),
        (variance as tf.Tensor).mul(0.9).add(moments.variance.mul((0.1 * 18) / 17)),
      ];
      layer.apply(x, 'batch');
      expectClose(variable(weights, 'n/mean'), expected[0] as tf.Tensor);
      expectClose(variable(weights, 'n/variance'), expected[1] as tf.Tensor);
      weights.dispose();
    });
  });

  it('doubles the sides with a deconvolution, the transpose of a convolution', () => {
    tf.tidy(() => {
      const weights = new Weights(source);
      const layer = new Layer(
        new Deconvolution(weights, 'c', { inputChannels: 3, outputChannels: 4, kernelSize: 4 }),
        undefined,
        'relu',
      );
      const x = input();
      const kernel = variable(weights, 'c/kernel') as unknown as tf.Tensor4D;
      // The gradient of the convolution [12, 12] -> [6, 6] by its input.
      const transposed = tf.grad((v: tf.Tensor) => tf.conv2d(v as tf.Tensor4D, kernel, 2, 'same'))(
        tf.zeros([2, 12, 12, 4]),
        x,
      );
      expectClose(layer.apply(x), transposed.add(variable(weights, 'c/bias')).relu());
      weights.dispose();
    });
  });
});
