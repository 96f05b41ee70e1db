// G of section 2.1: a U-Net whose decoder features f^n also draw images x̂^n at the guided levels. docs/model.md has every
// size and what of it the paper states.
import { dropout, type NumberSource } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { conditionChannels } from '../condition/condition.ts';
import type { NetworkConfig } from '../config/model-config.ts';
import { randomStream } from '../random/random-stream.ts';
import { Convolution, Deconvolution } from './layers/convolution.ts';
import { Layer, leakyRelu } from './layers/layer.ts';
import { normalisation } from './layers/normalisation.ts';
import { type WeightSource, Weights } from './weights.ts';

/** A pass in training: batch statistics, running ones updated, dropout drawn from (seed, step, pass). */
export interface TrainingPass {
  readonly seed: number;
  /** A function is asked at each pass, also in a step that is replayed. */
  readonly step: NumberSource;
  /** 0: the pass that points 1 to 4 of an iteration share; 1: the fresh one of point 5. */
  readonly pass: 0 | 1;
}

export interface Generated {
  /** x̂ = x̂^N: [batch, size, size, 3], -1..1. */
  readonly image: tf.Tensor4D;
  /** x̂^n by guided level n: [batch, side, side, 3], -1..1. */
  readonly levels: ReadonlyMap<number, tf.Tensor4D>;
}

export class Generator {
  private readonly weights: Weights;
  private readonly encoder: Layer[] = [];
  private readonly decoder: Layer<Deconvolution>[] = [];
  private readonly heads = new Map<number, Convolution>();

  /** Owns its weights; `source` gives their first values. */
  constructor(
    readonly network: NetworkConfig,
    source: WeightSource,
  ) {
    const { levels, guidedLevels, generator } = network.model;
    const { kernelSize } = generator;
    const weights = new Weights(source);
    this.weights = weights;
    const channels = (level: number) => Math.min(generator.baseChannels * 2 ** (level - 1), generator.maxChannels);

    let inputChannels = 3 + conditionChannels(network.condition);
    for (let level = 1; level <= levels; level += 1) {
      const name = `generator/encoder${level}`;
      const isLast = level === levels;
      const outputChannels = channels(level);
      this.encoder.push(
        new Layer(
          new Convolution(weights, name, { inputChannels, outputChannels, kernelSize, stride: 2 }),
          normalisation(weights, `${name}/norm`, level === 1 || isLast ? 'none' : generator.norm, {
            channels: outputChannels,
            keepsStatistics: true,
          }),
          isLast ? 'relu' : leakyRelu,
        ),
      );
      inputChannels = outputChannels;
    }
    for (let level = 1; level <= levels; level += 1) {
      const name = `generator/decoder${level}`;
      const isLast = level === levels;
      const outputChannels = isLast ? 3 : channels(levels - level);
      // What comes from below, and from level 2 on the encoder map of the same side beside it.
      const fromBelow = level === 1 ? channels(levels) : 2 * channels(levels - level + 1);
      this.decoder.push(
        new Layer(
          new Deconvolution(weights, name, { inputChannels: fromBelow, outputChannels, kernelSize }),
          normalisation(weights, `${name}/norm`, isLast ? 'none' : generator.norm, {
            channels: outputChannels,
            keepsStatistics: true,
          }),
          isLast ? 'linear' : 'relu',
        ),
      );
      if (guidedLevels.includes(level)) {
        const head = { inputChannels: outputChannels, outputChannels: 3, kernelSize: generator.headKernelSize };
        this.heads.set(level, new Convolution(weights, `generator/head${level}`, { ...head, stride: 1 }));
      }
    }
  }

  /** Weights and running statistics by name. */
  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.weights.variables;
  }

  get trainable(): tf.Variable[] {
    return this.weights.trainable;
  }

  /** All that equation 9 is differentiated by: everything but the last deconvolution (section 2.3). */
  get trainableByGuidingBlocks(): tf.Variable[] {
    const last = this.decoder.at(-1)?.convolution.variables ?? [];
    return this.trainable.filter((variable) => !last.includes(variable));
  }

  /**
   * x: [batch, size, size, 3] in -1..1, c: [batch, size, size, condition channels]. Without `training` it is inference: running
   * statistics, no dropout. `withLevels` false leaves out the heads: `levels` stays empty. Inputs are neither kept nor disposed;
   * call it inside tf.tidy.
   */
  forward(x: tf.Tensor4D, c: tf.Tensor4D, training?: TrainingPass, withLevels = true): Generated {
    const { generator } = this.network.model;
    const mode = training === undefined ? 'running' : 'batch';
    const skips: tf.Tensor4D[] = [];
    let feature = tf.concat([x, c], 3);
    for (const layer of this.encoder) {
      feature = layer.apply(feature, mode);
      skips.push(feature);
    }
    skips.pop();

    const levels = new Map<number, tf.Tensor4D>();
    for (const [index, layer] of this.decoder.entries()) {
      const level = index + 1;
      const skip = level === 1 ? undefined : skips.pop();
      const input = skip === undefined ? feature : tf.concat([feature, skip], 3);
      const drawn = layer.apply(input, mode);
      if (level === this.decoder.length) return { image: drawn.tanh(), levels };
      const rate = training !== undefined && level <= generator.dropoutLevels ? generator.dropout : 0;
      // Behind the ReLU instead of before it: with factors that are 0 or positive this is the same.
      feature = training === undefined ? drawn : dropped(drawn, rate, training, level);
      const head = withLevels ? this.heads.get(level) : undefined;
      if (head !== undefined) levels.set(level, head.apply(feature, 'linear').tanh());
    }
    throw new Error('Generator: a decoder has at least one level.');
  }

  dispose(): void {
    this.weights.dispose();
  }
}

const dropoutStream = randomStream('generator/dropout');

function dropped(x: tf.Tensor4D, rate: number, { seed, step, pass }: TrainingPass, level: number): tf.Tensor4D {
  if (rate === 0) return x;
  // 2 passes of at most 16 levels a step; 2^53 is out of reach.
  const counterOf = (now: number) => (dropoutStream % 2 ** 51) + (now * 2 + pass) * 16 + level;
  const counter = typeof step === 'function' ? () => counterOf(step()) : counterOf(step);
  return dropout(x, rate, { seed, counter }) as tf.Tensor4D;
}
