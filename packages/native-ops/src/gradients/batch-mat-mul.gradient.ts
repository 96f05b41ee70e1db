// BatchMatMul: the gradients of a matrix product, summed over the batch axes along which a matrix was broadcast (one matrix
// for the whole batch). TF.js forgets the sums and its engine throws.
import * as tf from '../tfjs/registered-core.ts';
import { reduceTo } from './reduce-to.ts';

export const batchMatMulGradient: tf.GradConfig = {
  kernelName: tf.BatchMatMul,
  inputsToSave: ['a', 'b'],
  gradFunc: (gradient, saved, attrs) => {
    const dy = gradient as tf.Tensor;
    const [a, b] = saved as [tf.Tensor, tf.Tensor];
    const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
    // y = op(a) op(b):  d op(a) = dy op(b)^T,  d op(b) = op(a)^T dy; transposed once more where op transposes.
    const da = () => (transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB));
    const db = () => (transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false));
    return { a: () => reduceTo(da(), a.shape), b: () => reduceTo(db(), b.shape) };
  },
};
