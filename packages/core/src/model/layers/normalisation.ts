// Batch and instance normalisation with the statistics that docs/model.md decides on, and the activation behind them.
import { type Activation, batchNormActivation, biasActivation, outsideTape } from '@ggb/native-ops/ops';
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
  apply(x: tf.Tensor4D, mode: StatisticsMode, activation: Activation): tf.Tensor4D;
  /** The norm of x + bias by stored statistics, where it has any, in one pass over x less. */
  applyStored?(x: tf.Tensor4D, bias: tf.Tensor, activation: Activation): tf.Tensor4D;
}

export interface NormalisationOptions {
  readonly channels: number;
  /** Batch norm keeps running statistics, updated by every pass in mode `batch`. Only G needs them. */
  readonly keepsStatistics: boolean;
}

/** Undefined for the norm 'none'. */
export function normalisation(
  weights: Weights,
  name: string,
  norm: Norm,
  { channels, keepsStatistics }: NormalisationOptions,
): Normalisation | undefined {
  if (norm === 'none') return undefined;
  const scale = weights.add(`${name}/scale`, [channels], { role: 'scale' }) as tf.Tensor1D;
  const offset = weights.add(`${name}/offset`, [channels], { role: 'offset' }) as tf.Tensor1D;
  if (norm === 'instance') return { apply: (x, _mode, activation) => instanceNorm(x, scale, offset, activation) };
  if (!keepsStatistics) return { apply: (x, _mode, activation) => batchNorm(x, scale, offset, activation) };
  const mean = weights.add(`${name}/mean`, [channels], { role: 'mean' });
  const variance = weights.add(`${name}/variance`, [channels], { role: 'variance' });
  // The offset comes with the activation.
  const byStored = (x: tf.Tensor4D, centre: tf.Tensor, activation: Activation) => {
    const scaled = tf.batchNorm(x, centre as tf.Tensor1D, variance as tf.Tensor1D, undefined, scale, epsilon);
    return biasActivation(scaled, offset, activation);
  };
  return {
    apply: (x, mode, activation) =>
      mode === 'batch' ? batchNorm(x, scale, offset, activation, { mean, variance }) : byStored(x, mean, activation),
    // (x + bias) - mean = x - (mean - bias).
    applyStored: (x, bias, activation) => byStored(x, mean.sub(bias), activation),
  };
}

function batchNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  activation: Activation,
  running?: { readonly mean: tf.Variable; readonly variance: tf.Variable },
): tf.Tensor4D {
  const { y, mean, variance } = batchNormActivation(x, scale, offset, { epsilon, activation });
  if (running !== undefined) {
    const count = x.size / scale.size;
    // A batch of one pixel has no unbiased variance; its running variance stays.
    if (count > 1) follow(running.variance, variance, count / (count - 1));
    follow(running.mean, mean);
  }
  return y;
}

/** `factor` makes the latest value that of the running statistic. */
function follow(running: tf.Variable, latest: tf.Tensor, factor = 1): void {
  outsideTape(() => running.assign(running.mul(1 - momentum).add(latest.mul(momentum * factor))));
}

function instanceNorm(x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D, activation: Activation): tf.Tensor4D {
  const { mean, variance } = tf.moments(x, [1, 2], true);
  const scaled = x.sub(mean).mul(variance.add(epsilon).rsqrt().mul(scale)) as tf.Tensor4D;
  return biasActivation(scaled, offset, activation);
}
