// Where the values of a network's weights come from, and where the networks keep them.
import * as tf from '@ggb/native-ops/tf';

/** What a weight is, which decides how it is initialised. */
export type WeightRole =
  | { readonly role: 'kernel' | 'bias'; readonly fanIn: number }
  | { readonly role: 'scale' | 'offset' | 'mean' | 'variance' };

/** Random initialisation, or a checkpoint. */
export interface WeightSource {
  /** The first value of a weight, float32 of `shape`. The caller owns it. */
  tensor(name: string, shape: readonly number[], role: WeightRole): tf.Tensor;
}

/**
 * The weights of one network by name, in the order in which the network made them. Names are ours ('generator/encoder1/kernel'); TF.js's
 * own names of variables are unique in a process and mean nothing.
 */
export class Weights {
  private readonly byName = new Map<string, tf.Variable>();

  constructor(private readonly source: WeightSource) {}

  /** All weights, running statistics included. */
  get variables(): ReadonlyMap<string, tf.Variable> {
    return this.byName;
  }

  /** Weights that gradients change. */
  get trainable(): tf.Variable[] {
    return [...this.byName.values()].filter((variable) => variable.trainable);
  }

  add(name: string, shape: readonly number[], role: WeightRole): tf.Variable {
    const isStatistic = role.role === 'mean' || role.role === 'variance';
    const initial = this.source.tensor(name, shape, role);
    const variable = tf.variable(initial, !isStatistic);
    initial.dispose();
    this.byName.set(name, variable);
    return variable;
  }

  dispose(): void {
    for (const variable of this.byName.values()) variable.dispose();
    this.byName.clear();
  }
}

/** Number of values that gradients change. */
export function parameterCount(variables: Iterable<tf.Variable>): number {
  let count = 0;
  for (const variable of variables) if (variable.trainable) count += variable.size;
  return count;
}
