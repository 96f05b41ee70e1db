// What ends a layer with batch normalisation, in training: statistics, normalisation and activation. Formula:
// batch-norm-activation.md.
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import type * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { type Activation, activationAttributes } from '../bias-activation/activation.ts';
import { checkPerChannel, describeTensor, writeLayer } from '../bias-activation/bias-activation.ts';
import {
  BatchNormActivation,
  BatchNormActivationGrad,
  runBatchNormActivation,
} from './batch-norm-activation.gradient.ts';
import type { BatchNormAttributes } from './batch-norm-activation.reference.ts';

export interface BatchNormOptions {
  /** Added to the variance; finite, at least 0. Default 0.001, as in tf.batchNorm. */
  readonly epsilon?: number;
  /** Default 'linear'. */
  readonly activation?: Activation;
}

export interface Normalised<T extends tf.Tensor> {
  readonly y: T;
  /** Mean of each channel, [C]. To a gradient a constant. */
  readonly mean: tf.Tensor1D;
  /** Population variance of each channel, [C]. To a gradient a constant. */
  readonly variance: tf.Tensor1D;
}

/**
 * activation((x - mean) / sqrt(variance + epsilon) * scale + offset), with mean and population variance of x over all axes
 * but the last.
 *
 * x: float32 [..., C] of at least two axes; scale, offset: float32 [C]; none kept or disposed. The caller owns the three
 * results. Differentiable by all three inputs, any number of times, through y; `mean` and `variance` are for running
 * statistics, no gradient flows through them.
 *
 * @throws InvalidArgumentError  unless dtypes, sizes and settings are these.
 */
export function batchNormActivation<T extends tf.Tensor>(
  x: T,
  scale: tf.Tensor,
  offset: tf.Tensor,
  { epsilon = 0.001, activation = 'linear' }: BatchNormOptions = {},
): Normalised<T> {
  const op = 'batchNormActivation';
  const attributes = { ...activationAttributes(op, activation), epsilon };
  if (x.dtype !== 'float32' || x.rank < 2) {
    throw new InvalidArgumentError(op, 'x', 'float32 of at least two axes', describeTensor(x));
  }
  checkPerChannel(op, 'scale', scale, x);
  checkPerChannel(op, 'offset', offset, x);
  if (!(epsilon >= 0 && epsilon < Infinity)) {
    throw new InvalidArgumentError(op, 'epsilon', 'finite and at least 0', epsilon);
  }
  const [y, mean, variance] = runBatchNormActivation(x, scale, offset, attributes);
  return { y: y as T, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

type Inputs<Names extends string> = Readonly<Record<Names, tf.TensorInfo>>;

export const batchNormActivationKernels: readonly NativeKernel[] = [
  nativeKernel<Inputs<'x' | 'scale' | 'offset'>, BatchNormAttributes>({
    kernelName: BatchNormActivation,
    run: ({ x, scale, offset }, attributes, runtime) => {
      const y = runtime.output(x.shape, 'float32');
      const mean = runtime.output(scale.shape, 'float32');
      const variance = runtime.output(scale.shape, 'float32');
      writeLayer(runtime.command('batch_norm_activation'), attributes, x.shape)
        .float(attributes.epsilon)
        .input(x)
        .input(scale)
        .input(offset)
        .output(y)
        .output(mean)
        .output(variance)
        .end();
      return [y, mean, variance];
    },
  }),
  nativeKernel<Inputs<'dy' | 'x' | 'scale' | 'y' | 'mean' | 'variance'>, BatchNormAttributes>({
    kernelName: BatchNormActivationGrad,
    run: ({ dy, x, scale, y, mean, variance }, attributes, runtime) => {
      const dx = runtime.output(x.shape, 'float32');
      const dscale = runtime.output(scale.shape, 'float32');
      const doffset = runtime.output(scale.shape, 'float32');
      writeLayer(runtime.command('batch_norm_activation_gradient'), attributes, x.shape)
        .float(attributes.epsilon)
        .input(dy)
        .input(x)
        .input(y)
        .input(scale)
        .input(mean)
        .input(variance)
        .output(dx)
        .output(dscale)
        .output(doffset)
        .end();
      return [dx, dscale, doffset];
    },
  }),
];
