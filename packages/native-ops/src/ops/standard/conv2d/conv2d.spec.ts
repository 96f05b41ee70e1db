import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { seededValues } from '../../../../testing/seeded-random.ts';
import { assertTensorsClose } from '../../../../testing/tensor-distance.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { conv2dCases, depthwiseCases, fusedCases, gradientCases, refusals } from './conv2d.cases.ts';

describeOpConformance('conv2d and its gradients', conv2dCases);
describeOpConformance('depthwise convolution and its gradients', depthwiseCases);
describeOpConformance('convolution with bias and activation', fusedCases);
describeOpConformance('convolution on the tape', gradientCases, refusals);

function random(seed: number, shape: number[]): tf.Tensor4D {
  return tf.tensor(seededValues(seed, tf.util.sizeFromShape(shape)), shape as [number, number, number, number]);
}

describe('convolution', () => {
  beforeEach(() => {
    tf.setBackend('native-cpu');
  });

  it('gives the same bits twenty times, forward and in both gradients', () => {
    const results = new Set<string>();
    for (let i = 0; i < 20; i++) {
      tf.tidy(() => {
        const x = random(1, [4, 32, 32, 24]);
        const filter = random(2, [4, 4, 24, 40]);
        const { value, grads } = tf.valueAndGrads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same'))(
          [x, filter],
          random(3, [4, 16, 16, 40]),
        );
        results.add([value, ...grads].map((t) => Buffer.from(t.dataSync().buffer).toString('base64')).join());
      });
    }
    expect(results.size).toBe(1);
  });

  it('gives a batch of five the results of five batches of one', () => {
    tf.tidy(() => {
      const x = random(4, [5, 11, 10, 9]);
      const filter = random(5, [3, 3, 9, 12]);
      const together = tf.conv2d(x, filter, 1, 'same');
      const apart = tf.concat(
        tf.unstack(x).map((image) => tf.conv2d(tf.expandDims(image) as tf.Tensor4D, filter, 1, 'same')),
      );
      // The kernels may cut the sum of 81 products differently for another batch size.
      assertTensorsClose(apart, together, { absolute: 1e-5, relative: 1e-6 });
    });
  });

  // Together there are more tiles than Winograd's filtering treats at once, 7,281 in the input gradient; a single image is too
  // small for it.
  it('gives a large batch of 4x4 filters with stride 2 the results of its images alone', () => {
    tf.tidy(() => {
      const x = random(7, [30, 64, 64, 32]);
      const filter = random(8, [4, 4, 32, 32]);
      const dy = random(9, [30, 32, 32, 32]);
      const gradients = tf.valueAndGrads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same'));
      const together = gradients([x, filter], dy);
      const apart = tf
        .unstack(x)
        .map((image, i) => gradients([tf.expandDims(image), filter], tf.slice4d(dy, [i, 0, 0, 0], [1, -1, -1, -1])));
      // Sums of 512 products (of 30720 in the filter gradient) of about 0.3, cut differently.
      assertTensorsClose(tf.concat(apart.map(({ value }) => value)), together.value, {
        absolute: 5e-5,
        relative: 1e-5,
      });
      const [dx, dFilter] = together.grads as [tf.Tensor, tf.Tensor];
      assertTensorsClose(tf.concat(apart.map(({ grads }) => grads[0] as tf.Tensor)), dx, {
        absolute: 5e-5,
        relative: 1e-5,
      });
      const sum = tf.addN(apart.map(({ grads }) => grads[1] as tf.Tensor));
      assertTensorsClose(sum, dFilter, { absolute: 1e-3, relative: 1e-5 });
    });
  });

  it('carries NaN and infinities of x to the outputs that see them, and to no other', () => {
    tf.tidy(() => {
      const values = seededValues(6, 8 * 8 * 3);
      values[3 * (8 * 2 + 5) + 1] = Number.NaN;
      values[3 * (8 * 6 + 1)] = Number.POSITIVE_INFINITY;
      const x = tf.tensor(values, [1, 8, 8, 3]);
      const y = tf.max(tf.conv2d(x as tf.Tensor4D, tf.ones([3, 3, 3, 18]), 1, 'same'), 3).dataSync();
      y.forEach((value, pixel) => {
        const [row, column] = [Math.floor(pixel / 8), pixel % 8];
        const seesNaN = Math.abs(row - 2) <= 1 && Math.abs(column - 5) <= 1;
        const seesInfinity = Math.abs(row - 6) <= 1 && Math.abs(column - 1) <= 1;
        expect(value).toEqual(seesNaN ? Number.NaN : seesInfinity ? Number.POSITIVE_INFINITY : expect.closeTo(value));
        expect(Number.isFinite(value)).toBe(!seesNaN && !seesInfinity);
      });
    });
  });

  it('keeps NaN through a fused relu, as the relu of TF.js does', () => {
    tf.tidy(() => {
      const x = tf.fill([1, 4, 4, 16], Number.NaN) as tf.Tensor4D;
      for (const activation of ['relu', 'relu6', 'leakyrelu'] as const) {
        const y = tf.fused.conv2d({ x, filter: tf.ones([3, 3, 16, 16]), strides: 1, pad: 'same', activation });
        expect(y.dataSync().every(Number.isNaN)).toBe(true);
      }
    });
  });

  it('leaves NCHW, and a conv2dTranspose whose sizes disagree, to the CPU kernel', () => {
    tf.tidy(() => {
      const backend = nativeBackend();
      backend.report.reset();
      tf.conv2d(random(7, [1, 3, 5, 5]), random(8, [3, 3, 3, 2]), 1, 'valid', 'NCHW').dataSync();
      expect(backend.report.of('Conv2D')).toEqual({ kernel: 'Conv2D', native: 0, fallback: 1 });
      tf.conv2dTranspose(random(9, [1, 2, 2, 1]), random(10, [2, 2, 1, 1]), [1, 6, 6, 1], 2, 'valid').dataSync();
      expect(backend.report.of('Conv2DBackpropInput')).toEqual({
        kernel: 'Conv2DBackpropInput',
        native: 0,
        fallback: 1,
      });
    });
  });

  it('differentiates a dilated NCHW convolution', () => {
    tf.tidy(() => {
      const x = random(11, [2, 3, 8, 7]);
      const filter = random(12, [3, 2, 3, 4]);
      const pad: tf.backend_util.ExplicitPadding = [
        [0, 0],
        [0, 0],
        [1, 2],
        [2, 0],
      ];
      const gradients = (backend: string) => {
        tf.setBackend(backend);
        const f = (a: tf.Tensor, b: tf.Tensor) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, pad, 'NCHW', [2, 1]);
        return tf.grads(f)([x, filter]);
      };
      const expected = gradients('cpu').map((t) => ({ shape: t.shape, values: t.dataSync() }));
      gradients('native-cpu').forEach((gradient, i) => {
        const { shape, values } = expected[i] as (typeof expected)[number];
        // Sums of up to 112 products, in another order.
        assertTensorsClose(gradient, { shape, dataSync: () => values }, { absolute: 1e-5, relative: 1e-5 });
      });
    });
  });
});
