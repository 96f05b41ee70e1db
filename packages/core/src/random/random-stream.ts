// Names for independent streams of random numbers under one seed.

/**
 * Counter of the stream `name` for the generators of @ggb/native-ops/ops: 52 bits of a hash (two FNV-1a of 32 bits with
 * different starts), so that two names collide with a probability of 2^-52.
 */
export function randomStream(name: string): number {
  const high = fnv1a(name, 0x811c9dc5);
  const low = fnv1a(name, 0x1b873593);
  return (high >>> 12) * 2 ** 32 + low;
}

function fnv1a(text: string, start: number): number {
  let hash = start;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
