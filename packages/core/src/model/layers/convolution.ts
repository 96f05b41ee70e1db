// Convolution and deconvolution with bias and activation, padded as TensorFlow's "same" (docs/model.md, Padding and strides).
import { type Activation, biasActivation } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import type { Weights } from '../weights.ts';

export interface ConvolutionOptions {
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly kernelSize: number;
  readonly stride: 1 | 2;
}

export class Convolution {
  readonly kernel: tf.Variable;
  readonly bias: tf.Variable;
  private readonly stride: number;

  constructor(
    weights: Weights,
    name: string,
    { inputChannels, outputChannels, kernelSize, stride }: ConvolutionOptions,
  ) {
    const fanIn = kernelSize * kernelSize * inputChannels;
    const shape = [kernelSize, kernelSize, inputChannels, outputChannels];
    this.kernel = weights.add(`${name}/kernel`, shape, { role: 'kernel', fanIn });
    this.bias = weights.add(`${name}/bias`, [outputChannels], { role: 'bias', fanIn });
    this.stride = stride;
  }

  /** [N, H, W, inputChannels] -> [N, ceil(H/stride), ceil(W/stride), outputChannels]. */
  apply(x: tf.Tensor4D, activation: Activation): tf.Tensor4D {
    return biasActivation(this.withoutBias(x), this.bias, activation);
  }

  /** The same, linear and without the bias. */
  withoutBias(x: tf.Tensor4D): tf.Tensor4D {
    return tf.conv2d(x, this.kernel as tf.Tensor4D, this.stride, 'same');
  }
}

/** The transpose of the stride-2 convolution that maps its output to its input: doubles the sides. */
export class Deconvolution {
  private readonly kernel: tf.Variable;
  readonly bias: tf.Variable;
  private readonly outputChannels: number;
  /** Both weights, for the one deconvolution that equation 9 cannot reach. */
  readonly variables: readonly tf.Variable[];

  constructor(weights: Weights, name: string, options: Omit<ConvolutionOptions, 'stride'>) {
    const { inputChannels, outputChannels, kernelSize } = options;
    // PyTorch counts the fan-in of a transposed convolution over its output channels; kept so that both sides agree.
    const fanIn = kernelSize * kernelSize * outputChannels;
    const shape = [kernelSize, kernelSize, outputChannels, inputChannels];
    this.kernel = weights.add(`${name}/kernel`, shape, { role: 'kernel', fanIn });
    this.bias = weights.add(`${name}/bias`, [outputChannels], { role: 'bias', fanIn });
    this.outputChannels = outputChannels;
    this.variables = [this.kernel, this.bias];
  }

  /** [N, H, W, inputChannels] -> [N, 2H, 2W, outputChannels]. */
  apply(x: tf.Tensor4D, activation: Activation): tf.Tensor4D {
    return biasActivation(this.withoutBias(x), this.bias, activation);
  }

  /** The same, linear and without the bias. */
  withoutBias(x: tf.Tensor4D): tf.Tensor4D {
    const [batch, height, width] = x.shape;
    const shape: [number, number, number, number] = [batch, 2 * height, 2 * width, this.outputChannels];
    return tf.conv2dTranspose(x, this.kernel as tf.Tensor4D, shape, 2, 'same');
  }
}
