// What a brush over a histogram means: an interval that a person can read, and that holds every result it covers.
import type { Range } from '../app/view-state.ts';

const shownDigits = 4;

/**
 * The interval between two places of a brush. Ends are written with four digits, rounded outwards; one that reaches the end of
 * the values is open, so that the most extreme result, which people look for, is never rounded away.
 *
 * @returns undefined where both ends are open: nothing is filtered.
 */
export function brushed(
  from: number,
  to: number,
  values: { readonly min: number; readonly max: number },
): Range | undefined {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const range = {
    ...(low > values.min ? { min: outwards(low, Math.floor) } : {}),
    ...(high < values.max ? { max: outwards(high, Math.ceil) } : {}),
  };
  return range.min === undefined && range.max === undefined ? undefined : range;
}

function outwards(value: number, round: (value: number) => number): number {
  if (value === 0) return 0;
  // As text: 10 ** -5 times an integer is not the number that its digits say.
  const [mantissa, exponent] = value.toExponential().split('e');
  const shift = shownDigits - 1;
  return Number(`${round(Number(`${mantissa}e${shift}`))}e${Number(exponent) - shift}`);
}
