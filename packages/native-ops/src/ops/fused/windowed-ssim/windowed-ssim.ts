// Structural similarity of batches of images, and the loss it makes. Formula: windowed-ssim.md.
import { type CommandWriter, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { type CompleteSettings, completeSettings, type SimilaritySettings } from './similarity-settings.ts';
import {
  runWindowedSsim,
  WindowedSsim,
  type WindowedSsimAttributes,
  WindowedSsimGrad,
  type WindowedSsimGradAttributes,
  WindowedSsimGradScaled,
} from './windowed-ssim.gradient.ts';

/**
 * Mean structural similarity of each pair of images, [N], in [-1, 1], over the windows that lie within the image and over
 * the channels.
 *
 * a, b: float32 [N, H, W, C], finite, neither kept nor disposed; H and W at least the window's size. The data range is 1
 * unless given. Differentiable by both images, any number of times. While a gradient is recorded, the one by the first
 * image is computed at once and kept; one by the second takes as long again. Give first what learns, unless it is a
 * variable or was computed inside of the differentiated function, which is noticed.
 *
 * @throws InvalidArgumentError  unless dtypes, shapes and settings are these.
 * @see Wang et al. 2004, "Image quality assessment", doi:10.1109/TIP.2003.819861, equation 13.
 */
export function windowedSsim(a: tf.Tensor4D, b: tf.Tensor4D, settings: SimilaritySettings = {}): tf.Tensor1D {
  return checkAndRun('windowedSsim', a, b, settings);
}

/** 1 - mean of {@link windowedSsim} over the batch: a scalar to minimise. The same arguments, gradients and errors. */
export function ssimLoss(a: tf.Tensor4D, b: tf.Tensor4D, settings: SimilaritySettings = {}): tf.Scalar {
  return tf.tidy(() => tf.sub(1, tf.mean(checkAndRun('ssimLoss', a, b, settings))));
}

function checkAndRun(op: string, a: tf.Tensor4D, b: tf.Tensor4D, settings: SimilaritySettings): tf.Tensor1D {
  const complete = completeSettings(op, settings, 1);
  const describe = (x: tf.Tensor) => `${x.dtype} of shape [${x.shape}]`;
  if (a.dtype !== 'float32' || a.rank !== 4)
    throw new InvalidArgumentError(op, 'a', 'float32 [N, H, W, C]', describe(a));
  if (b.dtype !== 'float32' || !tf.util.arraysEqual(a.shape, b.shape)) {
    throw new InvalidArgumentError(op, 'b', `float32 of shape [${a.shape}], as a`, describe(b));
  }
  const { size } = complete.window;
  const [, height, width, channels] = a.shape;
  if (height < size || width < size || channels < 1) {
    throw new InvalidArgumentError(op, 'a', `images of at least ${size} x ${size} pixels, the window`, describe(a));
  }
  return runWindowedSsim(a, b, complete);
}

function writeSettings(writer: CommandWriter, shape: readonly number[], settings: CompleteSettings): CommandWriter {
  const { window } = settings;
  const [c1, c2] = constants(settings);
  for (const size of shape) writer.size(size);
  return writer
    .int(window.size)
    .int(window.kind === 'gaussian' ? 1 : 0)
    .float(window.kind === 'gaussian' ? window.sigma : 0)
    .float(c1)
    .float(c2);
}

/** C1, and C2 without the factor of the sample covariance, which scales both variances alike. */
function constants({ window, statistics, dataRange, k1, k2 }: CompleteSettings): [number, number] {
  const n = window.size ** 2;
  return [(k1 * dataRange) ** 2, (k2 * dataRange) ** 2 / (statistics === 'sample' ? n / (n - 1) : 1)];
}

type Inputs<Names extends string> = Readonly<Record<Names, tf.TensorInfo>>;

export const windowedSsimKernels: readonly NativeKernel[] = [
  nativeKernel<Inputs<'a' | 'b'>, WindowedSsimAttributes>({
    kernelName: WindowedSsim,
    run: ({ a, b }, { settings, keepsGradient }, runtime) => {
      const similarity = runtime.output([a.shape[0] as number], 'float32');
      const gradients = keepsGradient ? [runtime.output(a.shape, 'float32')] : [];
      const writer = writeSettings(runtime.command('windowed_ssim'), a.shape, settings)
        .input(a)
        .input(b)
        .output(similarity)
        .int(gradients.length);
      for (const gradient of gradients) writer.output(gradient);
      writer.end();
      return [similarity, ...gradients];
    },
  }),
  nativeKernel<Inputs<'dy' | 'a' | 'b'>, WindowedSsimGradAttributes>({
    kernelName: WindowedSsimGrad,
    run: ({ dy, a, b }, { settings }, runtime) => {
      const dx = runtime.output(a.shape, 'float32');
      writeSettings(runtime.command('windowed_ssim_gradient'), a.shape, settings)
        .input(dy)
        .input(a)
        .input(b)
        .output(dx)
        .end();
      return dx;
    },
  }),
  nativeKernel<Inputs<'dy' | 'gradient'>>({
    kernelName: WindowedSsimGradScaled,
    run: ({ dy, gradient }, _attributes, runtime) => {
      const [batch, ...image] = gradient.shape as [number, ...number[]];
      const dx = runtime.output(gradient.shape, 'float32');
      runtime
        .command('windowed_ssim_gradient_scaled')
        .size(batch)
        .size(tf.util.sizeFromShape(image))
        .input(dy)
        .input(gradient)
        .output(dx)
        .end();
      return dx;
    },
  }),
];
