// Checkpoints of a training on disk. Tensors pass one at a time in both directions: a model at paper size has gigabytes of
// them, more than Node reads into one buffer.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  layOut,
  lengthBytes,
  readHeader,
  readHeaderLength,
  type SafetensorsDtype,
  type SafetensorsHeader,
  type TensorPlace,
  type TensorShape,
} from '@ggb/native-ops/safetensors';
import * as tf from '@ggb/native-ops/tf';
import { writeAtomically } from '../files/atomic-file.ts';
import { CheckpointError, type CheckpointMetadata, checkTensors, formatMetadata, parseMetadata } from './checkpoint.ts';

const dtypes: Readonly<Record<string, SafetensorsDtype>> = { float32: 'F32', int32: 'I32', bool: 'BOOL' };

/**
 * Writes tensors and metadata; the file appears when it is complete. The same values give the same bytes.
 *
 * @param beforeMove  runs with the SHA-256 of the file before it gets its name.
 * @throws CheckpointError  `not-finite`, if a value is NaN or infinite: then nothing is written.
 */
export async function writeCheckpoint(
  path: string,
  tensors: ReadonlyMap<string, tf.Tensor>,
  metadata: CheckpointMetadata,
  beforeMove: (sha256: string) => Promise<void> = async () => {},
): Promise<void> {
  const { start, places } = layOut(shapesOf(tensors), formatMetadata(metadata));
  const hash = createHash('sha256');
  await writeAtomically(
    path,
    async (file) => {
      await writeAll(file, start);
      hash.update(start);
      for (const name of places.keys()) {
        const values = await (tensors.get(name) as tf.Tensor).data();
        checkFinite(name, values);
        const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
        await writeAll(file, bytes);
        hash.update(bytes);
      }
    },
    () => beforeMove(hash.digest('hex')),
  );
}

/** A checkpoint whose header was read and found good. */
export interface OpenedCheckpoint {
  readonly metadata: CheckpointMetadata;
  /**
   * Assigns every tensor of the file to the variable of its name. Checks all names, shapes and types first, so that a model is
   * never half restored.
   *
   * @throws CheckpointError  if the file and the variables do not hold the same tensors.
   */
  restore(variables: ReadonlyMap<string, tf.Variable>): Promise<void>;
}

/**
 * Opens a checkpoint while `use` runs.
 *
 * @param sha256  what the file must have, where that is known.
 * @throws SafetensorsError  for a file that is cut or no safetensors file.
 * @throws CheckpointError  for one that is no checkpoint, or has changed since it was written.
 */
export async function withCheckpoint<T>(
  path: string,
  sha256: string | undefined,
  use: (checkpoint: OpenedCheckpoint) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const headerBytes = readHeaderLength(await readPart(file, 0, Math.min(lengthBytes, size)), size);
    const dataStart = lengthBytes + headerBytes;
    const header = readHeader(await readPart(file, lengthBytes, headerBytes), size - dataStart);
    const metadata = parseMetadata(header.metadata);
    if (sha256 !== undefined) await checkHash(path, sha256);
    return await use({ metadata, restore: (variables) => restore(file, dataStart, header, variables) });
  } finally {
    await file.close();
  }
}

async function restore(
  file: FileHandle,
  dataStart: number,
  { tensors }: SafetensorsHeader,
  variables: ReadonlyMap<string, tf.Variable>,
): Promise<void> {
  checkTensors(tensors, shapesOf(variables));
  for (const [name, { begin, end }] of tensors as ReadonlyMap<string, TensorPlace>) {
    const variable = variables.get(name) as tf.Variable;
    const { buffer } = await readPart(file, dataStart + begin, end - begin);
    tf.tidy(() => variable.assign(tf.tensor(valuesOf(variable.dtype, buffer), variable.shape, variable.dtype)));
  }
}

function valuesOf(dtype: tf.DataType, buffer: ArrayBuffer): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return new Float32Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}

function shapesOf(tensors: ReadonlyMap<string, tf.Tensor>): ReadonlyMap<string, TensorShape> {
  const entries = [...tensors].map(([name, { dtype, shape }]) => {
    const stored = dtypes[dtype];
    if (stored === undefined) {
      throw new CheckpointError('dtype', `${name} is of type ${dtype}; float32, int32 and bool can be stored.`);
    }
    return [name, { dtype: stored, shape }] as const;
  });
  return new Map(entries);
}

function checkFinite(name: string, values: Float32Array | Int32Array | Uint8Array): void {
  if (!(values instanceof Float32Array)) return;
  // NaN and infinity have no difference to themselves. Number.isFinite would be looked up for each of millions of values,
  // which takes half a minute where globals are slow, as in Jest.
  const index = values.findIndex((value) => value - value !== 0);
  if (index < 0) return;
  throw new CheckpointError('not-finite', `${name} holds ${values[index]} at element ${index}; nothing was written.`);
}

async function checkHash(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const received = hash.digest('hex');
  if (received === expected) return;
  throw new CheckpointError(
    'changed',
    `the SHA-256 of ${path} is ${received}, but was ${expected} when it was written. The file is damaged or was replaced; ` +
      'continue from another checkpoint.',
  );
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, written, bytes.byteLength - written);
    written += bytesWritten;
  }
}

/** `length` bytes from `position`, in a buffer of their own. */
async function readPart(file: FileHandle, position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new CheckpointError('changed', 'the file ended while it was read.');
    done += bytesRead;
  }
  return bytes;
}
