import {
  correctedGradients,
  registerCorrectedGradients,
  stockGradient,
} from '../../src/gradients/corrected-gradients.ts';
import * as tf from '../../src/tfjs/registered-core.ts';

/** Runs `body` with the gradients TF.js came with, then puts the corrected ones back. */
export function withStockGradients<Result>(body: () => Result): Result {
  for (const { kernelName } of correctedGradients) {
    tf.unregisterGradient(kernelName);
    const stock = stockGradient(kernelName);
    if (stock) tf.registerGradient(stock);
  }
  try {
    return body();
  } finally {
    registerCorrectedGradients();
  }
}
