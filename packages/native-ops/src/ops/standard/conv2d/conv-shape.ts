// How TF.js describes a convolution, and how a command does: 15 sizes, in the order of ConvShape in conv.h.
import type { backend_util as BackendUtil, TensorInfo } from '@tensorflow/tfjs-core';
import { NativeKernelError } from '../../../backend/errors.ts';
import type { CommandWriter } from '../../../backend/kernel-runtime.ts';
import { backend_util, util } from '../../../tfjs/registered-core.ts';

export type ConvInfo = BackendUtil.Conv2DInfo;

/** What TF.js's convolution kernels have in common; attributes that one of them lacks are undefined. */
export interface ConvAttrs {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | BackendUtil.ExplicitPadding;
  readonly dilations?: [number, number] | number;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly dataFormat?: 'NHWC' | 'NCHW';
}

export interface ConvKind {
  readonly isDepthwise: boolean;
  /** TF.js's gradients of plain convolutions know no dilation. */
  readonly hasDilations: boolean;
}

/** Sizes, padding and output shape, by TF.js's own rules. Only for NHWC. */
export function convInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvAttrs,
  kind: ConvKind,
): ConvInfo {
  return backend_util.computeConv2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    attrs.strides,
    kind.hasDilations ? (attrs.dilations ?? 1) : 1,
    attrs.pad,
    attrs.dimRoundingMode,
    kind.isDepthwise,
  );
}

/**
 * False for convolutions that stay with TF.js's CPU kernel: NCHW, types other than float32, output sizes below 0 or not
 * whole, negative padding, and depthwise ones with both strides and dilations (which that kernel refuses).
 */
export function isCovered(
  operands: readonly TensorInfo[],
  xShape: readonly number[],
  filterShape: readonly number[],
  attrs: ConvAttrs,
  kind: ConvKind,
): boolean {
  if ((attrs.dataFormat ?? 'NHWC') !== 'NHWC') return false;
  if (operands.some(({ dtype }) => dtype !== 'float32') || xShape.length !== 4 || filterShape.length !== 4)
    return false;
  if (kind.isDepthwise && !backend_util.eitherStridesOrDilationsAreOne(attrs.strides, attrs.dilations ?? 1))
    return false;
  const { outHeight, outWidth, padInfo } = convInfo(xShape, filterShape, attrs, kind);
  return [outHeight, outWidth, padInfo.top, padInfo.left].every((size) => Number.isInteger(size) && size >= 0);
}

/** Refuses operands whose shapes contradict each other; TF.js's CPU kernels would read past their ends instead. */
export function checkShapes(
  kernelName: string,
  info: ConvInfo,
  filterShape: readonly number[],
  dy?: TensorInfo | undefined,
): void {
  if (filterShape[2] !== info.inChannels) {
    throw new NativeKernelError(
      kernelName,
      'invalid-shape',
      `filter [${filterShape}] takes ${filterShape[2]} input channels, but x [${info.inShape}] has ${info.inChannels}`,
    );
  }
  if (dy !== undefined && !util.arraysEqual(dy.shape, info.outShape)) {
    throw new NativeKernelError(
      kernelName,
      'invalid-shape',
      `dy has shape [${dy.shape}], but x [${info.inShape}] and filter [${filterShape}] give [${info.outShape}]`,
    );
  }
}

export function writeShape(writer: CommandWriter, info: ConvInfo): CommandWriter {
  return writer
    .size(info.batchSize)
    .size(info.inHeight)
    .size(info.inWidth)
    .size(info.inChannels)
    .size(info.outHeight)
    .size(info.outWidth)
    .size(info.outChannels)
    .size(info.filterHeight)
    .size(info.filterWidth)
    .size(info.strideHeight)
    .size(info.strideWidth)
    .size(info.dilationHeight)
    .size(info.dilationWidth)
    .size(info.padInfo.top)
    .size(info.padInfo.left);
}
