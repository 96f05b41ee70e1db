import * as tf from '../../../tfjs/registered-core.ts';
import { type ActivationAttributes, activate } from './activation.ts';

export function biasActivationReference(x: tf.Tensor, bias: tf.Tensor, attributes: ActivationAttributes): tf.Tensor {
  return activate(tf.add(x, bias), attributes);
}
