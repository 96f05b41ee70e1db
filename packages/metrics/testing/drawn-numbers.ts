// The numbers of testing/golden/drawn_numbers.py, drawn again: integers, and roundings that both languages do alike.
import { type StoredTensor, writeSafetensors } from '@ggb/native-ops/safetensors';
import type { RgbImage } from '../src/image/rgb-image.ts';
import { type InceptionGraph, inceptionWeightShapes } from '../src/inception/inception-v3.ts';

// Looked up once: in Jest's contexts every look-up of a global costs more than the product.
const { imul, max } = Math;

function seedOf(name: string): number {
  let value = 0x811c9dc5;
  for (const character of name) value = imul(value ^ character.charCodeAt(0), 0x01000193) >>> 0;
  return value;
}

/** Multiples of 2^-24 in [0, 1). Loops and no `from`: a network has 24 million weights. */
function uniform(count: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (i + seed) >>> 0;
    x = imul(x ^ (x >>> 16), 0x7feb352d);
    x = imul(x ^ (x >>> 15), 0x846ca68b);
    values[i] = ((x ^ (x >>> 16)) >>> 8) / 2 ** 24;
  }
  return values;
}

/** A weight of a random Inception-v3. */
function inceptionTensor(name: string, shape: readonly number[]): Float32Array {
  const size = (sizes: readonly number[]) => sizes.reduce((product, value) => product * value, 1);
  const values = uniform(size(shape), seedOf(name));
  if (name.endsWith('.conv.weight')) spread(values, 2, -1, Math.sqrt(6 / size(shape.slice(1))));
  else if (name === 'fc.weight') spread(values, 2, -1, Math.sqrt(3 / 2048));
  else if (/\.(weight|running_var)$/.test(name)) spread(values, 0.4, 0.8, 1);
  else spread(values, 0.2, -0.1, 1);
  return values;
}

function spread(values: Float32Array, slope: number, offset: number, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = ((values[i] as number) * slope + offset) * factor;
}

/** All tensors of a random Inception-v3, as a converted file holds them. */
export function randomInceptionTensors(graph: InceptionGraph): Map<string, StoredTensor> {
  return new Map(
    [...inceptionWeightShapes(graph)].map(([name, shape]) => {
      return [name, { dtype: 'F32', shape, data: new Uint8Array(inceptionTensor(name, shape).buffer) }];
    }),
  );
}

export function randomInceptionFile(graph: InceptionGraph, metadata: Record<string, string> = {}): Uint8Array {
  return writeSafetensors(randomInceptionTensors(graph), metadata);
}

export function drawnImage(name: string, width: number, height: number): RgbImage {
  const noise = name === 'noise' ? uniform(3 * width * height, 1) : undefined;
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const [x, y, c] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3];
    if (noise !== undefined) return (noise[i] as number) * 256;
    if (name === 'ramp') return (3 * x + 5 * y + 40 * c) % 256;
    return (Math.floor(x / 24) + Math.floor(y / 24)) % 2 === 1 ? 230 - 20 * c : 25 + 10 * c;
  });
  return { data, width, height };
}

/** float32 [rows, dimensions], correlated, with many zeros, as features after relu are. */
export function drawnFeatures(rows: number, dimensions: number, seed: number, shift: number): Float32Array {
  const u = uniform(rows * dimensions, seed);
  const values = new Float32Array(u.length);
  for (let at = 0; at < u.length; at++) {
    const column = at % dimensions;
    const mixed = (u[at] as number) + (column === 0 ? 0 : 0.5 * (u[at - 1] as number));
    values[at] = max(0, mixed - 0.5 + shift) * ((1 + (column % 7)) / 4);
  }
  return values;
}

/** float32 [rows, classes]; each row prefers a class. */
export function drawnLogits(rows: number, classes: number, seed: number): Float32Array {
  const values = uniform(rows * classes, seed);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < classes; i++) {
      const at = row * classes + i;
      values[at] = (values[at] as number) * 4 + (i === (row * 5) % classes ? 3 : 0);
    }
  }
  return values;
}
