// Random tensors as pure functions of (seed, counter): no state, so a step can be repeated, resumed or replayed, and other
// devices or threads draw the same numbers. Formulas: random.md.
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { kernelOrReference } from '../../../gradients/kernel-or-reference.ts';
import { currentValue, type NumberSource } from '../../../program/recorder.ts';
import * as tf from '../../../tfjs/registered-core.ts';
import { InvalidArgumentError } from '../../invalid-argument-error.ts';
import { CounterRandom } from './random.gradient.ts';
import { floatBelow, randomReference } from './random.reference.ts';

/** Which random numbers: the same key gives the same tensor, different ones give independent tensors. */
export interface RandomKey {
  /** Whole number from 0 to 2^53 - 1. */
  readonly seed: number;
  /**
   * Number of the draw under this seed, from 0 to 2^53 - 1; draws with different counters share no random bits. A function
   * is asked at each run, also when a compiled step is replayed.
   */
  readonly counter: NumberSource;
}

/** Attributes of the kernel CounterRandom. */
export interface RandomAttributes extends RandomKey {
  readonly shape: readonly number[];
  readonly distribution: 'uniform' | 'normal' | 'integers';
  /** uniform and integers: min, max; normal: mean, standard deviation. Floats already rounded to float32. */
  readonly parameters: readonly [number, number];
}

/**
 * float32 of `shape`, uniform in [min, max), min 0 and max 1 unless given; 2^24 different values.
 *
 * @throws InvalidArgumentError  unless min < max, both finite and their difference too, and the key is in range.
 */
export function randomUniform(
  shape: readonly number[],
  { seed, counter, min = 0, max = 1 }: RandomKey & { readonly min?: number; readonly max?: number },
): tf.Tensor {
  const low = Math.fround(min);
  const high = Math.fround(max);
  if (!(low < high && Number.isFinite(Math.fround(high - low)))) {
    throw new InvalidArgumentError(
      'randomUniform',
      '[min, max)',
      'a finite, not empty interval of float32',
      `[${min}, ${max})`,
    );
  }
  return draw('randomUniform', { shape, seed, counter, distribution: 'uniform', parameters: [low, high] });
}

/**
 * float32 of `shape`, normal with `mean` (0) and `standardDeviation` (1); no value is further than 6.77 deviations away.
 *
 * @throws InvalidArgumentError  unless both are finite, the deviation is at least 0, and the key is in range.
 */
export function randomNormal(
  shape: readonly number[],
  {
    seed,
    counter,
    mean = 0,
    standardDeviation = 1,
  }: RandomKey & { readonly mean?: number; readonly standardDeviation?: number },
): tf.Tensor {
  const parameters = [Math.fround(mean), Math.fround(standardDeviation)] as const;
  if (!Number.isFinite(parameters[0])) {
    throw new InvalidArgumentError('randomNormal', 'mean', 'a finite float32', mean);
  }
  if (!(Number.isFinite(parameters[1]) && parameters[1] >= 0)) {
    throw new InvalidArgumentError(
      'randomNormal',
      'standardDeviation',
      'a finite float32, at least 0',
      standardDeviation,
    );
  }
  return draw('randomNormal', { shape, seed, counter, distribution: 'normal', parameters });
}

/**
 * int32 of `shape`, uniform over the whole numbers from `min` to `max` - 1. Each has its probability to within 2^-32.
 *
 * @throws InvalidArgumentError  unless -2^31 <= min < max <= 2^31 are whole and the key is in range.
 */
export function randomIntegers(
  shape: readonly number[],
  { seed, counter, min = 0, max }: RandomKey & { readonly min?: number; readonly max: number },
): tf.Tensor {
  if (!(Number.isInteger(min) && Number.isInteger(max) && min >= -(2 ** 31) && min < max && max <= 2 ** 31)) {
    throw new InvalidArgumentError('randomIntegers', '[min, max)', 'a not empty interval of int32', `[${min}, ${max})`);
  }
  return draw('randomIntegers', { shape, seed, counter, distribution: 'integers', parameters: [min, max] });
}

function draw(op: string, attributes: RandomAttributes): tf.Tensor {
  checkKey(op, attributes);
  if (!attributes.shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new InvalidArgumentError(op, 'shape', 'whole numbers, at least 0', `[${attributes.shape}]`);
  }
  return kernelOrReference(CounterRandom, {}, attributes, () => randomReference(attributes));
}

/** @throws InvalidArgumentError  named after `op`, unless seed and counter are whole and in range. */
export function checkKey(op: string, key: RandomKey): void {
  for (const argument of ['seed', 'counter'] as const) {
    const value = currentValue(key[argument]);
    if (!(Number.isSafeInteger(value) && value >= 0)) {
      throw new InvalidArgumentError(op, argument, 'a whole number from 0 to 2^53 - 1', value);
    }
  }
}

export const randomKernels: readonly NativeKernel[] = [
  nativeKernel<object, RandomAttributes>({
    kernelName: CounterRandom,
    run: (_inputs, { shape, distribution, seed, counter, parameters: [first, second] }, runtime) => {
      const y = runtime.output(shape, distribution === 'integers' ? 'int32' : 'float32');
      const command = runtime
        .command('counter_random')
        .variant(distribution)
        .size(tf.util.sizeFromShape(shape as number[]))
        .size(seed)
        .currentSize(counter);
      if (distribution === 'uniform')
        command
          .float(first)
          .float(second - first)
          .float(floatBelow(second));
      else if (distribution === 'normal') command.float(first).float(second);
      else command.int(first).size(second - first);
      command.output(y).end();
      return y;
    },
  }),
];
