// An encoder of two convolutions over several batches, and the differences of what it makes of them, in plain TF.js.
import * as tf from '../../../tfjs/registered-core.ts';
import { type ActivationAttributes, activate } from '../bias-activation/activation.ts';

/** Float32, filters HWIO, one bias for each output channel. */
export interface EncoderWeights {
  readonly firstFilter: tf.Tensor;
  readonly firstBias: tf.Tensor;
  readonly secondFilter: tf.Tensor;
  readonly secondBias: tf.Tensor;
}

/** Float32 [N, H, W, C], all of one shape. */
export interface EncodedImages {
  readonly fake: tf.Tensor;
  readonly x: tf.Tensor;
  readonly y?: tf.Tensor;
}

/** [E(fake), E(fake) - E(x)], and with y [..., E(y), E(y) - E(x)]. */
export function residualEncodingReference(
  { fake, x, y }: EncodedImages,
  { firstFilter, firstBias, secondFilter, secondBias }: EncoderWeights,
  attributes: ActivationAttributes,
): tf.Tensor[] {
  const layer = (input: tf.Tensor, filter: tf.Tensor, bias: tf.Tensor) =>
    activate(tf.add(tf.conv2d(input as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'), bias), attributes);
  // An image at a time would be the same, as the encoder has no normalisation.
  const images = tf.concat(y === undefined ? [fake, x] : [fake, x, y], 0);
  const encoded = layer(layer(images, firstFilter, firstBias), secondFilter, secondBias);
  const [ofFake, ofX, ofY] = tf.split(encoded, y === undefined ? 2 : 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const ofPair = [ofFake, tf.sub(ofFake, ofX)];
  return y === undefined ? ofPair : [...ofPair, ofY, tf.sub(ofY, ofX)];
}
