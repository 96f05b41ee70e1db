// All networks of the method. Only the generator is used after training.
import type * as tf from '@ggb/native-ops/tf';
import type { NetworkConfig } from '../config/model-config.ts';
import { Discriminator } from './discriminator.ts';
import { Generator } from './generator.ts';
import { GuidingBlock } from './guiding-block.ts';
import type { WeightSource } from './weights.ts';

export class GuidingModel {
  readonly generator: Generator;
  readonly discriminator: Discriminator;
  /** By level, coarse to fine. */
  readonly blocks: ReadonlyMap<number, GuidingBlock>;

  constructor(
    readonly network: NetworkConfig,
    source: WeightSource,
  ) {
    this.generator = new Generator(network, source);
    this.discriminator = new Discriminator(network, source);
    this.blocks = new Map(network.model.guidedLevels.map((level) => [level, new GuidingBlock(level, network, source)]));
  }

  /** Weights and running statistics of every network by name. */
  get variables(): ReadonlyMap<string, tf.Variable> {
    const networks = [this.generator, this.discriminator, ...this.blocks.values()];
    return new Map(networks.flatMap((network) => [...network.variables]));
  }

  dispose(): void {
    this.generator.dispose();
    this.discriminator.dispose();
    for (const block of this.blocks.values()) block.dispose();
  }
}
