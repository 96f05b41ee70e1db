// TF.js's convolutions and their gradients. conv2dTranspose is Conv2DBackpropInput. The arithmetic is in oneDNN
// (conv.onednn.cc) or in conv2d.portable.cc.
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { DilatedConv2DBackpropFilter, DilatedConv2DBackpropInput } from '../../../gradients/conv2d.gradient.ts';
import { util } from '../../../tfjs/registered-core.ts';
import {
  type ConvAttrs,
  type ConvInfo,
  type ConvKind,
  checkShapes,
  convInfo,
  isCovered,
  writeShape,
} from './conv-shape.ts';
import { type FusedAttrs, type FusedInputs, finish, isCoveredEpilogue, leakyReluAlpha } from './fused-activation.ts';

const dilated: ConvKind = { isDepthwise: false, hasDilations: true };
const undilated: ConvKind = { isDepthwise: false, hasDilations: false };

interface InputGradientInputs {
  readonly dy: TensorInfo;
  readonly filter: TensorInfo;
}

interface FilterGradientInputs {
  readonly x: TensorInfo;
  readonly dy: TensorInfo;
}

type InputGradientAttrs = ConvAttrs & { readonly inputShape: number[] };
type FilterGradientAttrs = ConvAttrs & { readonly filterShape: number[] };

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
    .int(runtime.convolutionPrecision === 'bfloat16' ? 1 : 0)
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
    accepts: ({ x, filter }, attrs) => isCovered([x, filter], x.shape, filter.shape, attrs, dilated),
    run: ({ x, filter }, attrs, runtime) => {
      const info = convInfo(x.shape, filter.shape, attrs, dilated);
      checkShapes('Conv2D', info, filter.shape);
      return forward(runtime, info, x, filter, undefined, 'linear', 0);
    },
  }),
  nativeKernel<FusedInputs, ConvAttrs & FusedAttrs>({
    kernelName: 'FusedConv2D',
    accepts: (inputs, attrs) =>
      isCoveredEpilogue(inputs, attrs) &&
      isCovered([inputs.x, inputs.filter], inputs.x.shape, inputs.filter.shape, attrs, dilated),
    run: (inputs, attrs, runtime) => {
      const { x, filter } = inputs;
      const info = convInfo(x.shape, filter.shape, attrs, dilated);
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
  nativeKernel<InputGradientInputs, InputGradientAttrs>({
    kernelName: 'Conv2DBackpropInput',
    // TF.js calls conv2dTranspose with a dy that does not fit inputShape, and its CPU kernel gives that a meaning.
    accepts: ({ dy, filter }, attrs) =>
      isCovered([dy, filter], attrs.inputShape, filter.shape, attrs, undilated) &&
      util.arraysEqual(dy.shape, convInfo(attrs.inputShape, filter.shape, attrs, undilated).outShape),
    run: ({ dy, filter }, attrs, runtime) =>
      inputGradient(runtime, 'Conv2DBackpropInput', dy, filter, attrs, undilated),
  }),
  nativeKernel<FilterGradientInputs, FilterGradientAttrs>({
    kernelName: 'Conv2DBackpropFilter',
    accepts: ({ x, dy }, attrs) => isCovered([x, dy], x.shape, attrs.filterShape, attrs, undilated),
    run: ({ x, dy }, attrs, runtime) => filterGradient(runtime, 'Conv2DBackpropFilter', x, dy, attrs, undilated),
  }),
  // Own kernels: TF.js has no gradient of a dilated convolution (gradients/conv2d.gradient.ts).
  nativeKernel<InputGradientInputs, InputGradientAttrs>({
    kernelName: DilatedConv2DBackpropInput,
    run: ({ dy, filter }, attrs, runtime) =>
      attrs.dataFormat === 'NCHW'
        ? inChannelsLast(runtime, { dy }, attrs, (inputs, nhwc) => {
            const inputShape = toChannelsLast(attrs.inputShape);
            const all = { ...nhwc, inputShape };
            const dx = inputGradient(runtime, DilatedConv2DBackpropInput, inputs.dy, filter, all, dilated);
            const result = transpose(runtime, dx, [0, 3, 1, 2]);
            runtime.release(dx);
            return result;
          })
        : inputGradient(runtime, DilatedConv2DBackpropInput, dy, filter, attrs, dilated),
  }),
  nativeKernel<FilterGradientInputs, FilterGradientAttrs>({
    kernelName: DilatedConv2DBackpropFilter,
    run: ({ x, dy }, attrs, runtime) =>
      attrs.dataFormat === 'NCHW'
        ? inChannelsLast(runtime, { x, dy }, attrs, (inputs, nhwc) =>
            filterGradient(
              runtime,
              DilatedConv2DBackpropFilter,
              inputs.x,
              inputs.dy,
              { ...nhwc, filterShape: attrs.filterShape },
              dilated,
            ),
          )
        : filterGradient(runtime, DilatedConv2DBackpropFilter, x, dy, attrs, dilated),
  }),
];

function inputGradient(
  runtime: KernelRuntime,
  kernelName: string,
  dy: TensorInfo,
  filter: TensorInfo,
  attrs: InputGradientAttrs,
  kind: ConvKind,
): TensorInfo {
  const info = convInfo(attrs.inputShape, filter.shape, attrs, kind);
  checkShapes(kernelName, info, filter.shape, dy);
  const dx = runtime.output(info.inShape, 'float32');
  writeShape(runtime.command('conv2d_input_gradient'), info)
    .int(runtime.convolutionPrecision === 'bfloat16' ? 1 : 0)
    .input(dy)
    .input(filter)
    .output(dx)
    .end();
  return dx;
}

function filterGradient(
  runtime: KernelRuntime,
  kernelName: string,
  x: TensorInfo,
  dy: TensorInfo,
  attrs: FilterGradientAttrs,
  kind: ConvKind,
): TensorInfo {
  const info = convInfo(x.shape, attrs.filterShape, attrs, kind);
  checkShapes(kernelName, info, attrs.filterShape, dy);
  const dFilter = runtime.output(attrs.filterShape, 'float32');
  writeShape(runtime.command('conv2d_filter_gradient'), info)
    .int(runtime.convolutionPrecision === 'bfloat16' ? 1 : 0)
    .input(x)
    .input(dy)
    .output(dFilter)
    .end();
  return dFilter;
}

/** Runs `body` with NCHW inputs turned into NHWC ones, and attributes that say so. */
function inChannelsLast<Names extends string>(
  runtime: KernelRuntime,
  inputs: Record<Names, TensorInfo>,
  attrs: ConvAttrs,
  body: (inputs: Record<Names, TensorInfo>, attrs: ConvAttrs) => TensorInfo,
): TensorInfo {
  const turned = Object.entries<TensorInfo>(inputs).map(
    ([name, input]) => [name, transpose(runtime, input, [0, 2, 3, 1])] as const,
  );
  const pad = Array.isArray(attrs.pad) ? (toChannelsLast(attrs.pad) as ConvAttrs['pad']) : attrs.pad;
  const result = body(Object.fromEntries(turned) as Record<Names, TensorInfo>, { ...attrs, pad, dataFormat: 'NHWC' });
  for (const [, input] of turned) runtime.release(input);
  return result;
}

function toChannelsLast<T>([n, c, h, w]: readonly T[]): T[] {
  return [n, h, w, c] as T[];
}

function transpose(runtime: KernelRuntime, x: TensorInfo, perm: number[]): TensorInfo {
  return runtime.call('Transpose', { x }, { perm }) as TensorInfo;
}
