// Dropout in plain TF.js: a constant mask times x. What the native kernel must give, bit for bit.
import { currentValue } from '../../../program/recorder.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { randomWords } from '../random/philox.ts';
import type { DropoutAttributes } from './dropout.gradient.ts';

export function dropoutReference(x: tf.Tensor, attributes: DropoutAttributes): tf.Tensor {
  const threshold = dropThreshold(attributes.rate);
  const scale = keepScale(attributes.rate);
  const words = randomWords(x.size, attributes.seed, currentValue(attributes.counter));
  const mask = Float32Array.from(words, (word) => (word >>> 8 >= threshold ? scale : 0));
  return tf.mul(x, tf.tensor(mask, x.shape, 'float32'));
}

/** Elements whose upper 24 random bits are below this are dropped. */
export const dropThreshold = (rate: number): number => Math.ceil(rate * 2 ** 24);

/** What the others are multiplied by, so that the expectation stays: float32. */
export const keepScale = (rate: number): number => Math.fround(1 / (1 - rate));
