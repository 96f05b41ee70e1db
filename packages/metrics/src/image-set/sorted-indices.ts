// Sorting a hundred thousand things in a megabyte: `sort` of a typed array with a function of one's own makes lists of objects.

/**
 * 0 ... length - 1 in the order of `compare`; those that are equal keep theirs. Merges runs of two, four, eight ...
 */
export function sortedIndices(length: number, compare: (i: number, j: number) => number): Uint32Array {
  let from = new Uint32Array(length);
  for (let i = 0; i < length; i++) from[i] = i;
  let to = new Uint32Array(length);
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
  return from;
}
