// The weights of G from bytes: of a training checkpoint or of a small file with nothing else. No Node, so that a page can.
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
import { float32Values, readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts';

export interface GeneratorCheckpoint {
  readonly network: NetworkConfig;
  /** Iterations of the training that made it. */
  readonly step: number;
  readonly seed: number;
  readonly weights: 'average' | 'raw';
  /** Of the whole file, hexadecimal. Absent where a page has no WebCrypto, which browsers give to https: and localhost alone. */
  readonly sha256?: string;
  /** By the names of `Generator.variables`: views of the file's bytes. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/**
 * @param options.weights  the moving average (default) or the weights themselves.
 * @throws SafetensorsError  for bytes that are no safetensors file.
 * @throws CheckpointError  for a file that is no checkpoint, or has not the weights asked for.
 */
export async function readGeneratorCheckpoint(
  bytes: Uint8Array,
  options: { readonly weights?: 'average' | 'raw' } = {},
): Promise<GeneratorCheckpoint> {
  const { metadata, tensors } = readSafetensors(bytes);
  const parsed = parseMetadata(metadata);
  const { network, step, seed } = parsed;
  const weights = options.weights ?? parsed.weights ?? 'average';
  const sha256 = await sha256Of(bytes);
  return {
    network,
    step,
    seed,
    weights,
    ...(sha256 === undefined ? {} : { sha256 }),
    tensors: generatorTensors(parsed, tensors, weights),
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

function generatorTensors(
  { kind, weights: held }: CheckpointMetadata,
  tensors: ReadonlyMap<string, StoredTensor>,
  weights: 'average' | 'raw',
): ReadonlyMap<string, StoredTensor> {
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

async function sha256Of(bytes: Uint8Array): Promise<string | undefined> {
  // The types say that it is always there; on a page from plain http: it is not.
  const subtle: typeof globalThis.crypto.subtle | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) return undefined;
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
