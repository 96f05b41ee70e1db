// The generative guiding block of section 2.2: an encoder E and two critics. RAPD judges whether an encoded appearance is real,
// NVTD judges the residual of two encodings, which is the variation alone.
import {
  type EncoderWeights,
  type ResidualEncodings,
  residualEncoding,
  type TargetEncodings,
} from '@ggb/native-ops/ops';
import type * as tf from '@ggb/native-ops/tf';
import type { GuidingBlockConfig, NetworkConfig } from '../config/model-config.ts';
import { Convolution } from './layers/convolution.ts';
import { Layer, leakyRelu } from './layers/layer.ts';
import { normalisation } from './layers/normalisation.ts';
import { criticStride, mapSizes } from './map-sizes.ts';
import { type WeightSource, Weights } from './weights.ts';

export class GuidingBlock {
  private readonly weights: Weights;
  private readonly encoder: readonly [Convolution, Convolution];
  /** Realistic appearance preserving discriminator; absent in the ablation "without RAPD". */
  readonly rapd: Critic | undefined;
  /** Naturalistic variation transforming discriminator; absent in the ablation "without NVTD". */
  readonly nvtd: Critic | undefined;

  constructor(
    readonly level: number,
    network: NetworkConfig,
    source: WeightSource,
  ) {
    const { guidingBlock, rapd, nvtd } = network.model;
    const [first, second] = guidingBlock.encoderChannels;
    const kernelSize = guidingBlock.encoderKernelSize;
    const name = `block${level}`;
    const weights = new Weights(source);
    this.weights = weights;
    const convolution = (layer: 1 | 2, inputChannels: number, outputChannels: number) =>
      new Convolution(weights, `${name}/encoder/layer${layer}`, {
        inputChannels,
        outputChannels,
        kernelSize,
        stride: 2,
      });
    this.encoder = [convolution(1, 3, first), convolution(2, first, second)];
    const encodedSide = mapSizes(network).blocks.get(level)?.encoder.at(-1) as number;
    this.rapd = rapd ? new Critic(weights, `${name}/rapd`, guidingBlock, encodedSide) : undefined;
    this.nvtd = nvtd ? new Critic(weights, `${name}/nvtd`, guidingBlock, encodedSide) : undefined;
  }

  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.weights.variables;
  }

  get trainable(): tf.Variable[] {
    return this.weights.trainable;
  }

  /** E: [batch, side, side, 3] -> [batch, side/4, side/4, channels]. */
  encode(image: tf.Tensor4D): tf.Tensor4D {
    return this.encoder.reduce((feature, convolution) => convolution.apply(feature, leakyRelu), image);
  }

  /** e_x̂ and e_x̂ - e_x, for the update of G: a gradient reaches x̂ alone in one kernel. */
  encodeFake(images: { readonly fake: tf.Tensor4D; readonly x: tf.Tensor4D }): ResidualEncodings {
    return residualEncoding(images, this.encoderWeights, { activation: leakyRelu, differentiable: 'fake' });
  }

  /** The same and e_y and e_y - e_x, for the update of E: the images are constants. */
  encodeAll(images: {
    readonly fake: tf.Tensor4D;
    readonly x: tf.Tensor4D;
    readonly y: tf.Tensor4D;
  }): ResidualEncodings & TargetEncodings {
    return residualEncoding(images, this.encoderWeights, { activation: leakyRelu, differentiable: 'encoder' });
  }

  private get encoderWeights(): EncoderWeights {
    const [first, second] = this.encoder;
    return {
      firstFilter: first.kernel,
      firstBias: first.bias,
      secondFilter: second.kernel,
      secondBias: second.bias,
    };
  }

  dispose(): void {
    this.weights.dispose();
  }
}

/** RAPD or NVTD: three convolutions from an encoding, or a residual of two, to logits of "real". */
export class Critic {
  private readonly layers: readonly Layer[];

  constructor(weights: Weights, name: string, config: GuidingBlockConfig, encodedSide: number) {
    const channels = [...config.criticChannels, 1];
    let inputChannels = config.encoderChannels[1];
    let side = encodedSide;
    this.layers = channels.map((outputChannels, index) => {
      const stride = criticStride(side);
      side = Math.ceil(side / stride);
      const options = { inputChannels, outputChannels, kernelSize: config.criticKernelSize, stride };
      inputChannels = outputChannels;
      const layer = `${name}/layer${index + 1}`;
      return new Layer(
        new Convolution(weights, layer, options),
        normalisation(weights, `${layer}/norm`, index === 1 ? config.criticNorm : 'none', {
          channels: outputChannels,
          keepsStatistics: false,
        }),
        index === 2 ? 'linear' : leakyRelu,
      );
    });
  }

  /** [batch, side, side, encoder channels] -> [batch, side', side', 1]. */
  logits(encoded: tf.Tensor4D): tf.Tensor4D {
    return this.layers.reduce((feature, layer) => layer.apply(feature), encoded);
  }
}
