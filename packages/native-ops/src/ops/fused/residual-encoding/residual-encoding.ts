// E of a guiding block over generated, source and target images at once, and what the encodings differ by from the source's.
// Formula: residual-encoding.md.
import {
  type CommandWriter,
  type KernelRuntime,
  type NativeKernel,
  nativeKernel,
} from '../../../backend/kernel-runtime.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { type ConvInfo, convInfo, writeShape } from '../../standard/conv2d/conv-shape.ts';
import { type Activation, type ActivationAttributes, activationAttributes } from '../bias-activation/activation.ts';
import { describeTensor } from '../bias-activation/bias-activation.ts';
import {
  ResidualEncoding,
  type ResidualEncodingAttributes,
  ResidualEncodingFakeGrad,
  ResidualEncodingWeightsGrad,
  runResidualEncoding,
} from './residual-encoding.gradient.ts';
import type { EncoderWeights } from './residual-encoding.reference.ts';

export type { EncoderWeights };

export interface ResidualEncodingOptions {
  /** Behind both convolutions. Default 'linear'. */
  readonly activation?: Activation;
  /**
   * What gradients will be taken by: the encoder's weights, with all images as constants, or `fake`, with everything else as
   * constants. For these there are kernels; any other gradient is as right, and slower.
   */
  readonly differentiable: 'encoder' | 'fake';
}

export interface ResidualEncodings {
  /** E(fake): [N, ceil(H/4), ceil(W/4), C2]. */
  readonly fake: tf.Tensor4D;
  /** E(fake) - E(x) */
  readonly fakeResidual: tf.Tensor4D;
}

export interface TargetEncodings {
  /** E(y) */
  readonly y: tf.Tensor4D;
  /** E(y) - E(x) */
  readonly yResidual: tf.Tensor4D;
}

/**
 * E is two convolutions of stride 2 and padding "same", each with bias and activation.
 *
 * Images: float32 [N, H, W, C], all of one shape. Weights: float32, filters [KH, KW, C, C1] and [KH, KW, C1, C2], biases [C1] and
 * [C2]. Nothing is kept or disposed; the caller owns the results. Differentiable by all, any number of times.
 *
 * @throws InvalidArgumentError  unless dtypes, shapes and settings are these.
 */
export function residualEncoding(
  images: { readonly fake: tf.Tensor4D; readonly x: tf.Tensor4D; readonly y: tf.Tensor4D },
  weights: EncoderWeights,
  options: ResidualEncodingOptions,
): ResidualEncodings & TargetEncodings;
export function residualEncoding(
  images: { readonly fake: tf.Tensor4D; readonly x: tf.Tensor4D },
  weights: EncoderWeights,
  options: ResidualEncodingOptions,
): ResidualEncodings;
export function residualEncoding(
  images: { readonly fake: tf.Tensor4D; readonly x: tf.Tensor4D; readonly y?: tf.Tensor4D },
  weights: EncoderWeights,
  { activation = 'linear', differentiable }: ResidualEncodingOptions,
): ResidualEncodings & Partial<TargetEncodings> {
  const attributes = { ...activationAttributes(op, activation), differentiable };
  checkImages(images);
  checkWeights(images.fake.shape[3], weights);
  if (differentiable !== 'encoder' && differentiable !== 'fake') {
    throw new InvalidArgumentError(op, 'differentiable', "'encoder' or 'fake'", JSON.stringify(differentiable));
  }
  const [fake, fakeResidual, ...rest] = runResidualEncoding(images, weights, attributes) as tf.Tensor4D[];
  const encodings = { fake: fake as tf.Tensor4D, fakeResidual: fakeResidual as tf.Tensor4D };
  return rest.length === 0 ? encodings : { ...encodings, y: rest[0] as tf.Tensor4D, yResidual: rest[1] as tf.Tensor4D };
}

const op = 'residualEncoding';

function checkImages({ fake, ...others }: { fake: tf.Tensor; x: tf.Tensor; y?: tf.Tensor | undefined }): void {
  if (fake.dtype !== 'float32' || fake.rank !== 4 || fake.size === 0) {
    throw new InvalidArgumentError(op, 'fake', 'float32 of 4 axes, not empty', describeTensor(fake));
  }
  for (const [name, image] of Object.entries(others)) {
    if (image === undefined) continue;
    if (image.dtype === 'float32' && tf.util.arraysEqual(image.shape, fake.shape)) continue;
    throw new InvalidArgumentError(op, name, `float32 of the shape of fake, [${fake.shape}]`, describeTensor(image));
  }
}

function checkWeights(channels: number, weights: EncoderWeights): void {
  let inputs = channels;
  for (const layer of ['first', 'second'] as const) {
    const filter = weights[`${layer}Filter`];
    const bias = weights[`${layer}Bias`];
    if (filter.dtype !== 'float32' || filter.rank !== 4 || filter.shape[2] !== inputs || filter.size === 0) {
      const expected = `float32 of shape [height, width, ${inputs}, channels]`;
      throw new InvalidArgumentError(op, `${layer}Filter`, expected, describeTensor(filter));
    }
    inputs = filter.shape[3] as number;
    if (bias.dtype !== 'float32' || bias.rank !== 1 || bias.size !== inputs) {
      throw new InvalidArgumentError(op, `${layer}Bias`, `float32 of shape [${inputs}]`, describeTensor(bias));
    }
  }
}

const kind = { isDepthwise: false, hasDilations: false };

interface Layers {
  readonly first: ConvInfo;
  readonly second: ConvInfo;
}

/** Both layers over one of the batches. */
function layersOf(image: tf.TensorInfo, firstFilter: tf.TensorInfo, secondFilter: tf.TensorInfo): Layers {
  const layer = (shape: number[], filter: tf.TensorInfo) =>
    convInfo(shape, filter.shape, { strides: 2, pad: 'same' }, kind);
  const first = layer(image.shape, firstFilter);
  return { first, second: layer(first.outShape, secondFilter) };
}

/** The map between the layers, with the padding that the second one reads. */
function paddedShape(batches: number, { second }: Layers): number[] {
  const { padInfo, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = second;
  return [
    batches * second.batchSize,
    Math.max(padInfo.top + inHeight, (outHeight - 1) * strideHeight + second.filterHeight),
    Math.max(padInfo.left + inWidth, (outWidth - 1) * strideWidth + second.filterWidth),
    second.inChannels,
  ];
}

/** What all commands begin with: activation, slope, number of batches, shapes of both layers. */
function begin(
  runtime: KernelRuntime,
  name: string,
  { activation, slope }: ActivationAttributes,
  batches: number,
  { first, second }: Layers,
): CommandWriter {
  const command = runtime.command(name).variant(activation).float(slope).size(batches);
  return writeShape(writeShape(command, first), second);
}

type Named<Names extends string> = Readonly<Record<Names, tf.TensorInfo>>;
/** The four weights, fake, x and perhaps y. */
type EncodingInputs = readonly [
  firstFilter: tf.TensorInfo,
  firstBias: tf.TensorInfo,
  secondFilter: tf.TensorInfo,
  secondBias: tf.TensorInfo,
  fake: tf.TensorInfo,
  ...others: tf.TensorInfo[],
];
type FakeGradInputs = Named<
  'dFake' | 'dFakeResidual' | 'encodedFake' | 'hidden' | 'firstFilter' | 'secondFilter' | 'fake'
>;
type WeightsGradInputs = FakeGradInputs &
  Named<'encodedX' | 'x'> &
  Partial<Named<'dY' | 'dYResidual' | 'encodedY' | 'y'>>;

export const residualEncodingKernels: readonly NativeKernel[] = [
  nativeKernel<EncodingInputs, ResidualEncodingAttributes>({
    kernelName: ResidualEncoding,
    run: (inputs, attributes, runtime) => {
      const [firstFilter, , secondFilter, , ...images] = inputs;
      const layers = layersOf(images[0], firstFilter, secondFilter);
      const output = () => runtime.output(layers.second.outShape, 'float32');
      const [fake, x, fakeResidual] = [output(), output(), output()];
      const ofY = images.length === 3 ? [output(), output()] : [];
      const hidden = runtime.output(paddedShape(images.length, layers), 'float32');
      const command = begin(runtime, 'residual_encoding', attributes, images.length, layers);
      for (const input of inputs) command.input(input);
      for (const result of [hidden, fake, x, fakeResidual, ...ofY]) command.output(result);
      command.end();
      return [fake, fakeResidual, x, hidden, ...ofY];
    },
  }),
  nativeKernel<WeightsGradInputs, ActivationAttributes>({
    kernelName: ResidualEncodingWeightsGrad,
    run: (inputs, attributes, runtime) => {
      const { dFake, dFakeResidual, encodedFake, encodedX, hidden, firstFilter, secondFilter, fake, x } = inputs;
      const { dY, dYResidual, encodedY, y } = inputs;
      const ofY = dY && dYResidual && encodedY ? [dY, dYResidual, encodedY] : [];
      const images = y === undefined ? [fake, x] : [fake, x, y];
      const layers = layersOf(fake, firstFilter, secondFilter);
      const results = [firstFilter, secondFilter].flatMap(({ shape }) =>
        [shape, shape.slice(-1)].map((size) => runtime.output(size, 'float32')),
      );
      const command = begin(runtime, 'residual_encoding_weights_gradient', attributes, images.length, layers);
      const encodings = [dFake, dFakeResidual, encodedFake, encodedX, ...ofY];
      for (const input of [...encodings, hidden, secondFilter, ...images]) command.input(input);
      for (const result of results) command.output(result);
      command.end();
      return results;
    },
  }),
  nativeKernel<FakeGradInputs, ActivationAttributes>({
    kernelName: ResidualEncodingFakeGrad,
    run: ({ dFake, dFakeResidual, encodedFake, hidden, firstFilter, secondFilter, fake }, attributes, runtime) => {
      const layers = layersOf(fake, firstFilter, secondFilter);
      const result = runtime.output(fake.shape, 'float32');
      // The maps of fake are the first of `hidden`.
      const command = begin(runtime, 'residual_encoding_image_gradient', attributes, 1, layers);
      for (const input of [dFake, dFakeResidual, encodedFake, hidden, firstFilter, secondFilter]) command.input(input);
      command.output(result).end();
      return result;
    },
  }),
];
