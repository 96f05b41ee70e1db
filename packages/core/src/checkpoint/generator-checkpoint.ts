// The weights of G from bytes: of a training checkpoint or of a small file with nothing else. No Node, so that a page can.
// Of a training checkpoint G is a tenth, the rest is D, guiding blocks and moments: where bytes can be read in parts, only
// the header and G are.

import {
  float32Values,
  lengthBytes,
  readHeader,
  readHeaderLength,
  type StoredTensor,
  writeSafetensors,
} from '@ggb/native-ops/safetensors';
import * as tf from '@ggb/native-ops/tf';
import type { NetworkConfig } from '../config/model-config.ts';
import type { WeightSource } from '../model/weights.ts';
import {
  averagePrefix,
  CheckpointError,
  type CheckpointMetadata,
  checkShape,
  formatMetadata,
  parseMetadata,
} from './checkpoint.ts';

/** A checkpoint that need not be in memory as a whole. */
export interface CheckpointBytes {
  readonly size: number;
  /** Exactly these bytes: a copy or a view. */
  read(begin: number, end: number): Promise<Uint8Array>;
  /** Of all bytes, hexadecimal; undefined where nothing can compute it. */
  sha256(): Promise<string | undefined>;
}

export interface GeneratorCheckpoint {
  readonly network: NetworkConfig;
  /** Iterations of the training that made it. */
  readonly step: number;
  readonly seed: number;
  readonly weights: 'average' | 'raw';
  /** Of the whole file, hexadecimal. Absent where a page has no WebCrypto, which browsers give to https: and localhost alone. */
  readonly sha256?: string;
  /** By the names of `Generator.variables`: what `read` gave, so views of bytes that were in memory. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * @param options.weights  the moving average (default) or the weights themselves.
 * @throws SafetensorsError  for bytes that are no safetensors file.
 * @throws CheckpointError  for a file that is no checkpoint, or has not the weights asked for.
 */
export async function readGeneratorCheckpoint(
  bytes: Uint8Array | CheckpointBytes,
  options: { readonly weights?: 'average' | 'raw' } = {},
): Promise<GeneratorCheckpoint> {
  const source = bytes instanceof Uint8Array ? bytesInMemory(bytes) : bytes;
  const { size } = source;
  const headerBytes = readHeaderLength(await source.read(0, Math.min(lengthBytes, size)), size);
  const dataStart = lengthBytes + headerBytes;
  const { metadata, tensors: places } = readHeader(await source.read(lengthBytes, dataStart), size - dataStart);
  const parsed = parseMetadata(metadata);
  const { network, step, seed } = parsed;
  const weights = options.weights ?? parsed.weights ?? 'average';
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, begin, end }] of generatorTensors(parsed, places, weights)) {
    tensors.set(name, { dtype, shape, data: await source.read(dataStart + begin, dataStart + end) });
  }
  const sha256 = await source.sha256();
  return {
    network,
    step,
    seed,
    weights,
    ...(sha256 === undefined ? {} : { sha256 }),
    tensors,
  };
}

/** A file with the weights of G alone, for {@link readGeneratorCheckpoint}. */
export function writeGeneratorCheckpoint(checkpoint: Omit<GeneratorCheckpoint, 'sha256'>): Uint8Array {
  const { network, step, seed, weights, tensors } = checkpoint;
  return writeSafetensors(tensors, formatMetadata({ kind: 'generator', network, step, seed, weights }));
}

/**
 * For a generator with these weights: `new Generator(network, weightsFrom(tensors))`. Any type that float32 can be made from.
 *
 * @throws CheckpointError  from `tensor`, for a weight that is missing or has another shape.
 */
export function weightsFrom(tensors: ReadonlyMap<string, StoredTensor>): WeightSource {
  return {
    tensor(name, shape) {
      const stored = tensors.get(name);
      if (stored === undefined) {
        throw new CheckpointError('missing', `it lacks ${name}, which the model needs.`);
      }
      checkShape(name, stored.shape, shape);
      return tf.tensor(float32Values(name, stored), [...shape], 'float32');
    },
  };
}

/** Those of a file that are G's, by their names in G. */
function generatorTensors<T>(
  { kind, weights: held }: CheckpointMetadata,
  tensors: ReadonlyMap<string, T>,
  weights: 'average' | 'raw',
): ReadonlyMap<string, T> {
  if (kind === 'generator') {
    if (weights === held) return tensors;
    throw new CheckpointError('missing', `it holds the ${held} weights of the generator, not the ${weights} ones.`);
  }
  // What has an average is a weight of G.
  const averages = [...tensors].filter(([name]) => name.startsWith(averagePrefix));
  if (averages.length === 0) throw new CheckpointError('missing', 'it holds no moving average of the generator.');
  return new Map(
    averages.map(([averageName, average]) => {
      const name = averageName.slice(averagePrefix.length);
      const stored = weights === 'average' ? average : tensors.get(name);
      if (stored === undefined) throw new CheckpointError('missing', `it lacks ${name}, but holds its average.`);
      return [name, stored];
    }),
  );
}

function bytesInMemory(bytes: Uint8Array): CheckpointBytes {
  return {
    size: bytes.byteLength,
    read: async (begin, end) => bytes.subarray(begin, end),
    sha256: () => sha256Of(bytes),
  };
}

async function sha256Of(bytes: Uint8Array): Promise<string | undefined> {
  // The types say that it is always there; on a page from plain http: it is not.
  const subtle: typeof globalThis.crypto.subtle | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) return undefined;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
