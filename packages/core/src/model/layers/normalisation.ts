// Batch and instance normalisation with the statistics that docs/model.md decides on.
import { outsideTape } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import type { Norm } from '../../config/model-config.ts';
import type { Weights } from '../weights.ts';

const epsilon = 1e-5;
/** Share of the newest batch in the running statistics. */
const momentum = 0.1;

/** `batch`: with the statistics of the batch at hand. `running`: with the stored ones, batch norm of G at inference. */
export type StatisticsMode = 'batch' | 'running';

export interface Normalisation {
  /** x: [N, H, W, channels]; the same shape comes out. */
  apply(x: tf.Tensor4D, mode: StatisticsMode): tf.Tensor4D;
}

export interface NormalisationOptions {
  readonly channels: number;
  /** Batch norm keeps running statistics, updated by every pass in mode `batch`. Only G needs them. */
  readonly keepsStatistics: boolean;
}

export function normalisation(
  weights: Weights,
  name: string,
  norm: Norm,
  { channels, keepsStatistics }: NormalisationOptions,
): Normalisation {
  if (norm === 'none') return { apply: (x) => x };
  const scale = weights.add(`${name}/scale`, [channels], { role: 'scale' }) as tf.Tensor1D;
  const offset = weights.add(`${name}/offset`, [channels], { role: 'offset' }) as tf.Tensor1D;
  if (norm === 'instance') return { apply: (x) => instanceNorm(x, scale, offset) };
  if (!keepsStatistics) return { apply: (x) => batchNorm(x, scale, offset) };
  const mean = weights.add(`${name}/mean`, [channels], { role: 'mean' });
  const variance = weights.add(`${name}/variance`, [channels], { role: 'variance' });
  return {
    apply: (x, mode) =>
      mode === 'running'
        ? tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, epsilon)
        : batchNorm(x, scale, offset, { mean, variance }),
  };
}

function batchNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  running?: { readonly mean: tf.Variable; readonly variance: tf.Variable },
): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  if (running !== undefined) {
    const count = x.size / scale.size;
    // A batch of one pixel has no unbiased variance; its running variance stays.
    if (count > 1) follow(running.variance, tf.mul(variance, count / (count - 1)));
    follow(running.mean, mean);
  }
  return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset, scale, epsilon);
}

function follow(running: tf.Variable, latest: tf.Tensor): void {
  outsideTape(() => running.assign(running.mul(1 - momentum).add(latest.mul(momentum))));
}

function instanceNorm(x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [1, 2], true);
  return x.sub(mean).mul(variance.add(epsilon).rsqrt()).mul(scale).add(offset);
}
