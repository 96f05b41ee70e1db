// The activations that fused ops end with, in plain TF.js, with their derivatives as functions of the output. All are
// piecewise linear. tanh is not among them: its second derivative needs more than the output, because TF.js does not see
// how an output that it saved depends on the inputs.
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';

/** The number of `leakyRelu` is the slope below 0; it is finite and above 0. */
export type Activation = 'linear' | 'relu' | { readonly leakyRelu: number };

/** An activation as attributes of a kernel. `slope` is that of leakyRelu, else 0. */
export interface ActivationAttributes {
  readonly activation: 'linear' | 'relu' | 'leakyRelu';
  readonly slope: number;
}

/** @throws InvalidArgumentError  for what is no activation, and for a slope that is not finite and above 0 as float32. */
export function activationAttributes(op: string, activation: Activation): ActivationAttributes {
  if (activation === 'linear' || activation === 'relu') return { activation, slope: 0 };
  const slope: unknown = (activation as { leakyRelu?: unknown } | null)?.leakyRelu;
  if (typeof slope !== 'number') {
    const expected = "'linear', 'relu' or { leakyRelu: slope }";
    throw new InvalidArgumentError(op, 'activation', expected, JSON.stringify(activation));
  }
  const rounded = Math.fround(slope);
  // The gradient reads the sign of the input from the output, which only a slope above 0 keeps.
  if (!(rounded > 0 && rounded < Infinity)) {
    throw new InvalidArgumentError(op, 'the slope of leakyRelu', 'finite and above 0', slope);
  }
  return { activation: 'leakyRelu', slope };
}

export function activate(x: tf.Tensor, { activation, slope }: ActivationAttributes): tf.Tensor {
  if (activation === 'relu') return tf.relu(x);
  return activation === 'leakyRelu' ? tf.leakyRelu(x, slope) : x;
}

/** dy times the derivative, from the output y. Made of differentiable ops. */
export function activationGradient(
  dy: tf.Tensor,
  y: tf.Tensor,
  { activation, slope }: ActivationAttributes,
): tf.Tensor {
  if (activation === 'relu') return tf.mul(dy, tf.step(y));
  return activation === 'leakyRelu' ? tf.mul(dy, tf.step(y, slope)) : dy;
}
