// D of section 2.1: judges an image alone, without x and c (equation 1).
import type * as tf from '@ggb/native-ops/tf';
import type { NetworkConfig } from '../config/model-config.ts';
import { Convolution } from './layers/convolution.ts';
import { Layer, leakyRelu } from './layers/layer.ts';
import { normalisation } from './layers/normalisation.ts';
import { type WeightSource, Weights } from './weights.ts';

export class Discriminator {
  private readonly weights: Weights;
  private readonly layers: Layer[] = [];

  constructor({ model }: NetworkConfig, source: WeightSource) {
    const { layers, baseChannels, maxChannels, kernelSize, norm } = model.discriminator;
    this.weights = new Weights(source);
    let inputChannels = 3;
    for (let layer = 1; layer <= layers; layer += 1) {
      const name = `discriminator/layer${layer}`;
      const isLast = layer === layers;
      const outputChannels = isLast ? 1 : Math.min(baseChannels * 2 ** (layer - 1), maxChannels);
      this.layers.push(
        new Layer(
          new Convolution(this.weights, name, { inputChannels, outputChannels, kernelSize, stride: 2 }),
          normalisation(this.weights, `${name}/norm`, layer === 1 || isLast ? 'none' : norm, {
            channels: outputChannels,
            keepsStatistics: false,
          }),
          isLast ? 'linear' : leakyRelu,
        ),
      );
      inputChannels = outputChannels;
    }
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.weights.variables;
  }

  get trainable(): tf.Variable[] {
    return this.weights.trainable;
  }

  /** Logits of "real", one for each position: [batch, size, size, 3] -> [batch, side, side, 1]. */
  logits(image: tf.Tensor4D): tf.Tensor4D {
    return this.layers.reduce((feature, layer) => layer.apply(feature), image);
  }

  dispose(): void {
    this.weights.dispose();
  }
}
