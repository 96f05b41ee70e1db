// What docs/model.md calls a layer: a convolution or deconvolution, a normalisation if any, an activation if any.
import type { Activation } from '@ggb/native-ops/ops';
import type * as tf from '@ggb/native-ops/tf';
import type { Convolution, Deconvolution } from './convolution.ts';
import type { Normalisation, StatisticsMode } from './normalisation.ts';

/** LeakyReLU of docs/model.md. */
export const leakyRelu: Activation = { leakyRelu: 0.2 };

export class Layer<Kind extends Convolution | Deconvolution = Convolution | Deconvolution> {
  constructor(
    readonly convolution: Kind,
    private readonly norm: Normalisation | undefined,
    private readonly activation: Activation,
  ) {}

  /** [N, H, W, input channels] -> [N, H', W', output channels], sides as of the convolution. */
  apply(x: tf.Tensor4D, mode: StatisticsMode = 'batch'): tf.Tensor4D {
    if (this.norm === undefined) return this.convolution.apply(x, this.activation);
    const { applyStored } = this.norm;
    if (mode === 'running' && applyStored !== undefined) {
      return applyStored(this.convolution.withoutBias(x), this.convolution.bias, this.activation);
    }
    return this.norm.apply(this.convolution.apply(x, 'linear'), mode, this.activation);
  }
}
