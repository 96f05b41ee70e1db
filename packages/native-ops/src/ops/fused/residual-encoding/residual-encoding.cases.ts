// Cases of the residual encoding. Maps and channels cross the vector widths, the blocks of 64 channels and the chunks of 128
// pixels; work crosses the thread threshold.
import type { InputSpec, OpCase, RefusalCase } from '../../../../testing/op-conformance.ts';
import type * as tf from '../../../tfjs/registered-core.ts';
import { type Activation, activationAttributes } from '../bias-activation/activation.ts';
import { residualEncodingReference } from './residual-encoding.reference.ts';
import { residualEncoding } from './residual-encoding.ts';

export interface EncoderSizes {
  /** N, H, W, C. */
  readonly image: readonly [number, number, number, number];
  /** Channels of the two layers. */
  readonly channels: readonly [number, number];
  /** Side of both filters. */
  readonly kernelSize: number;
}

export const encoderSizes: readonly EncoderSizes[] = [
  { image: [1, 4, 4, 3], channels: [1, 1], kernelSize: 4 },
  { image: [2, 8, 8, 3], channels: [4, 6], kernelSize: 4 },
  { image: [3, 5, 7, 2], channels: [17, 5], kernelSize: 3 },
  { image: [1, 1, 1, 1], channels: [2, 3], kernelSize: 5 },
  { image: [2, 6, 9, 1], channels: [65, 33], kernelSize: 2 },
  { image: [4, 32, 32, 3], channels: [32, 64], kernelSize: 4 },
  { image: [2, 64, 48, 3], channels: [64, 40], kernelSize: 4 },
  { image: [2, 30, 22, 21], channels: [130, 16], kernelSize: 4 },
  { image: [1, 20, 150, 3], channels: [48, 8], kernelSize: 1 },
];

export const nameOfSizes = ({ image, channels, kernelSize }: EncoderSizes): string =>
  `[${image}], ${kernelSize}x${kernelSize} to ${channels[0]} and ${channels[1]} channels`;

/** Shapes of the weights, in the order of EncoderWeights. */
export function weightShapes({ image, channels: [first, second], kernelSize }: EncoderSizes): number[][] {
  return [[kernelSize, kernelSize, image[3], first], [first], [kernelSize, kernelSize, first, second], [second]];
}

type Options = Parameters<typeof residualEncoding>[2];

/** The op on a list of tensors: four weights, fake, x and perhaps y. */
export function encode(tensors: readonly tf.Tensor[], options: Options): tf.Tensor[] {
  const [firstFilter, firstBias, secondFilter, secondBias, fake, x, y] = tensors as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor4D,
    tf.Tensor4D,
    tf.Tensor4D | undefined,
  ];
  const weights = { firstFilter, firstBias, secondFilter, secondBias };
  if (y === undefined) {
    const { fake: ofFake, fakeResidual } = residualEncoding({ fake, x }, weights, options);
    return [ofFake, fakeResidual];
  }
  const { fake: ofFake, fakeResidual, y: ofY, yResidual } = residualEncoding({ fake, x, y }, weights, options);
  return [ofFake, fakeResidual, ofY, yResidual];
}

export function encodeByReference(tensors: readonly tf.Tensor[], activation: Activation): tf.Tensor[] {
  const [firstFilter, firstBias, secondFilter, secondBias, fake, x, y] = tensors as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor | undefined,
  ];
  return residualEncodingReference(
    { fake, x, ...(y && { y }) },
    { firstFilter, firstBias, secondFilter, secondBias },
    activationAttributes('reference', activation),
  );
}

function inputsOf(sizes: EncoderSizes, images: number): InputSpec[] {
  return [...weightShapes(sizes), ...Array.from({ length: images }, () => sizes.image)].map((shape) => ({
    shape,
    values: 'unit',
  }));
}

const leakyRelu = { leakyRelu: 0.2 };

/** Terms of the longest sum of one output. */
const termsOf = ({ image, channels, kernelSize }: EncoderSizes) => kernelSize ** 2 * Math.max(image[3], channels[0]);

function caseOf(sizes: EncoderSizes, images: 2 | 3, activation: Activation): OpCase {
  const differentiable = images === 3 ? 'encoder' : 'fake';
  return {
    name: `${images} batches of ${nameOfSizes(sizes)}, ${JSON.stringify(activation)}`,
    inputs: inputsOf(sizes, images),
    run: (...tensors) => encode(tensors, { activation, differentiable }),
    reference: (...tensors) => encodeByReference(tensors, activation),
    kernels: ['ResidualEncoding'],
    tolerance: {
      // Two layers of sums of n products of numbers below 1 and sqrt(n): n roundings of partial sums of that size.
      absolute: 6e-8 * termsOf(sizes) * Math.sqrt(termsOf(sizes)),
      relative: 2e-6,
      why: 'float32 sums in another order, in both layers',
    },
  };
}

const small: EncoderSizes = { image: [2, 4, 4, 2], channels: [3, 2], kernelSize: 4 };

export const residualEncodingCases: readonly OpCase[] = [
  ...encoderSizes.flatMap((sizes) => [caseOf(sizes, 3, leakyRelu), caseOf(sizes, 2, leakyRelu)]),
  caseOf(encoderSizes[1] as EncoderSizes, 3, 'linear'),
  caseOf(encoderSizes[1] as EncoderSizes, 2, 'relu'),
  // Without a kink, so that finite differences hold for any values.
  ...([2, 3] as const).flatMap((images) =>
    (['encoder', 'fake'] as const).flatMap((differentiable) =>
      Array.from(
        { length: images === 3 ? 4 : 2 },
        (_, output): OpCase => ({
          ...caseOf(small, images, 'linear'),
          name: `output ${output} of ${images} batches, ${differentiable}, differentiable by all`,
          run: (...tensors) => encode(tensors, { differentiable })[output] as tf.Tensor,
          reference: (...tensors) => encodeByReference(tensors, 'linear')[output] as tf.Tensor,
          gradient: {},
        }),
      ),
    ),
  ),
];

const refused = (change: (inputs: InputSpec[]) => void): InputSpec[] => {
  const inputs = inputsOf(small, 3);
  change(inputs);
  return inputs;
};
const run = (...tensors: tf.Tensor[]) => encode(tensors, { differentiable: 'encoder' });

export const residualEncodingRefusals: readonly RefusalCase[] = [
  {
    name: 'images of two sizes',
    inputs: refused((inputs) => {
      inputs[5] = { shape: [2, 4, 5, 2] };
    }),
    run,
    message:
      /residualEncoding: x must be float32 of the shape of fake, \[2,4,4,2\], received float32 of shape \[2,4,5,2\]/,
  },
  {
    name: 'integer images',
    inputs: refused((inputs) => {
      inputs[4] = { shape: [2, 4, 4, 2], dtype: 'int32' };
    }),
    run,
    message: /residualEncoding: fake must be float32 of 4 axes, not empty, received int32/,
  },
  {
    name: 'no images',
    inputs: refused((inputs) => {
      for (const i of [4, 5, 6]) inputs[i] = { shape: [0, 4, 4, 2] };
    }),
    run,
    message: /fake must be float32 of 4 axes, not empty/,
  },
  {
    name: 'a filter for other channels',
    inputs: refused((inputs) => {
      inputs[2] = { shape: [4, 4, 2, 2] };
    }),
    run,
    message:
      /secondFilter must be float32 of shape \[height, width, 3, channels\], received float32 of shape \[4,4,2,2\]/,
  },
  {
    name: 'a bias of another size',
    inputs: refused((inputs) => {
      inputs[1] = { shape: [2] };
    }),
    run,
    message: /firstBias must be float32 of shape \[3\], received float32 of shape \[2\]/,
  },
  {
    name: 'an unknown part to differentiate by',
    inputs: inputsOf(small, 2),
    run: (...tensors) => encode(tensors, { differentiable: 'x' as never }),
    message: /differentiable must be 'encoder' or 'fake', received "x"/,
  },
];
