// The two logarithms every adversarial equation is made of, on logits: σ and log in one, which neither overflows nor
// loses the tail.
import { logisticLoss } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';

/** -E[log σ(logits)] = mean softplus(-logits). */
export function minusLogReal(logits: tf.Tensor): tf.Scalar {
  return logisticLoss(logits, 'real');
}

/** -E[log(1 - σ(logits))] = mean softplus(logits). */
export function minusLogFake(logits: tf.Tensor): tf.Scalar {
  return logisticLoss(logits, 'fake');
}

/** Mean of σ(logits): how sure a critic is that it sees something real. Logged, never trained on. */
export function meanProbability(logits: tf.Tensor): tf.Scalar {
  return tf.sigmoid(logits).mean();
}
