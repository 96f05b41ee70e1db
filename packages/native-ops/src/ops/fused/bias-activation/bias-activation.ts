// What ends a layer without normalisation: bias and activation in one pass. Formula: bias-activation.md.
import { type CommandWriter, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { type Activation, type ActivationAttributes, activationAttributes } from './activation.ts';
import { BiasActivation, BiasActivationGrad, runBiasActivation } from './bias-activation.gradient.ts';

/**
 * activation(x + bias), the bias repeated along the last axis.
 *
 * x: float32 [..., C], bias: float32 [C]; neither kept nor disposed. Differentiable by both, any number of times.
 *
 * @throws InvalidArgumentError  unless dtypes and sizes are these, and the slope of a leakyRelu is finite and above 0.
 */
export function biasActivation<T extends tf.Tensor>(x: T, bias: tf.Tensor, activation: Activation): T {
  const attributes = activationAttributes('biasActivation', activation);
  if (x.dtype !== 'float32' || x.rank === 0) {
    throw new InvalidArgumentError('biasActivation', 'x', 'float32 of at least one axis', describeTensor(x));
  }
  checkPerChannel('biasActivation', 'bias', bias, x);
  return runBiasActivation(x, bias, attributes) as T;
}

/** @throws InvalidArgumentError  unless `tensor` is float32 with one value for each channel of x. */
export function checkPerChannel(op: string, argument: string, tensor: tf.Tensor, x: tf.Tensor): void {
  const channels = x.shape.at(-1);
  if (tensor.dtype === 'float32' && tensor.rank === 1 && tensor.size === channels) return;
  throw new InvalidArgumentError(op, argument, `float32 of shape [${channels}]`, describeTensor(tensor));
}

export const describeTensor = ({ dtype, shape }: tf.Tensor): string => `${dtype} of shape [${shape}]`;

/** The arguments with which the commands of fused layers begin: activation, slope, rows, channels. */
export function writeLayer(
  command: CommandWriter,
  { activation, slope }: ActivationAttributes,
  shape: readonly number[],
): CommandWriter {
  return command
    .variant(activation)
    .float(slope)
    .size(tf.util.sizeFromShape(shape.slice(0, -1)))
    .size(shape.at(-1) as number);
}

export const biasActivationKernels: readonly NativeKernel[] = [
  nativeKernel<{ x: tf.TensorInfo; bias: tf.TensorInfo }, ActivationAttributes>({
    kernelName: BiasActivation,
    run: ({ x, bias }, attributes, runtime) => {
      const y = runtime.output(x.shape, 'float32');
      writeLayer(runtime.command('bias_activation'), attributes, x.shape).input(x).input(bias).output(y).end();
      return y;
    },
  }),
  nativeKernel<{ dy: tf.TensorInfo; y: tf.TensorInfo }, ActivationAttributes>({
    kernelName: BiasActivationGrad,
    run: ({ dy, y }, attributes, runtime) => {
      const dx = runtime.output(y.shape, 'float32');
      const dbias = runtime.output(y.shape.slice(-1), 'float32');
      writeLayer(runtime.command('bias_activation_gradient'), attributes, y.shape)
        .input(dy)
        .input(y)
        .output(dx)
        .output(dbias)
        .end();
      return [dx, dbias];
    },
  }),
];
