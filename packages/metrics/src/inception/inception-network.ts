// Inception-v3 as a feature network, on whatever TensorFlow.js backend is active.
import * as tf from '@ggb/native-ops/tf';
import type { FeatureNetwork, ImageFeatures } from '../features/feature-network.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import { classesOf, type FeatureLayer, type InceptionLayers, inceptionV3 } from './inception-v3.ts';
import { type InceptionWeights, InceptionWeightsError } from './inception-weights.ts';
import { pillowResizeBilinear } from './pillow-resize.ts';
import { resizeBilinear } from './resize-bilinear.ts';

/**
 * - 'inception-2015-12-05': the graph that Inception Score and FID were defined on, fed as the original graph and torch-fidelity
 *   feed it.
 * - 'inception-pytorch-fid': the same network with the resizing of pytorch-fid.
 * - 'inception-v3-torchvision': torchvision's network with its own transform: shorter side to 342, centre of 299.
 */
export const inceptionNames = ['inception-2015-12-05', 'inception-pytorch-fid', 'inception-v3-torchvision'] as const;
export type InceptionName = (typeof inceptionNames)[number];

export interface InceptionOptions {
  /** The first of those that the weights fit, if it is left out. */
  readonly network?: InceptionName;
  /** Where features are taken: 2048 (the default) for FID as published. */
  readonly featureLayer?: FeatureLayer;
}

const imageSize = 299;
const resizedSide = 342;

/** How published conversions of the 2015 graph begin their SHA-256; their file names carry it. */
const published2015 = '6726825d';

/** One image as [1, 299, 299, 3] in [-1, 1]. */
const preprocessing: Readonly<Record<InceptionName, (image: RgbImage) => tf.Tensor4D>> = {
  'inception-2015-12-05': (image) =>
    tf.tidy(() => tf.div(tf.sub(resizeBilinear(pixels(image), imageSize, 'corner'), 128), 128)),
  'inception-pytorch-fid': (image) =>
    tf.tidy(() => tf.sub(tf.mul(resizeBilinear(tf.div(pixels(image), 255), imageSize, 'half-pixel'), 2), 1)),
  'inception-v3-torchvision': (image) =>
    // Mean and deviation of ImageNet cancel: the network takes back what the transform does, and wants (x - 0.5) / 0.5.
    tf.tidy(() => tf.sub(tf.mul(tf.div(pixels(centre(shorterSide(image))), 255), 2), 1)),
};

/**
 * The network with these weights. Dispose it.
 *
 * @param weightsSha256  of the file they came from.
 * @param file  for messages.
 * @throws InceptionWeightsError  for a network that the weights do not fit.
 */
export function inceptionNetwork(
  weights: InceptionWeights,
  weightsSha256: string,
  { network, featureLayer = 2048 }: InceptionOptions = {},
  file = 'weights',
): FeatureNetwork {
  const { graph } = weights;
  const name = network ?? (graph === 'torchvision' ? 'inception-v3-torchvision' : 'inception-2015-12-05');
  if ((name === 'inception-v3-torchvision') !== (graph === 'torchvision')) {
    throw new InceptionWeightsError(file, 'network', `weights that fit ${name}`, `those of the graph ${graph}`);
  }
  const preprocess = preprocessing[name];
  const model = new InceptionModel(weights);
  // The script of Inception Score multiplied features by the weights and left the bias out, and its numbers are compared.
  const hasBias = graph === 'torchvision';
  // Logits need the last layer; of an earlier one there are none.
  const classes = featureLayer === 2048 ? classesOf[graph] : 0;
  return {
    name,
    weightsSha256,
    comparability: comparabilityOf(name, weights.convertedFrom, featureLayer),
    settings: { featureLayer, hasBias, imageSize },
    dimensions: featureLayer,
    classes,
    async extract(images) {
      const [features, logits] = tf.tidy(() => {
        const batch = tf.concat4d(images.map(preprocess), 0);
        return model.run(batch, featureLayer, hasBias);
      });
      return valuesOf(features as tf.Tensor, logits);
    },
    dispose: () => model.dispose(),
  };
}

function comparabilityOf(name: InceptionName, convertedFrom: string | undefined, layer: FeatureLayer) {
  const not = (reason: string) => ({ comparable: false, reason: `not comparable: ${reason}` });
  if (name === 'inception-v3-torchvision') {
    return not("torchvision's Inception-v3 is not the graph of 2015-12-05 that published scores use");
  }
  if (convertedFrom?.startsWith(published2015) !== true) {
    return not(`the weights are not converted from the published file ${published2015}…`);
  }
  if (layer !== 2048) return not(`features are taken at ${layer} dimensions instead of 2048`);
  if (name === 'inception-pytorch-fid') {
    return not("pytorch-fid's resizing differs from that of the graph; its own numbers may be compared");
  }
  return { comparable: true, reason: 'the graph of 2015-12-05 with its published weights' };
}

/** Features of a tensor are read at once with its logits; both are disposed. */
async function valuesOf(features: tf.Tensor, logits: tf.Tensor | undefined): Promise<ImageFeatures> {
  const read = await Promise.all([features.data<'float32'>(), logits?.data<'float32'>()]);
  tf.dispose(logits === undefined ? [features] : [features, logits]);
  return { features: read[0], logits: read[1] ?? new Float32Array(0) };
}

class InceptionModel {
  readonly #kernels: ReadonlyMap<string, { readonly kernel: tf.Tensor4D; readonly bias: tf.Tensor1D }>;
  readonly #classifier: tf.Tensor2D;
  readonly #classifierBias: tf.Tensor1D;

  constructor({ convolutions, classifier, classifierBias }: InceptionWeights) {
    const kernels = [...convolutions].map(([name, { shape, kernel, bias }]) => {
      return [name, { kernel: tf.tensor4d(kernel, [...shape]), bias: tf.tensor1d(bias) }] as const;
    });
    this.#kernels = new Map(kernels);
    const classes = classifierBias.length;
    this.#classifier = tf.tensor2d(classifier, [classifier.length / classes, classes]);
    this.#classifierBias = tf.tensor1d(classifierBias);
  }

  /** Inside a tidy of the caller's. */
  run(images: tf.Tensor4D, layer: FeatureLayer, hasBias: boolean): [features: tf.Tensor2D, logits?: tf.Tensor2D] {
    const graph = this.#classifierBias.shape[0] === classesOf.torchvision ? 'torchvision' : '2015-12-05';
    const activations = inceptionV3(this.#layers, images, graph, layer);
    const features = tf.mean(activations, [1, 2]).as2D(images.shape[0], layer);
    if (layer !== 2048) return [features];
    const logits: tf.Tensor2D = tf.matMul(features, this.#classifier);
    return [features, hasBias ? (tf.add(logits, this.#classifierBias) as tf.Tensor2D) : logits];
  }

  dispose(): void {
    for (const tensors of this.#kernels.values()) tf.dispose([tensors.kernel, tensors.bias]);
    tf.dispose([this.#classifier, this.#classifierBias]);
  }

  readonly #layers: InceptionLayers<tf.Tensor4D> = {
    convolution: (x, name, _channels, _kernel, { stride = 1, padding = 'same' } = {}) => {
      const { kernel, bias } = this.#kernels.get(name) as { kernel: tf.Tensor4D; bias: tf.Tensor1D };
      return tf.fused.conv2d({ x, filter: kernel, strides: stride, pad: padding, bias, activation: 'relu' });
    },
    reduceByMaximum: (x) => tf.maxPool(x, 3, 2, 'valid'),
    maximum: (x) => tf.maxPool(x, 3, 1, 'same'),
    average: (x, countsPadding) => {
      // TensorFlow.js leaves padding out of its averages.
      if (!countsPadding) return tf.avgPool(x, 3, 1, 'same');
      return tf.avgPool(
        tf.pad4d(x, [
          [0, 0],
          [1, 1],
          [1, 1],
          [0, 0],
        ]),
        3,
        1,
        'valid',
      );
    },
    concatenate: (parts) => tf.concat4d([...parts], 3),
  };
}

function pixels({ data, width, height }: RgbImage): tf.Tensor4D {
  return tf.tensor4d(Float32Array.from(data), [1, height, width, 3]);
}

/** torchvision's Resize(342): the longer side is cut to whole pixels. */
function shorterSide(image: RgbImage): RgbImage {
  const { width, height } = image;
  if (width <= height) return pillowResizeBilinear(image, resizedSide, Math.trunc((resizedSide * height) / width));
  return pillowResizeBilinear(image, Math.trunc((resizedSide * width) / height), resizedSide);
}

/** torchvision's CenterCrop(299). Halves go to the even number, as Python rounds. */
function centre({ data, width, height }: RgbImage): RgbImage {
  const left = roundHalfToEven((width - imageSize) / 2);
  const top = roundHalfToEven((height - imageSize) / 2);
  const result = new Uint8Array(3 * imageSize * imageSize);
  for (let y = 0; y < imageSize; y++) {
    const start = 3 * ((top + y) * width + left);
    result.set(data.subarray(start, start + 3 * imageSize), 3 * imageSize * y);
  }
  return { data: result, width: imageSize, height: imageSize };
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
