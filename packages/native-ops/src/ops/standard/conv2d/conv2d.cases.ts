// Convolutions that the specs run: random ones that cross vector widths, tile sizes and thread thresholds, and named
// ones for what random sizes miss. Each case is a forward pass and both gradients at once.
import type { OpCase, RefusalCase } from '../../../../testing/op-conformance.ts';
import { seededUniform } from '../../../../testing/seeded-random.ts';
import * as tf from '../../../entry/tf.ts';
import { DilatedConv2DBackpropFilter, DilatedConv2DBackpropInput } from '../../../gradients/conv2d.gradient.ts';
import {
  DilatedDepthwiseConv2dBackpropFilter,
  DilatedDepthwiseConv2dBackpropInput,
} from '../../../gradients/depthwise-conv2d.gradient.ts';
import { type ConvAttrs, type ConvInfo, convInfo } from './conv-shape.ts';
import { asTensors, convolve, convolveDepthwise } from './conv2d.reference.ts';

type Shape4D = [number, number, number, number];

interface Convolution {
  readonly x: Shape4D;
  readonly filter: Shape4D;
  readonly strides: [number, number];
  readonly pad: ConvAttrs['pad'];
  readonly dilations: [number, number];
  readonly isDepthwise?: boolean;
}

const plainKernels = ['Conv2D', 'Conv2DBackpropInput', 'Conv2DBackpropFilter'];
const dilatedKernels = ['Conv2D', DilatedConv2DBackpropInput, DilatedConv2DBackpropFilter];
const depthwiseKernels = [
  'DepthwiseConv2dNative',
  'DepthwiseConv2dNativeBackpropInput',
  'DepthwiseConv2dNativeBackpropFilter',
];
const dilatedDepthwiseKernels = [
  'DepthwiseConv2dNative',
  DilatedDepthwiseConv2dBackpropInput,
  DilatedDepthwiseConv2dBackpropFilter,
];

function infoOf({ x, filter, strides, pad, dilations, isDepthwise = false }: Convolution): ConvInfo {
  return convInfo(x, filter, { strides, pad, dilations }, { isDepthwise, hasDilations: true });
}

function describe({ x, filter, strides, pad, dilations }: Convolution): string {
  const padding = typeof pad === 'string' ? pad : JSON.stringify(pad);
  return `x [${x}] filter [${filter}] strides ${strides} dilations ${dilations} ${padding}`;
}

function kernelsOf({ isDepthwise, dilations }: Convolution): string[] {
  const isDilated = dilations.some((dilation) => dilation > 1);
  if (isDepthwise) return isDilated ? dilatedDepthwiseKernels : depthwiseKernels;
  return isDilated ? dilatedKernels : plainKernels;
}

function toCase(convolution: Convolution): OpCase {
  const info = infoOf(convolution);
  const { x, filter, isDepthwise = false } = convolution;
  const kernels = kernelsOf(convolution);
  const [forward, inputGradient, filterGradient] = kernels as [string, string, string];
  const { strides, pad, dilations } = convolution;
  const attrs = { strides, pad, dilations, dataFormat: 'NHWC' };
  const longestSum = Math.max(
    info.filterHeight * info.filterWidth * Math.max(info.inChannels, info.outChannels),
    info.batchSize * info.outHeight * info.outWidth,
  );
  return {
    name: `${isDepthwise ? 'depthwise ' : ''}${describe(convolution)}`,
    inputs: [{ shape: x }, { shape: filter }, { shape: info.outShape }],
    kernels,
    run: (xs, filters, dy) => [
      runKernel(forward, { x: xs, filter: filters }, attrs),
      runKernel(inputGradient, { dy, filter: filters }, { ...attrs, inputShape: x }),
      runKernel(filterGradient, { x: xs, dy }, { ...attrs, filterShape: filter }),
    ],
    reference: (...tensors) => {
      const [xs, filters, dy] = tensors.map((tensor) => tensor.dataSync()) as [
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      const compute = isDepthwise ? convolveDepthwise : convolve;
      return asTensors(tf, info, compute(info, { x: xs, filter: filters, dy }));
    },
    tolerance: {
      // Partial sums of n products of about 0.5 are about 0.5 sqrt(n); n roundings of those add up to about 1e-8 n.
      absolute: Math.max(1e-6, 1e-7 * longestSum),
      relative: 1e-6,
      why: `sums of up to ${longestSum} products in float32, ten times the expected rounding error`,
    },
  };
}

function runKernel(
  kernelName: string,
  inputs: Record<string, tf.Tensor | undefined>,
  attrs: Record<string, unknown>,
): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs as tf.NamedTensorMap, attrs as unknown as tf.NamedAttrMap);
}

/** Multiplications per pass and case, so that the whole table stays within seconds of JavaScript. */
const largestWork = 3e6;

function randomConvolutions(count: number, seed: number, isDepthwise: boolean): Convolution[] {
  const uniform = seededUniform(seed);
  const whole = (least: number, most: number) => least + Math.floor((most - least + 1) * uniform());
  const pick = <T>(...choices: T[]) => choices[Math.floor(uniform() * choices.length)] as T;
  const found: Convolution[] = [];
  while (found.length < count) {
    const filterSize: [number, number] = uniform() < 0.6 ? twice(whole(1, 7)) : [whole(1, 7), whole(1, 7)];
    const isDilated = uniform() < 0.2;
    const strides: [number, number] = isDilated
      ? [1, 1]
      : uniform() < 0.6
        ? twice(whole(1, 3))
        : [whole(1, 3), whole(1, 3)];
    const dilations: [number, number] = isDilated ? [whole(1, 3), whole(2, 3)] : [1, 1];
    const channels = () => pick(1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, whole(1, 70), 64, 65, 70);
    const inChannels = channels();
    const convolution: Convolution = {
      x: [whole(1, 5), whole(1, 40), whole(1, 40), inChannels],
      filter: [...filterSize, inChannels, isDepthwise ? pick(1, 1, 2, 3) : channels()],
      strides,
      dilations,
      pad: pick<ConvAttrs['pad']>('same', 'valid', [
        [0, 0],
        [whole(0, 3), whole(0, 3)],
        [whole(0, 3), whole(0, 3)],
        [0, 0],
      ]),
      isDepthwise,
    };
    const info = infoOf(convolution);
    const perPixel = info.filterHeight * info.filterWidth * info.outChannels * (isDepthwise ? 1 : info.inChannels);
    const work = info.batchSize * info.outHeight * info.outWidth * perPixel;
    if (info.outHeight >= 1 && info.outWidth >= 1 && work <= largestWork) found.push(convolution);
  }
  return found;
}

function twice(size: number): [number, number] {
  return [size, size];
}

/** 'valid' by default, stride and dilation 1. */
function conv(x: Shape4D, filter: Shape4D, rest: Partial<Convolution> = {}): Convolution {
  return { x, filter, strides: [1, 1], dilations: [1, 1], pad: 'valid', ...rest };
}

const named: readonly Convolution[] = [
  // 1x1 with stride 2 and rows left over: oneDNN 2.6.3 writes past its scratchpad in the filter gradient of these.
  ...[
    [14, 3],
    [3, 14],
    [8, 8],
    [16, 16],
  ].flatMap(([ci, co]) => [
    conv([2, 8, 8, ci as number], [1, 1, ci as number, co as number], { strides: [2, 2] }),
    conv([1, 16, 18, ci as number], [1, 1, ci as number, co as number], { strides: [2, 2] }),
    conv([2, 9, 10, ci as number], [1, 1, ci as number, co as number], { strides: [2, 3], pad: 'same' }),
  ]),
  // 1x1 with padding and rows left over
  conv([2, 8, 9, 5], [1, 1, 5, 6], { strides: [3, 2], pad: [[0, 0], [1, 0], [2, 0], [0, 0]] }), // biome-ignore format: one line
  // As a matrix product
  conv([3, 1, 1, 70], [1, 1, 70, 33]),
  conv([2, 17, 13, 65], [1, 1, 65, 9]),
  conv([4, 5, 6, 7], [5, 6, 7, 20]),
  // Strides above the filter: pixels of x that nobody reads have gradient 0
  conv([1, 11, 10, 4], [2, 1, 4, 5], { strides: [3, 3] }),
  // Padding as large as the filter: outputs that see nothing but padding
  conv([1, 4, 5, 3], [2, 2, 3, 4], { pad: [[0, 0], [2, 3], [3, 2], [0, 0]] }), // biome-ignore format: one line
  conv([1, 3, 3, 2], [3, 3, 2, 2], { pad: 5 }),
  // The filter is larger than the image
  conv([2, 2, 3, 4], [7, 5, 4, 3], { pad: 'same' }),
  conv([2, 3, 2, 4], [5, 5, 4, 3], { strides: [2, 2], pad: 'same' }),
  // The layers of a U-Net at small size: 4x4 with stride 2 down to one pixel
  conv([2, 32, 32, 3], [4, 4, 3, 16], { strides: [2, 2], pad: 'same' }),
  conv([2, 16, 16, 16], [4, 4, 16, 32], { strides: [2, 2], pad: 'same' }),
  conv([5, 2, 2, 64], [4, 4, 64, 64], { strides: [2, 2], pad: 'same' }),
  conv([1, 32, 32, 16], [3, 3, 16, 3], { pad: 'same' }),
  // Large filters on small maps, and images of few channels: matrix products where oneDNN is there
  conv([2, 4, 4, 64], [4, 4, 64, 256], { strides: [2, 2], pad: 'same' }),
  conv([1, 3, 5, 131], [3, 3, 131, 227], { strides: [2, 1], pad: 'same' }),
  conv([1, 7, 8, 65], [4, 4, 65, 257], { dilations: [2, 2] }),
  conv([1, 6, 6, 512], [1, 1, 512, 513], { strides: [2, 2] }),
  conv([2, 4, 4, 32], [4, 4, 32, 512], { strides: [2, 2], pad: 'same' }),
  conv([3, 33, 31, 3], [4, 4, 3, 17], { strides: [2, 2], pad: 'same' }),
  conv([5, 65, 64, 2], [3, 3, 2, 16], { strides: [2, 2], pad: 'same' }),
  conv([2, 40, 41, 4], [3, 2, 4, 33], { pad: 'same' }),
  conv([1, 9, 8, 1], [2, 2, 1, 16], { strides: [3, 3] }),
  // By Winograd's minimal filtering where oneDNN is there: odd numbers of tiles and vectors, and the filter gradient alone
  conv([6, 24, 28, 40], [4, 4, 40, 56], { strides: [2, 2], pad: 'same' }),
  conv([8, 16, 16, 64], [4, 4, 64, 65], { strides: [2, 2], pad: 'same' }),
  conv([2, 16, 16, 128], [4, 4, 128, 128], { strides: [2, 2], pad: 'same' }),
  // Dilation with different rates and left-over pixels
  conv([2, 15, 14, 6], [3, 3, 6, 7], { dilations: [2, 3], pad: 'same' }),
  // Nothing to compute
  conv([0, 5, 5, 3], [3, 3, 3, 2]),
  conv([2, 5, 5, 3], [3, 3, 3, 0]),
  conv([2, 4, 4, 0], [3, 3, 0, 2]),
  conv([1, 2, 2, 3], [3, 3, 3, 2]),
];

const namedDepthwise: readonly Convolution[] = [
  conv([2, 20, 21, 33], [3, 3, 33, 1], { pad: 'same', isDepthwise: true }),
  conv([1, 30, 30, 70], [5, 5, 70, 1], { strides: [2, 2], pad: 'same', isDepthwise: true }),
  conv([2, 12, 12, 9], [3, 3, 9, 4], { pad: 'same', isDepthwise: true }),
  conv([1, 13, 12, 5], [3, 2, 5, 2], { dilations: [2, 3], isDepthwise: true }),
  conv([1, 9, 9, 3], [1, 1, 3, 1], { strides: [2, 2], isDepthwise: true }),
  conv([0, 5, 5, 3], [3, 3, 3, 1], { isDepthwise: true }),
  conv([1, 2, 2, 3], [3, 3, 3, 1], { isDepthwise: true }),
];

export const conv2dCases: readonly OpCase[] = [...named, ...randomConvolutions(120, 20, false)].map(toCase);

export const depthwiseCases: readonly OpCase[] = [...namedDepthwise, ...randomConvolutions(40, 21, true)].map(toCase);

const fewRoundings = { absolute: 2e-5, relative: 1e-5, why: 'up to 144 products summed in float32, in another order' };

type Activation = 'linear' | 'relu' | 'relu6' | 'elu' | 'sigmoid' | 'leakyrelu' | 'prelu';

function fusedCase(activation: Activation, bias: readonly number[] | undefined, isDepthwise: boolean): OpCase {
  const channels = 17;
  const filter: Shape4D = isDepthwise ? [3, 3, channels, 1] : [3, 3, 16, channels];
  const x: Shape4D = [2, 9, 8, filter[2]];
  return {
    name: `${isDepthwise ? 'depthwise' : 'conv2d'} with ${activation} and bias ${bias ? `[${bias}]` : 'missing'}`,
    inputs: [{ shape: x }, { shape: filter }, { shape: bias ?? [0] }, { shape: [channels] }],
    kernels: [isDepthwise ? 'FusedDepthwiseConv2D' : 'FusedConv2D'],
    run: (xs, filters, biases, alpha) =>
      (isDepthwise ? tf.fused.depthwiseConv2d : tf.fused.conv2d)({
        x: xs as tf.Tensor4D,
        filter: filters as tf.Tensor4D,
        strides: 1,
        pad: 'same',
        activation,
        ...(bias ? { bias: biases as tf.Tensor } : {}),
        ...(activation === 'prelu' ? { preluActivationWeights: alpha as tf.Tensor } : {}),
        ...(activation === 'leakyrelu' ? { leakyreluAlpha: 0.3 } : {}),
      }),
    tolerance: fewRoundings,
  };
}

const activations: readonly Activation[] = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'];

export const fusedCases: readonly OpCase[] = [false, true].flatMap((isDepthwise) => [
  ...activations.map((activation) => fusedCase(activation, [17], isDepthwise)),
  ...activations.map((activation) => fusedCase(activation, undefined, isDepthwise)),
  fusedCase('relu', [], isDepthwise),
  fusedCase('leakyrelu', [9, 8, 17], isDepthwise),
]);

/** Gradients through the tape, at sizes that finite differences can walk. */
export const gradientCases: readonly OpCase[] = [
  gradientCase('conv2d, stride 2, same', [2, 5, 6, 3], [3, 3, 3, 4], (x, filter) => tf.conv2d(x, filter, 2, 'same')),
  gradientCase('conv2d, 1x1 with stride 2 and rows left over', [2, 6, 6, 3], [1, 1, 3, 4], (x, filter) =>
    tf.conv2d(x, filter, 2, 'valid'),
  ),
  gradientCase(
    'conv2d, explicit padding',
    [1, 5, 4, 2],
    [2, 3, 2, 3],
    (x, filter) =>
    tf.conv2d(x, filter, [1, 2], [[0, 0], [0, 2], [1, 0], [0, 0]]), // biome-ignore format: one line
  ),
  gradientCase(
    'conv2d, dilation 2',
    [1, 7, 6, 2],
    [3, 2, 2, 3],
    (x, filter) => tf.conv2d(x, filter, 1, 'same', 'NHWC', 2),
    dilatedKernels,
  ),
  gradientCase(
    'conv2dTranspose, stride 2',
    [2, 3, 3, 4],
    [4, 4, 3, 4],
    (x, filter) => tf.conv2dTranspose(x, filter, [2, 6, 6, 3], 2, 'same'),
    ['Conv2DBackpropInput'],
  ),
  gradientCase(
    'depthwiseConv2d, two filters per channel',
    [1, 5, 6, 3],
    [3, 3, 3, 2],
    (x, filter) => tf.depthwiseConv2d(x, filter, 2, 'same'),
    depthwiseKernels,
  ),
];

function gradientCase(
  name: string,
  x: Shape4D,
  filter: Shape4D,
  run: (x: tf.Tensor4D, filter: tf.Tensor4D) => tf.Tensor,
  kernels: readonly string[] = ['Conv2D'],
): OpCase {
  return {
    name,
    inputs: [{ shape: x }, { shape: filter }],
    kernels: kernels.slice(0, 1),
    run: (xs, filters) => run(xs as tf.Tensor4D, filters as tf.Tensor4D),
    tolerance: fewRoundings,
    // The function is linear in each input: what remains is rounding, 1e-6 of values near 5 over a step of 2^-6.
    gradient: { tolerance: 1e-3 },
  };
}

const nhwc = { strides: [1, 1], pad: 'same', dilations: [1, 1], dataFormat: 'NHWC' };

/** Calls that TF.js's operations would have stopped, made past them as an own layer or gradient may. */
export const refusals: readonly RefusalCase[] = [
  {
    name: 'a filter for another number of channels',
    inputs: [{ shape: [1, 4, 4, 3] }, { shape: [3, 3, 5, 2] }],
    run: (x, filter) => runKernel('Conv2D', { x, filter }, nhwc),
    message: /Conv2D: filter \[3,3,5,2\] takes 5 input channels, but x \[1,4,4,3\] has 3 \[invalid-shape\]/,
  },
  {
    name: 'a gradient of the wrong size for the filter gradient',
    inputs: [{ shape: [1, 4, 4, 3] }, { shape: [1, 3, 4, 2] }],
    run: (x, dy) => runKernel('Conv2DBackpropFilter', { x, dy }, { ...nhwc, filterShape: [3, 3, 3, 2] }),
    message:
      /Conv2DBackpropFilter: dy has shape \[1,3,4,2\], but x \[1,4,4,3\] and filter \[3,3,3,2\] give \[1,4,4,2\]/,
  },
  {
    name: 'a depthwise filter for another number of channels',
    inputs: [{ shape: [1, 4, 4, 3] }, { shape: [3, 3, 2, 1] }],
    run: (x, filter) => runKernel('DepthwiseConv2dNative', { x, filter }, nhwc),
    message: /DepthwiseConv2dNative: filter \[3,3,2,1\] takes 2 input channels, but x \[1,4,4,3\] has 3/,
  },
  {
    name: 'a gradient of the wrong size for the depthwise input gradient',
    inputs: [{ shape: [1, 4, 4, 2] }, { shape: [3, 3, 3, 1] }],
    run: (dy, filter) =>
      runKernel('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...nhwc, inputShape: [1, 4, 4, 3] }),
    message: /DepthwiseConv2dNativeBackpropInput: dy has shape \[1,4,4,2\]/,
  },
];
