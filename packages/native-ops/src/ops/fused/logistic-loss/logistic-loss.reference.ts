import * as tf from '../../../tfjs/registered-core.ts';

/** What a critic should have said. */
export type LogisticTarget = 'real' | 'fake';

export function logisticLossReference(logits: tf.Tensor, target: LogisticTarget): tf.Tensor {
  return tf.mean(tf.softplus(target === 'real' ? tf.neg(logits) : logits));
}
