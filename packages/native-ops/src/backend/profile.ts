// What the commands of a profile did: their shapes, and the arithmetic of those that have much of it, read from their words.
import type { CommandTime } from './addon.ts';

/** One op of the addon at one shape, in a profile. */
export interface NativeOpTime {
  readonly op: string;
  /** Of convolutions and matrix products; empty elsewhere. */
  readonly shape: string;
  readonly calls: number;
  readonly ms: number;
  /**
   * Additions and multiplications of all calls, as the definition has them (2 for each product, products with padding
   * included); 0 where nobody counts.
   */
  readonly flops: number;
  /** Memory that elementwise ops read and write by definition, in all calls; 0 where nobody counts. */
  readonly bytes: number;
}

interface Work {
  readonly shape: string;
  readonly flops: number;
  readonly bytes: number;
}

/** 64-bit sizes as two words each, as CommandWriter.size writes them. */
function sizes(words: Int32Array, first: number, count: number): number[] {
  return Array.from(
    { length: count },
    (_, i) => ((words[first + 2 * i] ?? 0) >>> 0) + (words[first + 2 * i + 1] ?? 0) * 2 ** 32,
  );
}

/** The order is that of ConvShape (ops/standard/conv2d/conv.h). */
function convolution(words: Int32Array): Work {
  const [batch, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, height, width, stride] = sizes(
    words,
    0,
    10,
  ) as [number, number, number, number, number, number, number, number, number, number];
  return {
    shape: `${batch}x${inHeight}x${inWidth}x${inChannels} k${height}x${width} s${stride} ${outHeight}x${outWidth}x${outChannels}`,
    flops: 2 * batch * outHeight * outWidth * outChannels * height * width * inChannels,
    bytes: 0,
  };
}

function matrixProduct(words: Int32Array): Work {
  const [m, n, depth] = sizes(words, 2, 3) as [number, number, number];
  const rank = words[8] ?? 0;
  const batch = sizes(words, 9, rank).reduce((product, size) => product * size, 1);
  return { shape: `${batch}x ${m}x${depth} ${depth}x${n}`, flops: 2 * batch * m * n * depth, bytes: 0 };
}

/** `planes` arrays of rows x channels values are read or written. */
function rowsOfChannels(planes: number): (words: Int32Array) => Work {
  return (words) => {
    const [rows, channels] = sizes(words, 2, 2) as [number, number];
    return { shape: `${rows}x${channels}`, flops: 0, bytes: 4 * planes * rows * channels };
  };
}

function unary(words: Int32Array): Work {
  const [count] = sizes(words, 3, 1) as [number];
  return { shape: `${count} (${words[0]})`, flops: 0, bytes: 8 * count };
}

const readers = new Map<string, (words: Int32Array) => Work>([
  ['conv2d_forward', convolution],
  ['conv2d_input_gradient', convolution],
  ['conv2d_filter_gradient', convolution],
  ['matmul', matrixProduct],
  ['bias_activation', rowsOfChannels(2)],
  ['bias_activation_gradient', rowsOfChannels(3)],
  ['batch_norm_activation', rowsOfChannels(3)],
  ['batch_norm_activation_gradient', rowsOfChannels(7)],
  ['elementwise_unary', unary],
]);

/** Commands of the same op and shape added up, longest first. */
export function summarise(commands: readonly CommandTime[], names: ReadonlyMap<number, string>): NativeOpTime[] {
  const rows = new Map<
    string,
    { op: string; shape: string; calls: number; ms: number; flops: number; bytes: number }
  >();
  for (const { opcode, nanoseconds, words } of commands) {
    const op = names.get(opcode) ?? 'memory';
    const { shape, flops, bytes } = readers.get(op)?.(words) ?? { shape: '', flops: 0, bytes: 0 };
    const key = `${op} ${shape}`;
    const row = rows.get(key) ?? { op, shape, calls: 0, ms: 0, flops: 0, bytes: 0 };
    row.calls += 1;
    row.ms += nanoseconds / 1e6;
    row.flops += flops;
    row.bytes += bytes;
    rows.set(key, row);
  }
  return [...rows.values()].sort((a, b) => b.ms - a.ms);
}
