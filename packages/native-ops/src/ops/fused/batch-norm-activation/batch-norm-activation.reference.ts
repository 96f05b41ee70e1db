// Batch normalisation by the moments of the batch, then the activation, in plain TF.js; and its gradient written out.
import { outsideTape } from '../../../gradients/outside-tape.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { type ActivationAttributes, activate, activationGradient } from '../bias-activation/activation.ts';

export interface BatchNormAttributes extends ActivationAttributes {
  readonly epsilon: number;
}

/** [y, mean, variance]; the last two are constants to a gradient. */
export function batchNormActivationReference(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  attributes: BatchNormAttributes,
): tf.Tensor[] {
  const { mean, variance } = tf.moments(x, allButLast(x));
  const normalised = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, attributes.epsilon)));
  const y = activate(tf.add(tf.mul(normalised, scale), offset), attributes);
  return [y, ...outsideTape(() => [tf.clone(mean), tf.clone(variance)])];
}

/**
 * [dx, dscale, doffset] by the formulas of batch-norm-activation.md. Made of differentiable ops that begin at x, so that
 * gradients of this gradient see how the statistics depend on x.
 */
export function batchNormActivationGradientReference(
  {
    dy,
    x,
    y,
    scale,
  }: { readonly dy: tf.Tensor; readonly x: tf.Tensor; readonly y: tf.Tensor; readonly scale: tf.Tensor },
  attributes: BatchNormAttributes,
): tf.Tensor[] {
  const axes = allButLast(x);
  const { mean, variance } = tf.moments(x, axes);
  const inverse = tf.rsqrt(tf.add(variance, attributes.epsilon));
  const normalised = tf.mul(tf.sub(x, mean), inverse);
  const dz = activationGradient(dy, y, attributes);
  const dscale = tf.sum(tf.mul(dz, normalised), axes);
  const doffset = tf.sum(dz, axes);
  const rows = x.size / scale.size;
  const centred = tf.sub(tf.sub(dz, tf.div(doffset, rows)), tf.mul(normalised, tf.div(dscale, rows)));
  return [tf.mul(centred, tf.mul(scale, inverse)), dscale, doffset];
}

const allButLast = ({ shape }: tf.Tensor): number[] => shape.slice(0, -1).map((_, axis) => axis);
