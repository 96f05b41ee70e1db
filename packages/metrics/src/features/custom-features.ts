// Features by any TensorFlow.js model: a GraphModel, a LayersModel, or a function.
import * as tf from '@ggb/native-ops/tf';
import { pillowResizeBilinear } from '../inception/pillow-resize.ts';
import { type PixelCentres, resizeBilinear } from '../inception/resize-bilinear.ts';
import type { FeatureNetwork } from './feature-network.ts';

type Output = tf.Tensor | tf.Tensor[] | tf.NamedTensorMap;

/** What tf.GraphModel and tf.LayersModel have in common. */
export interface PredictingModel {
  predict(images: tf.Tensor): Output;
}

export interface CustomFeatures {
  /** For reports; 'custom:' is put before it. */
  readonly name: string;
  /** Of the model's files: part of the key of cached features, and of every report. */
  readonly weightsSha256: string;
  /** Images [N, height, width, 3] to features [N, dimensions], or [N, 1, 1, dimensions]. */
  readonly model: PredictingModel | ((images: tf.Tensor4D) => tf.Tensor);
  /** Which output, for a model with several: a name or an index. */
  readonly output?: string | number;
  readonly dimensions: number;
  /** Both sides of the square the model takes. Images of another form are stretched. */
  readonly imageSize: number;
  /** `pillow` smooths, which is what most classifiers were trained with. */
  readonly resize: PixelCentres | 'pillow';
  /** What the darkest and the brightest pixel become, e.g. [-1, 1]. */
  readonly range: readonly [black: number, white: number];
}

/** The model's output is of another shape than was said. */
export class FeatureShapeError extends Error {
  override readonly name = 'FeatureShapeError';

  constructor(
    readonly network: string,
    readonly expected: string,
    readonly received: string,
  ) {
    super(`${network}: expected features ${expected}, received ${received}. Choose the output and its dimensions.`);
  }
}

/** Never comparable with published scores, and labelled so. `dispose` leaves the model to whoever made it. */
export function customFeatures(custom: CustomFeatures): FeatureNetwork {
  const name = `custom:${custom.name}`;
  const { dimensions, imageSize, resize, range } = custom;
  const [black, white] = range;
  return {
    name,
    weightsSha256: custom.weightsSha256,
    comparability: { comparable: false, reason: 'not comparable: not the Inception graph of 2015-12-05' },
    settings: { dimensions, imageSize, resize, black, white, output: custom.output ?? 0 },
    dimensions,
    classes: 0,
    async extract(images) {
      const features = tf.tidy(() => {
        const resized = images.map((image) => {
          const { data, width, height } =
            resize === 'pillow' ? pillowResizeBilinear(image, imageSize, imageSize) : image;
          const batch = tf.tensor4d(Float32Array.from(data), [1, height, width, 3]);
          return resize === 'pillow' ? batch : resizeBilinear(batch, imageSize, resize);
        });
        const scaled = tf.add(tf.mul(tf.concat4d(resized, 0), (white - black) / 255), black) as tf.Tensor4D;
        const output = outputOf(custom, scaled);
        const isFlat = output.shape.slice(1, -1).every((size) => size === 1);
        if (output.shape[0] !== images.length || output.shape.at(-1) !== dimensions || !isFlat) {
          throw new FeatureShapeError(name, `[${images.length}, ${dimensions}]`, `[${output.shape.join(', ')}]`);
        }
        return output;
      });
      const values = await features.data<'float32'>();
      features.dispose();
      return { features: values, logits: new Float32Array(0) };
    },
    dispose: () => {},
  };
}

function outputOf({ model, output = 0, name }: CustomFeatures, images: tf.Tensor4D): tf.Tensor {
  const outputs: Output = typeof model === 'function' ? model(images) : model.predict(images);
  if (outputs instanceof tf.Tensor) return outputs;
  const chosen = (outputs as Record<string | number, tf.Tensor>)[output];
  if (chosen !== undefined) return chosen;
  throw new FeatureShapeError(`custom:${name}`, `in output ${output}`, `outputs ${Object.keys(outputs).join(', ')}`);
}
