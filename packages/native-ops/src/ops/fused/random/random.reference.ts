// Random tensors in plain TypeScript: what the native kernel must give, and what runs where there is none. Uniform numbers
// and integers equal the native ones bit for bit; normal ones to one unit in the last place of float32, because sine,
// cosine and logarithm of the C library and of JavaScript differ in their last bit of float64.
import { currentValue } from '../../../program/recorder.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { multiplyHigh, randomWords } from './philox.ts';
import type { RandomAttributes } from './random.ts';

export function randomReference(attributes: RandomAttributes): tf.Tensor {
  const { shape, distribution, seed } = attributes;
  const counter = currentValue(attributes.counter);
  const [first, second] = attributes.parameters;
  const count = tf.util.sizeFromShape(shape as number[]);
  if (distribution === 'integers') {
    const words = randomWords(count, seed, counter);
    const values = Int32Array.from(words, (word) => first + multiplyHigh(second - first, word));
    return tf.tensor(values, shape as number[], 'int32');
  }
  const values =
    distribution === 'uniform'
      ? uniformValues(randomWords(count, seed, counter), first, second)
      : normalValues(randomWords(count + (count % 2), seed, counter), count, first, second);
  return tf.tensor(values, shape as number[], 'float32');
}

function uniformValues(words: Uint32Array, min: number, max: number): Float32Array {
  const range = Math.fround(max - min);
  const largest = floatBelow(max);
  return Float32Array.from(words, (word) => Math.min(Math.fround(min + range * ((word >>> 8) * 2 ** -24)), largest));
}

/** Box and Muller 1958, pair by pair. */
function normalValues(words: Uint32Array, count: number, mean: number, deviation: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(((words[i] as number) + 0.5) * 2 ** -32));
    const angle = 6.283185307179586 * ((words[i + 1] as number) * 2 ** -32);
    values[i] = mean + deviation * (radius * Math.cos(angle));
    if (i + 1 < count) values[i + 1] = mean + deviation * (radius * Math.sin(angle));
  }
  return values;
}

/** The largest float32 below a float32. */
export function floatBelow(value: number): number {
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  if (value === 0) return -(2 ** -149);
  bits[0] = (bits[0] as number) + (value > 0 ? -1 : 1);
  return float[0] as number;
}
