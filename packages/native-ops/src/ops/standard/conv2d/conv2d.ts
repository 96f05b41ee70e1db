// TF.js's convolutions and their gradients. conv2dTranspose is Conv2DBackpropInput. The arithmetic is in oneDNN
// (conv.onednn.cc) or in conv2d.portable.cc.
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { util } from '../../../tfjs/registered-core.ts';
import { type ConvAttrs, type ConvInfo, checkShapes, convInfo, isCovered, writeShape } from './conv-shape.ts';
import { type FusedAttrs, type FusedInputs, finish, isCoveredEpilogue, leakyReluAlpha } from './fused-activation.ts';

const forwardKind = { isDepthwise: false, hasDilations: true };
const gradientKind = { isDepthwise: false, hasDilations: false };

/** Activations that the convolution's own command can apply. */
const fusedActivations = ['linear', 'relu', 'relu6', 'leakyrelu'];

function forward(
  runtime: KernelRuntime,
  info: ConvInfo,
  x: TensorInfo,
  filter: TensorInfo,
  bias: TensorInfo | undefined,
  activation: string,
  alpha: number,
): TensorInfo {
  const y = runtime.output(info.outShape, 'float32');
  const command = writeShape(runtime.command('conv2d_forward'), info)
    .variant(activation)
    .float(alpha)
    .int(bias === undefined ? 0 : 1)
    .input(x)
    .input(filter);
  if (bias !== undefined) command.input(bias);
  command.output(y).end();
  return y;
}

/** True for one value per output channel; anything else that broadcasts is added in a step of its own. */
function isPerChannel(bias: TensorInfo, info: ConvInfo): boolean {
  return util.sizeFromShape(bias.shape) === info.outChannels && (bias.shape.at(-1) ?? 1) === info.outChannels;
}

export const conv2dKernels: readonly NativeKernel[] = [
  nativeKernel<{ x: TensorInfo; filter: TensorInfo }, ConvAttrs>({
    kernelName: 'Conv2D',
    accepts: ({ x, filter }, attrs) => isCovered([x, filter], x.shape, filter.shape, attrs, forwardKind),
    run: ({ x, filter }, attrs, runtime) => {
      const info = convInfo(x.shape, filter.shape, attrs, forwardKind);
      checkShapes('Conv2D', info, filter.shape);
      return forward(runtime, info, x, filter, undefined, 'linear', 0);
    },
  }),
  nativeKernel<FusedInputs, ConvAttrs & FusedAttrs>({
    kernelName: 'FusedConv2D',
    accepts: (inputs, attrs) =>
      isCoveredEpilogue(inputs, attrs) &&
      isCovered([inputs.x, inputs.filter], inputs.x.shape, inputs.filter.shape, attrs, forwardKind),
    run: (inputs, attrs, runtime) => {
      const { x, filter } = inputs;
      const info = convInfo(x.shape, filter.shape, attrs, forwardKind);
      checkShapes('FusedConv2D', info, filter.shape);
      const bias = inputs.bias ?? undefined;
      const activation = attrs.activation || 'linear';
      const fusesBias = bias === undefined || isPerChannel(bias, info);
      if (fusesBias && fusedActivations.includes(activation)) {
        return forward(runtime, info, x, filter, bias, activation, leakyReluAlpha(attrs));
      }
      const y = forward(runtime, info, x, filter, fusesBias ? bias : undefined, 'linear', 0);
      return finish(runtime, y, fusesBias ? undefined : bias, inputs, attrs);
    },
  }),
  nativeKernel<{ dy: TensorInfo; filter: TensorInfo }, ConvAttrs & { inputShape: number[] }>({
    kernelName: 'Conv2DBackpropInput',
    // TF.js calls conv2dTranspose with a dy that does not fit inputShape, and its CPU kernel gives that a meaning.
    accepts: ({ dy, filter }, attrs) =>
      isCovered([dy, filter], attrs.inputShape, filter.shape, attrs, gradientKind) &&
      util.arraysEqual(dy.shape, convInfo(attrs.inputShape, filter.shape, attrs, gradientKind).outShape),
    run: ({ dy, filter }, attrs, runtime) => {
      const info = convInfo(attrs.inputShape, filter.shape, attrs, gradientKind);
      checkShapes('Conv2DBackpropInput', info, filter.shape);
      const dx = runtime.output(info.inShape, 'float32');
      writeShape(runtime.command('conv2d_input_gradient'), info).input(dy).input(filter).output(dx).end();
      return dx;
    },
  }),
  nativeKernel<{ x: TensorInfo; dy: TensorInfo }, ConvAttrs & { filterShape: number[] }>({
    kernelName: 'Conv2DBackpropFilter',
    accepts: ({ x, dy }, attrs) => isCovered([x, dy], x.shape, attrs.filterShape, attrs, gradientKind),
    run: ({ x, dy }, attrs, runtime) => {
      const info = convInfo(x.shape, attrs.filterShape, attrs, gradientKind);
      checkShapes('Conv2DBackpropFilter', info, attrs.filterShape, dy);
      const dFilter = runtime.output(attrs.filterShape, 'float32');
      writeShape(runtime.command('conv2d_filter_gradient'), info).input(x).input(dy).output(dFilter).end();
      return dFilter;
    },
  }),
];
