// What the training step eats.
import type * as tf from '@ggb/native-ops/tf';

/** A batch of pairs on the current backend. Whoever gets it disposes it. */
export interface Batch {
  /** x: source images, float32 [N, size, size, 3], -1..1. */
  readonly source: tf.Tensor4D;
  /** y: target images, float32 [N, size, size, 3], -1..1. */
  readonly target: tf.Tensor4D;
  /** c: condition maps, float32 [N, size, size, C]. */
  readonly condition: tf.Tensor4D;
  /** Ids of the pairs, in order. */
  readonly ids: readonly string[];
}

/** Where the trainer gets its batches. `batch(step)` is a function of the step and the seed alone. */
export interface BatchSource {
  /** The batch of a training step, 0-based. Later steps may be prepared in the background. */
  batch(step: number): Promise<Batch>;
  /** Stops background work. */
  close(): Promise<void>;
}
