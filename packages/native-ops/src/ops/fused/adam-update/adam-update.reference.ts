// Adam in plain TF.js operations: the specification, what runs on backends without the kernel, and a test oracle.
import type { Scalar, Variable } from '@tensorflow/tfjs-core';
import * as tf from '../../../tfjs/registered-core.ts';
import type { AdamParameter } from './adam-update.ts';

/** As {@link adamUpdate}, but variables get new memory. */
export function adamUpdateReference(parameters: readonly AdamParameter[], state: Variable): void {
  tf.tidy(() => {
    const [learningRate, beta1, beta2, epsilon, done] = tf.unstack(state) as [Scalar, Scalar, Scalar, Scalar, Scalar];
    const t = tf.add(done, 1);
    // 1 - beta^t without cancellation: 1 - 0.999 in float32 has lost five digits.
    const correction = (beta: Scalar) => tf.neg(tf.expm1(tf.mul(t, tf.log(beta))));
    const correction1 = correction(beta1);
    const correction2 = correction(beta2);
    for (const { variable: w, firstMoment: m, secondMoment: v, gradient: g } of parameters) {
      m.assign(tf.add(tf.mul(beta1, m), tf.mul(tf.sub(1, beta1), g)));
      v.assign(tf.add(tf.mul(beta2, v), tf.mul(tf.sub(1, beta2), tf.square(g))));
      const mHat = tf.div(m, correction1);
      const vHat = tf.div(v, correction2);
      w.assign(tf.sub(w, tf.mul(learningRate, tf.div(mHat, tf.add(tf.sqrt(vHat), epsilon)))));
    }
    state.assign(tf.stack([learningRate, beta1, beta2, epsilon, t]) as tf.Tensor1D);
  });
}
