// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): 128 random bits as a pure
// function of a 128-bit counter and a 64-bit key. The native twin is philox.h.

type Words2 = readonly [number, number];
type Words4 = readonly [number, number, number, number];

/** The four random words of one counter and key; all words unsigned 32-bit. */
export function philox(counter: Words4, key: Words2): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0) >>> 0;
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) >>> 0; // golden ratio
    k1 = (k1 + 0xbb67ae85) >>> 0; // sqrt(3) - 1
  }
  return [c0, c1, c2, c3];
}

/** floor(word * factor / 2^32), exactly, for a 32-bit word and a factor of at most 2^32. */
export function multiplyHigh(factor: number, word: number): number {
  // Both partial products stay below 2^49.
  const low = Math.floor(((word & 0xffff) * factor) / 0x1_0000);
  return Math.floor(((word >>> 16) * factor + low) / 0x1_0000);
}

const wordsOf = (value: number): [number, number] => [value >>> 0, Math.floor(value / 0x1_0000_0000)];

/**
 * The first `count` random words of (seed, counter): word i is word i % 4 of block floor(i / 4), whose Philox counter is
 * [block, counter] (64 bits each) under the key `seed`. Different counters share no block.
 */
export function randomWords(count: number, seed: number, counter: number): Uint32Array {
  const words = new Uint32Array(count);
  const key = wordsOf(seed);
  const [counterLow, counterHigh] = wordsOf(counter);
  for (let i = 0; i < count; i += 4) {
    const [blockLow, blockHigh] = wordsOf(i / 4);
    const block = philox([blockLow, blockHigh, counterLow, counterHigh], key);
    for (let j = 0; j < 4 && i + j < count; j++) words[i + j] = block[j] as number;
  }
  return words;
}
