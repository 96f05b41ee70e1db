// TF.js's depthwise convolutions and their gradients; the arithmetic is in depthwise.portable.cc.
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import {
  DilatedDepthwiseConv2dBackpropFilter,
  DilatedDepthwiseConv2dBackpropInput,
} from '../../../gradients/depthwise-conv2d.gradient.ts';
import { type ConvAttrs, checkShapes, convInfo, isCovered, writeShape } from './conv-shape.ts';
import { type FusedAttrs, type FusedInputs, finish, isCoveredEpilogue } from './fused-activation.ts';

const kind = { isDepthwise: true, hasDilations: true };

function forward(
  runtime: KernelRuntime,
  kernelName: string,
  x: TensorInfo,
  filter: TensorInfo,
  attrs: ConvAttrs,
): TensorInfo {
  const info = convInfo(x.shape, filter.shape, attrs, kind);
  checkShapes(kernelName, info, filter.shape);
  const y = runtime.output(info.outShape, 'float32');
  writeShape(runtime.command('depthwise_forward'), info).input(x).input(filter).output(y).end();
  return y;
}

export const depthwiseKernels: readonly NativeKernel[] = [
  nativeKernel<{ x: TensorInfo; filter: TensorInfo }, ConvAttrs>({
    kernelName: 'DepthwiseConv2dNative',
    accepts: ({ x, filter }, attrs) => isCovered([x, filter], x.shape, filter.shape, attrs, kind),
    run: ({ x, filter }, attrs, runtime) => forward(runtime, 'DepthwiseConv2dNative', x, filter, attrs),
  }),
  nativeKernel<FusedInputs, ConvAttrs & FusedAttrs>({
    kernelName: 'FusedDepthwiseConv2D',
    accepts: (inputs, attrs) =>
      isCoveredEpilogue(inputs, attrs) &&
      isCovered([inputs.x, inputs.filter], inputs.x.shape, inputs.filter.shape, attrs, kind),
    run: (inputs, attrs, runtime) => {
      const y = forward(runtime, 'FusedDepthwiseConv2D', inputs.x, inputs.filter, attrs);
      return finish(runtime, y, inputs.bias ?? undefined, inputs, attrs);
    },
  }),
  ...['DepthwiseConv2dNativeBackpropInput', DilatedDepthwiseConv2dBackpropInput].map((kernelName) =>
    nativeKernel<{ dy: TensorInfo; filter: TensorInfo }, ConvAttrs & { inputShape: number[] }>({
      kernelName,
      accepts: ({ dy, filter }, attrs) => isCovered([dy, filter], attrs.inputShape, filter.shape, attrs, kind),
      run: ({ dy, filter }, attrs, runtime) => {
        const info = convInfo(attrs.inputShape, filter.shape, attrs, kind);
        checkShapes(kernelName, info, filter.shape, dy);
        const dx = runtime.output(info.inShape, 'float32');
        writeShape(runtime.command('depthwise_input_gradient'), info).input(dy).input(filter).output(dx).end();
        return dx;
      },
    }),
  ),
  ...['DepthwiseConv2dNativeBackpropFilter', DilatedDepthwiseConv2dBackpropFilter].map((kernelName) =>
    nativeKernel<{ x: TensorInfo; dy: TensorInfo }, ConvAttrs & { filterShape: number[] }>({
      kernelName,
      accepts: ({ x, dy }, attrs) => isCovered([x, dy], x.shape, attrs.filterShape, attrs, kind),
      run: ({ x, dy }, attrs, runtime) => {
        const info = convInfo(x.shape, attrs.filterShape, attrs, kind);
        checkShapes(kernelName, info, attrs.filterShape, dy);
        const dFilter = runtime.output(attrs.filterShape, 'float32');
        writeShape(runtime.command('depthwise_filter_gradient'), info).input(x).input(dy).output(dFilter).end();
        return dFilter;
      },
    }),
  ),
];
