// The moving average of G's weights: what is evaluated and exported, because it flickers less than the weights do. Ours.
import * as tf from '@ggb/native-ops/tf';
import type { OptimisationConfig } from '../config/training-config.ts';
import type { WeightSource } from '../model/weights.ts';

export class MovingAverage {
  /** The averages by the names of the weights. Running statistics are averaged as weights are. */
  readonly variables: ReadonlyMap<string, tf.Variable>;

  /** Begins as a copy of the weights, which it neither owns nor disposes. */
  constructor(
    private readonly weights: ReadonlyMap<string, tf.Variable>,
    private readonly config: OptimisationConfig['movingAverage'],
  ) {
    this.variables = new Map([...weights].map(([name, weight]) => [name, tf.tidy(() => copy(weight).variable(false))]));
  }

  /** After each training step; does something every `every` of them. `steps`: how many are done. */
  update(steps: number): void {
    const { decay, every } = this.config;
    if (steps % every !== 0) return;
    tf.tidy(() => {
      for (const [name, average] of this.variables) {
        const weight = this.weights.get(name) as tf.Variable;
        average.assign(average.mul(decay).add(weight.mul(1 - decay)));
      }
    });
  }

  /** For a generator with the averages of this moment. */
  get weightSource(): WeightSource {
    return { tensor: (name) => copy(this.variables.get(name) as tf.Variable) };
  }

  dispose(): void {
    tf.dispose([...this.variables.values()]);
  }
}

/** A copy and no clone: optimizers change the values of a weight where they are. */
function copy(tensor: tf.Tensor): tf.Tensor {
  return tf.mul(tensor, 1);
}
