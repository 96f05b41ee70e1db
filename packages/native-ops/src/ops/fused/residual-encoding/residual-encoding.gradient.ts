// Gradients of a residual encoding. Each update of a training step wants one of two things: the encoder's weights with the
// images as constants, or the generated image with everything else as constants. Each has a kernel that computes nothing else;
// whatever more is asked for is differentiated from the reference.
import { isTapeOpen, outsideTape } from '../../../gradients/outside-tape.ts';
import { convolutionPrecision } from '../../../precision/convolution-precision.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import type { ActivationAttributes } from '../bias-activation/activation.ts';
import { runBiasActivation } from '../bias-activation/bias-activation.gradient.ts';
import { type EncodedImages, type EncoderWeights, residualEncodingReference } from './residual-encoding.reference.ts';

/**
 * Kernel: inputs, by position, firstFilter, firstBias, secondFilter, secondBias, fake, x and perhaps y, all float32; attributes
 * {@link ResidualEncodingAttributes}. Outputs: E(fake), E(fake) - E(x), E(x); what the first layer makes of fake, x and y, one
 * after the other, padded as the kernel likes; and with y E(y), E(y) - E(x). To a gradient the third and the fourth are constants.
 */
export const ResidualEncoding = 'ResidualEncoding';

/**
 * Kernel: inputs { dFake, dFakeResidual, encodedFake, encodedX, hidden, firstFilter, secondFilter, fake, x } and with y
 * { dY, dYResidual, encodedY, y }, attributes {@link ActivationAttributes}. Outputs: the gradients of the four weights.
 */
export const ResidualEncodingWeightsGrad = 'ResidualEncodingWeightsGrad';

/**
 * Kernel: inputs { dFake, dFakeResidual, encodedFake, hidden, firstFilter, secondFilter, fake }, attributes
 * {@link ActivationAttributes}; output like fake.
 */
export const ResidualEncodingFakeGrad = 'ResidualEncodingFakeGrad';

export interface ResidualEncodingAttributes extends ActivationAttributes {
  /** Which gradients there is a kernel for; others are as right, and slower. */
  readonly differentiable: 'encoder' | 'fake';
}

/** As {@link residualEncodingReference}, by the registered kernel if there is one. Checks nothing. */
export function runResidualEncoding(
  images: EncodedImages,
  weights: EncoderWeights,
  attributes: ResidualEncodingAttributes,
): tf.Tensor[] {
  if (!tf.getKernel(ResidualEncoding, tf.getBackend())) return residualEncodingReference(images, weights, attributes);
  const { fake, x, y } = images;
  if (convolutionPrecision() !== 'float32' || pixelsOf(fake) >= pixelsApart)
    return encodedApart(images, weights, attributes);
  const { firstFilter, firstBias, secondFilter, secondBias } = weights;
  const inputs = [firstFilter, firstBias, secondFilter, secondBias, fake, x, ...(y === undefined ? [] : [y])];
  // TF.js takes inputs without names as an array; only so may one of those that it saves be missing.
  const named = inputs as unknown as tf.NamedTensorMap;
  const results: tf.Tensor[] = tf.engine().runKernel(ResidualEncoding, named, { ...attributes });
  return results.filter((_, i) => i !== 2 && i !== 3);
}

/**
 * From here on the convolutions of conv2d, which need fewer products (Winograd) or cheaper ones (bfloat16), take less time than
 * their passes between cost: docs/decisions/0020.
 */
const pixelsApart = 64 * 64;

function pixelsOf({ shape }: tf.Tensor): number {
  return (shape[1] as number) * (shape[2] as number);
}

function encodedApart({ fake, x, y }: EncodedImages, weights: EncoderWeights, attributes: ResidualEncodingAttributes) {
  const layer = (input: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
    runBiasActivation(tf.conv2d(input as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'), bias, attributes);
  const encode = (images: tf.Tensor) =>
    layer(layer(images, weights.firstFilter, weights.firstBias), weights.secondFilter, weights.secondBias);
  return tf.tidy(() => {
    // E(x) has no gradient then: together with E(fake) it would be differentiated too.
    if (attributes.differentiable === 'fake' && y === undefined) {
      const ofFake = encode(fake);
      return [ofFake, tf.sub(ofFake, encode(x))];
    }
    const encoded = encode(tf.concat(y === undefined ? [fake, x] : [fake, x, y], 0));
    const [ofFake, ofX, ofY] = tf.split(encoded, y === undefined ? 2 : 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor?];
    return [ofFake, tf.sub(ofFake, ofX), ...(ofY === undefined ? [] : [ofY, tf.sub(ofY, ofX)])];
  });
}

export const residualEncodingGradient: tf.GradConfig = {
  kernelName: ResidualEncoding,
  saveAllInputs: true,
  outputsToSave: [true, false, true, true, true, false],
  gradFunc: (gradients, saved, attrs) => {
    const attributes = attrs as unknown as ResidualEncodingAttributes;
    const [dFake, dFakeResidual, , , dY, dYResidual] = gradients as tf.Tensor[];
    const inputs = saved.slice(0, dY === undefined ? 6 : 7);
    const [firstFilter, , secondFilter, , fake, x, y] = inputs;
    const [encodedFake, encodedX, hidden, encodedY] = saved.slice(inputs.length);

    const forFake = { dFake, dFakeResidual, encodedFake, hidden, firstFilter, secondFilter, fake };
    const forY = dY === undefined ? {} : { dY, dYResidual, encodedY, y };
    const fused = new Map<number, tf.Tensor>();
    // TF.js asks for one gradient after the other; the kernel makes all of the weights at once.
    const prepare = (kernelName: string, tensors: object, first: number) => {
      if (isTapeOpen() || !tf.getKernel(kernelName, tf.getBackend())) return;
      const results = tf.engine().runKernel(kernelName, tensors as tf.NamedTensorMap, { ...attributes });
      for (const [i, gradient] of [results].flat().entries()) fused.set(first + i, gradient);
    };
    if (attributes.differentiable === 'fake') prepare(ResidualEncodingFakeGrad, forFake, 4);
    else prepare(ResidualEncodingWeightsGrad, { ...forFake, encodedX, x, ...forY }, 0);

    const dys = [dFake, dFakeResidual, ...(dY === undefined ? [] : [dY, dYResidual])] as tf.Tensor[];
    const gradientOf = (i: number) => () =>
      fused.get(i) ?? (referenceGradients(inputs, dys, attributes)[i] as tf.Tensor);
    return Object.fromEntries(inputs.map((_, i) => [i, gradientOf(i)]));
  },
};

/** By all inputs, made of differentiable ops. */
function referenceGradients(
  inputs: tf.Tensor[],
  dys: readonly tf.Tensor[],
  attributes: ResidualEncodingAttributes,
): tf.Tensor[] {
  const differentiate = () =>
    tf.grads((...tensors: tf.Tensor[]) => {
      const [firstFilter, firstBias, secondFilter, secondBias, fake, x, y] = tensors as Inputs;
      const results = residualEncodingReference(
        { fake, x, ...(y && { y }) },
        { firstFilter, firstBias, secondFilter, secondBias },
        attributes,
      );
      return tf.addN(results.map((result, i) => tf.sum(tf.mul(result, dys[i] as tf.Tensor))));
    })(inputs);
  // TF.js ends the tape that it is walking when a gradient inside of it ends.
  return isTapeOpen() ? differentiate() : outsideTape(differentiate);
}

/** The weights, fake, x and perhaps y. */
type Inputs = [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor | undefined];

if (!tf.getGradient(ResidualEncoding)) tf.registerGradient(residualEncodingGradient);
