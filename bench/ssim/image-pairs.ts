// Pairs of images with what photographs have, smooth shapes, edges and noise, and a distorted copy of each; the same ones
// on every run.
export interface ImagePairs {
  /** [count, size, size, 3] each. */
  readonly real: Uint8Array;
  readonly generated: Uint8Array;
}

export function imagePairs(count: number, size: number): ImagePairs {
  let state = 1;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const length = count * size * size * 3;
  const [real, generated] = [new Uint8ClampedArray(length), new Uint8ClampedArray(length)];
  for (let pair = 0; pair < count; pair++) {
    const [fx, fy, edge, amount] = [0.02 + 0.1 * uniform(), 0.02 + 0.1 * uniform(), size * uniform(), 40 * uniform()];
    for (let i = 0; i < size * size * 3; i++) {
      const [x, y, channel] = [Math.floor(i / 3) % size, Math.floor(i / 3 / size), i % 3];
      const shape = 128 + 60 * Math.sin(fx * x + channel) + 40 * Math.cos(fy * y) + (x + y / 3 > edge ? 50 : -20);
      const value = shape + 12 * (uniform() - 0.5);
      real[pair * size * size * 3 + i] = value;
      generated[pair * size * size * 3 + i] = value * (1 - pair / count / 4) + amount * (uniform() - 0.5);
    }
  }
  return { real: new Uint8Array(real.buffer), generated: new Uint8Array(generated.buffer) };
}
