// FusedBatchNorm: batch normalization with given statistics.
import type { FusedBatchNormAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { util } from '../../../tfjs/registered-core.ts';

interface BatchNormInputs {
  readonly x: TensorInfo;
  readonly mean: TensorInfo;
  readonly variance: TensorInfo;
  readonly scale?: TensorInfo;
  readonly offset?: TensorInfo;
}

const sizeOf = (tensor: TensorInfo | null | undefined) => (tensor ? util.sizeFromShape(tensor.shape) : 0);

/** As in TF.js's CPU kernel the statistics repeat along flattened x, each with its own period. */
function periodOf({ x, mean, variance, scale, offset }: BatchNormInputs): number | undefined {
  const sizes = [mean, variance, scale ?? mean, offset ?? mean].map(sizeOf);
  const period = Math.max(...sizes);
  if (period === 0 || sizeOf(x) % period !== 0) return undefined;
  return sizes.every((size) => size === 1 || size === period) ? period : undefined;
}

export const normKernels: readonly NativeKernel[] = [
  nativeKernel<BatchNormInputs, FusedBatchNormAttrs>({
    kernelName: 'FusedBatchNorm',
    accepts: (inputs) => {
      const { x, mean, variance, scale, offset } = inputs;
      const sameRank = [variance, scale, offset].every((other) => (other ?? mean).shape.length === mean.shape.length);
      const areFloat = [x, mean, variance, scale ?? x, offset ?? x].every(({ dtype }) => dtype === 'float32');
      return areFloat && sameRank && periodOf(inputs) !== undefined;
    },
    run: (inputs, { varianceEpsilon }, runtime) => {
      const { x, mean, variance, scale, offset } = inputs;
      const y = runtime.output(x.shape, 'float32');
      const command = runtime
        .command('batch_norm')
        .size(sizeOf(x))
        .size(periodOf(inputs) as number)
        .float(varianceEpsilon ?? 0.001)
        .size(sizeOf(mean))
        .size(sizeOf(variance))
        .size(sizeOf(scale))
        .size(sizeOf(offset))
        .input(x)
        .input(mean)
        .input(variance);
      if (scale) command.input(scale);
      if (offset) command.input(offset);
      command.output(y).end();
      return y;
    },
  }),
];
