// A vector as constant planes: the condition for variations that have no place in the image.
import { ConditionError } from './condition-error.ts';

/**
 * Writes `label` at every pixel of `out`, float32 [pixels, length].
 *
 * @throws ConditionError  unless there are `length` finite numbers.
 */
export function drawLabel(length: number, label: readonly number[] | undefined, out: Float32Array): void {
  if (label?.length !== length) {
    throw new ConditionError(
      'label',
      `${length} numbers (condition.length)`,
      label === undefined ? 'none' : `${label.length}`,
    );
  }
  const wrong = label.findIndex((value) => !Number.isFinite(value));
  if (wrong !== -1) throw new ConditionError(`label[${wrong}]`, 'a finite number', `${label[wrong]}`);
  out.set(label);
  // Twice as many pixels each time: memmove instead of a loop over values.
  for (let done = length; done < out.length; done *= 2) out.copyWithin(done, 0, Math.min(done, out.length - done));
}
