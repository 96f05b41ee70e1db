import * as tf from '../tfjs/registered-core.ts';

/**
 * Runs the kernel `kernelName` if the active backend has one, else the same mathematics in plain TF.js operations.
 * A backend that brings such a kernel need not know the reference, and the reference runs on every backend.
 */
export function kernelOrReference<Result extends tf.Tensor | tf.Tensor[]>(
  kernelName: string,
  inputs: tf.NamedTensorMap,
  attrs: object,
  reference: () => Result,
): Result {
  if (!tf.getKernel(kernelName, tf.getBackend())) return reference();
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap) as Result;
}
