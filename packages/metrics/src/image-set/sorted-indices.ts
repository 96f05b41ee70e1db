// Sorting a hundred thousand things in a megabyte: `sort` of a typed array with a function of one's own makes lists of objects.
import { releasableUint32, release } from './releasable-memory.ts';

/**
 * 0 ... length - 1 in the order of `compare`; those that are equal keep theirs. Merges runs of two, four, eight ...
 *
 * @returns an array that may be given to `release`.
 */
export function sortedIndices(length: number, compare: (i: number, j: number) => number): Uint32Array {
  let from = releasableUint32(length);
  for (let i = 0; i < length; i++) from[i] = i;
  let to = releasableUint32(length);
  for (let run = 1; run < length; run *= 2) {
    for (let start = 0; start < length; start += 2 * run) {
      const [middle, end] = [Math.min(start + run, length), Math.min(start + 2 * run, length)];
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        const takesLeft = right === end || (left < middle && compare(from[left] as number, from[right] as number) <= 0);
        to[at] = (takesLeft ? from[left++] : from[right++]) as number;
      }
    }
    [from, to] = [to, from];
  }
  release(to);
  return from;
}
