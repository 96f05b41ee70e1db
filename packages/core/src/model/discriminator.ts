// D of section 2.1: judges an image alone, without x and c (equation 1).
import type * as tf from '@ggb/native-ops/tf';
import type { NetworkConfig } from '../config/model-config.ts';
import { Convolution } from './layers/convolution.ts';
import { type Normalisation, normalisation } from './layers/normalisation.ts';
import { type WeightSource, Weights } from './weights.ts';

export class Discriminator {
  private readonly weights: Weights;
  private readonly layers: { convolution: Convolution; norm: Normalisation }[] = [];

  constructor({ model }: NetworkConfig, source: WeightSource) {
    const { layers, baseChannels, maxChannels, kernelSize, norm } = model.discriminator;
    this.weights = new Weights(source);
    let inputChannels = 3;
    for (let layer = 1; layer <= layers; layer += 1) {
      const name = `discriminator/layer${layer}`;
      const outputChannels = layer === layers ? 1 : Math.min(baseChannels * 2 ** (layer - 1), maxChannels);
      this.layers.push({
        convolution: new Convolution(this.weights, name, { inputChannels, outputChannels, kernelSize, stride: 2 }),
        norm: normalisation(this.weights, `${name}/norm`, layer === 1 || layer === layers ? 'none' : norm, {
          channels: outputChannels,
          keepsStatistics: false,
        }),
      });
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
    let feature = image;
    for (const [index, { convolution, norm }] of this.layers.entries()) {
      const isLast = index === this.layers.length - 1;
      const normalised = norm.apply(convolution.apply(feature), 'batch');
      feature = isLast ? normalised : normalised.leakyRelu(0.2);
    }
    return feature;
  }

  dispose(): void {
    this.weights.dispose();
  }
}
