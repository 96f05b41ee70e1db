// Average and maximum pooling of TF.js (NHWC) and their gradients. MaxPoolWithArgmax and 3-D pooling stay with TF.js's CPU
// kernels.
import type { AvgPoolAttrs, backend_util, TensorInfo } from '@tensorflow/tfjs-core';
import {
  type CommandWriter,
  type KernelRuntime,
  type NativeKernel,
  nativeKernel,
} from '../../../backend/kernel-runtime.ts';
import { backend_util as backendUtil, util } from '../../../tfjs/registered-core.ts';

type PoolInfo = backend_util.Conv2DInfo;
type PoolKind = 'average' | 'max';

function poolInfo(x: TensorInfo, { filterSize, strides, pad, dimRoundingMode }: AvgPoolAttrs): PoolInfo {
  return backendUtil.computePool2DInfo(
    x.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad,
    dimRoundingMode,
  );
}

function poolCommand(runtime: KernelRuntime, op: string, kind: PoolKind, info: PoolInfo): CommandWriter {
  return runtime
    .command(op)
    .variant(kind)
    .size(info.batchSize)
    .size(info.inHeight)
    .size(info.inWidth)
    .size(info.inChannels)
    .size(info.outHeight)
    .size(info.outWidth)
    .size(info.filterHeight)
    .size(info.filterWidth)
    .size(info.strideHeight)
    .size(info.strideWidth)
    .size(info.padInfo.top)
    .size(info.padInfo.left);
}

function pooling(kernelName: string, kind: PoolKind): NativeKernel {
  return nativeKernel<{ x: TensorInfo }, AvgPoolAttrs>({
    kernelName,
    accepts: ({ x }) => x.dtype === 'float32' && x.shape.length === 4,
    run: ({ x }, attrs, runtime) => {
      const info = poolInfo(x, attrs);
      // Every window is one pixel: nothing to compute (and NaN stays, as in TF.js).
      if (info.filterHeight === 1 && info.filterWidth === 1 && util.arraysEqual(info.inShape, info.outShape)) {
        return runtime.alias(x, x.shape);
      }
      const y = runtime.output(info.outShape, 'float32');
      poolCommand(runtime, 'pool', kind, info).input(x).output(y).end();
      return y;
    },
  });
}

interface PoolGradInputs {
  readonly dy: TensorInfo;
  readonly input: TensorInfo;
}

function poolingGradient(kernelName: string, kind: PoolKind): NativeKernel {
  return nativeKernel<PoolGradInputs, AvgPoolAttrs>({
    kernelName,
    accepts: ({ dy, input }) => dy.dtype === 'float32' && input.dtype === 'float32' && input.shape.length === 4,
    run: ({ dy, input }, attrs, runtime) => {
      const computed = poolInfo(input, attrs);
      const [batch, outHeight, outWidth, channels] = dy.shape as [number, number, number, number];
      // TF.js's gradients forget the rounding mode; dy knows how many windows there were, at most one more or less.
      util.assert(
        batch === computed.batchSize &&
          channels === computed.outChannels &&
          Math.abs(outHeight - computed.outHeight) <= 1 &&
          Math.abs(outWidth - computed.outWidth) <= 1,
        () => `${kernelName}: dy has shape [${dy.shape}], but pooling [${input.shape}] gives [${computed.outShape}].`,
      );
      const info = { ...computed, outHeight, outWidth };
      const dx = runtime.output(input.shape, 'float32');
      const command = poolCommand(runtime, 'pool_grad', kind, info).input(dy);
      if (kind === 'max') command.input(input);
      command.output(dx).end();
      return dx;
    },
  });
}

export const poolKernels: readonly NativeKernel[] = [
  pooling('AvgPool', 'average'),
  pooling('MaxPool', 'max'),
  poolingGradient('AvgPoolGrad', 'average'),
  poolingGradient('MaxPoolGrad', 'max'),
];
