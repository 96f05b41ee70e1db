import { checkPrecisionPage, MeasuredErrors } from '../../../../../../tools/testing/precision-page.ts';
import { itWhen } from '../../../../../../tools/testing/skipping.ts';
import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { seededUniform } from '../../../../testing/seeded-random.ts';
import { float64Similarity, type Pixels } from '../../../../testing/similarity/float64-similarity.ts';
import { hardPairs } from '../../../../testing/similarity/hard-images.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { completeSettings, type SimilaritySettings } from './similarity-settings.ts';
import { windowedSsimCases, windowedSsimRefusals } from './windowed-ssim.cases.ts';
import { ssimLoss, windowedSsim } from './windowed-ssim.ts';

describeOpConformance('windowedSsim', windowedSsimCases, windowedSsimRefusals);

type Image = tf.Tensor4D;

const errors = new MeasuredErrors();
const float64 = { reference: 'float64 in TypeScript', versions: 'this repository' };

describe('windowedSsim', () => {
  afterEach(() => {
    tf.setBackend('native-cpu');
  });

  const drawn = (seed: number, shape: [number, number, number, number], low = 0, high = 1): Image => {
    const uniform = seededUniform(seed);
    const size = tf.util.sizeFromShape(shape);
    return tf.tensor4d(
      Float32Array.from({ length: size }, () => low + (high - low) * uniform()),
      shape,
    );
  };

  it.each([
    ['Gaussian 11', {}],
    ['Gaussian 9', { window: { kind: 'gaussian', size: 9, sigma: 1.2 } }],
    ['uniform 7', { window: { kind: 'uniform', size: 7 }, statistics: 'sample' }],
  ] as [string, SimilaritySettings][])('with a window %s is within 1e-6 of float64 on hard images', (title, window) => {
    for (const [width, height] of [
      [64, 48],
      [37, 35],
    ] as const) {
      for (const { name, a, b } of hardPairs(width, height)) {
        const settings = { ...window, dataRange: 255 };
        const shape: [number, number, number, number] = [1, height, width, 3];
        const received = tf.tidy(
          () =>
            windowedSsim(
              tf.tensor4d(Float32Array.from(a.data), shape),
              tf.tensor4d(Float32Array.from(b.data), shape),
              settings,
            ).dataSync()[0],
        );
        const { mean } = float64Similarity(a, b, completeSettings('expected', settings, 255));
        const error = Math.abs((received as number) - mean);
        // What is promised; half a unit in the last place of the result alone is 3e-8.
        errors.record({ metric: `ssim of float32 images, window ${title}`, ...float64, tolerance: 1e-6, error });
        expect([name, error < 1e-6]).toEqual([name, true]);
      }
    }
  });

  it('is 1 for equal images, bit for bit, and the same the other way round', () => {
    tf.tidy(() => {
      const [a, b] = [drawn(1, [3, 30, 26, 3]), drawn(2, [3, 30, 26, 3])];
      expect([...windowedSsim(a, a).dataSync()]).toEqual([1, 1, 1]);
      expect([...windowedSsim(a, b).dataSync()]).toEqual([...windowedSsim(b, a).dataSync()]);
    });
  });

  it('gives each image what it gives the image alone', () => {
    tf.tidy(() => {
      const [a, b] = [drawn(3, [4, 40, 19, 3]), drawn(4, [4, 40, 19, 3])];
      const alone = [0, 1, 2, 3].map(
        (i) =>
          windowedSsim(a.slice([i, 0, 0, 0], [1, -1, -1, -1]), b.slice([i, 0, 0, 0], [1, -1, -1, -1])).dataSync()[0],
      );
      expect([...windowedSsim(a, b).dataSync()]).toEqual(alone);
    });
  });

  // Central differences of the float64 similarity along random directions.
  it.each([
    ['textured', 0, 1, 1e-5],
    // Terms of size 2 (mean - pivot) / C2 cancel; here their difference is a hundredth of them.
    ['faint on bright', 0.9, 0.92, 2e-4],
  ] as const)('has the gradient of float64 on %s images', (title, low, high, tolerance) => {
    const shape: [number, number, number, number] = [1, 33, 29, 3];
    const settings = completeSettings('expected', {}, 1);
    tf.tidy(() => {
      const [a, b] = [drawn(5, shape, low, high), drawn(6, shape, low, high)];
      const gradients = tf.grads((x, y) => windowedSsim(x as Image, y as Image).sum())([a, b]);
      const pixels = (values: ArrayLike<number>): Pixels => ({ data: values, width: 29, height: 33 });
      for (const [i, image] of [a, b].entries()) {
        const uniform = seededUniform(70 + i);
        const direction = Float64Array.from({ length: image.size }, () => uniform() - 0.5);
        const step = 1e-4 * (high - low);
        const values = image.dataSync();
        const at = (sign: number) => {
          const moved = Float64Array.from(values, (value, j) => value + sign * step * (direction[j] as number));
          const pair = i === 0 ? ([moved, b.dataSync()] as const) : ([a.dataSync(), moved] as const);
          return float64Similarity(pixels(pair[0]), pixels(pair[1]), settings).mean;
        };
        const expected = (at(1) - at(-1)) / (2 * step);
        const gradient = (gradients[i] as tf.Tensor).dataSync<'float32'>();
        const received = gradient.reduce((sum, value, j) => sum + value * (direction[j] as number), 0);
        const size = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0) * image.size) / 12;
        const error = Math.abs(received - expected) / size;
        errors.record({ metric: `gradient, ${title} images, relative`, ...float64, tolerance, error });
        expect(error).toBeLessThan(tolerance);
        expect(Math.abs(expected)).toBeGreaterThan(10 * tolerance * size * 1e-2);
      }
    });
  });

  it('computes one gradient when one is asked, in one kernel each way', () => {
    const backend = nativeBackend();
    tf.tidy(() => {
      const [a, b] = [drawn(7, [2, 20, 20, 3]), drawn(8, [2, 20, 20, 3])];
      backend.report.reset();
      const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => ssimLoss(x as Image, b))(a);
      expect(value.dataSync()[0]).toBeCloseTo(1 - (windowedSsim(a, b).mean().dataSync()[0] as number), 6);
      expect(grad.shape).toEqual(a.shape);
      expect(backend.report.of('WindowedSsimGradScaled')).toMatchObject({ native: 1, fallback: 0 });
      expect(backend.report.of('WindowedSsimGrad')).toMatchObject({ native: 0, fallback: 0 });
    });
  });

  it('exchanges the images when only the second learns: a variable, or what was computed inside', () => {
    const backend = nativeBackend();
    tf.tidy(() => {
      const [a, b] = [drawn(7, [2, 20, 20, 3]), drawn(8, [2, 20, 20, 3])];
      // From the beginning: the function does not know that b learns.
      const expected = tf
        .grad((x: tf.Tensor) => ssimLoss(a, x as Image))(b)
        .dataSync<'float32'>();
      backend.report.reset();
      const computed = tf.grad((x: tf.Tensor) => ssimLoss(a, tf.mul(x, 1) as Image))(b);
      const variable = tf.variable(b) as tf.Variable<tf.Rank.R4>;
      const { grads } = tf.variableGrads(() => ssimLoss(a, variable), [variable]);
      // Sums of 121 products in another order.
      const size = Math.max(...expected.map(Math.abs));
      for (const gradient of [computed, grads[variable.name] as tf.Tensor]) {
        expect(gradient.dataSync<'float32'>()).toBeAllClose(expected, { absolute: 1e-5 * size });
      }
      variable.dispose();
      expect(backend.report.of('WindowedSsimGradScaled')).toMatchObject({ native: 2, fallback: 0 });
      expect(backend.report.of('WindowedSsimGrad')).toMatchObject({ native: 0, fallback: 0 });
    });
  });

  it('leaves nothing behind and repeats its bits, gradients included', () => {
    const images = [drawn(9, [2, 31, 40, 3]), drawn(10, [2, 31, 40, 3])];
    const run = () =>
      tf.tidy(() =>
        tf
          .grads((x, y) => ssimLoss(x as Image, y as Image))(images)
          .map((gradient) => gradient.dataSync()),
      );
    const first = run();
    const before = { tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes };
    expect(run()).toEqual(first);
    expect({ tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes }).toEqual(before);
    tf.dispose(images);
  });

  it('is the same on a backend without the kernel, gradient and second derivative included', () => {
    const run = () =>
      tf.tidy(() => {
        const [a, b] = [drawn(11, [1, 14, 13, 2]), drawn(12, [1, 14, 13, 2])];
        const gradients = tf.grads((x, y) => ssimLoss(x as Image, y as Image))([a, b]);
        const penalty = tf.grad((x: tf.Tensor) =>
          tf
            .grad((v: tf.Tensor) => ssimLoss(v as Image, b).mul(100))(x)
            .square()
            .sum(),
        )(a);
        return [...gradients, penalty].map((tensor) => tensor.dataSync());
      });
    const native = run();
    tf.setBackend('cpu');
    const reference = run();
    native.forEach((values, i) => {
      const expected = reference[i] as Float32Array;
      const size = Math.max(...expected.map(Math.abs));
      expect(size).toBeGreaterThan(0);
      // Two float32 programs of some 30 operations, the second derivative of some 200.
      expect(values).toBeAllClose(expected, { absolute: 1e-4 * size });
    });
  });
});

// Another instruction set, or a build of its own, has other errors within the same tolerances.
const isUsualBuild = process.env.GGB_ISA === undefined && process.env.GGB_NATIVE_OPS_ADDON === undefined;

itWhen(isUsualBuild, 'errors are those of the usual build')('docs/precision.md says what was measured', () => {
  checkPrecisionPage('ssim of float32 images', errors.rows, 'npx nx run native-ops:precision');
});
