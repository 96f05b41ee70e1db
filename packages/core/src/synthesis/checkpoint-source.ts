// Where the bytes of a checkpoint come from. Nothing is fetched but what the caller names as a URL.
import {
  type CheckpointBytes,
  type GeneratorCheckpoint,
  readGeneratorCheckpoint,
} from '../checkpoint/generator-checkpoint.ts';
import { CheckpointSourceError } from './errors.ts';

/**
 * The bytes themselves; a Blob (a dropped file); a URL, as an object or as a string that begins with http:// or https://; any other
 * string is the path of a file, in Node.
 */
export type CheckpointSource = Uint8Array | ArrayBuffer | Blob | URL | string;

/** What is used of Node, by the one way to it that no bundler sees: a page's bundle holds nothing of Node. */
interface NodeProcess {
  getBuiltinModule?: {
    (id: 'fs/promises'): { open(path: string | URL): Promise<NodeFile> };
    (id: 'crypto'): { createHash(name: 'sha256'): NodeHash };
  };
}

interface NodeFile {
  stat(): Promise<{ readonly size: number; isFile(): boolean }>;
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  readFile(options: { signal?: AbortSignal }): Promise<Uint8Array>;
  close(): Promise<void>;
}

interface NodeHash {
  update(bytes: Uint8Array): void;
  digest(encoding: 'hex'): string;
}

/** Bytes hashed at once: enough to be fast, too few to matter. */
const hashedAtOnce = 4 * 2 ** 20;

/**
 * The weights of G, of a training checkpoint or of a file with nothing else, from any source. Of a file in Node only the
 * header and the weights asked for are held in memory; its hash is that of all its bytes all the same, by one more pass.
 *
 * @throws CheckpointSourceError  if the bytes cannot be had.
 * @throws SafetensorsError, CheckpointError  as {@link readGeneratorCheckpoint}.
 * @throws the signal's reason  if it aborts.
 */
export async function loadGeneratorCheckpoint(
  source: CheckpointSource,
  { weights, signal }: { readonly weights?: 'average' | 'raw'; readonly signal?: AbortSignal } = {},
): Promise<GeneratorCheckpoint> {
  const options = weights === undefined ? {} : { weights };
  return withBytes(source, signal, (bytes) => readGeneratorCheckpoint(bytes, options));
}

/** Bytes that were given are not copied. */
async function withBytes<T>(
  source: CheckpointSource,
  signal: AbortSignal | undefined,
  use: (bytes: Uint8Array | CheckpointBytes) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) return use(plain(source));
  if (source instanceof ArrayBuffer) return use(new Uint8Array(source));
  if (source instanceof Blob) return use(new Uint8Array(await source.arrayBuffer()));
  if (typeof source !== 'string' && !(source instanceof URL)) {
    throw new CheckpointSourceError('source', 'bytes, a Blob, a URL or a path', describe(source));
  }
  const isFile = typeof source === 'string' ? !/^https?:\/\//i.test(source) : source.protocol === 'file:';
  return isFile ? withFile(source, signal, use) : use(await download(new URL(source), signal));
}

async function download(url: URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
  try {
    const response = await fetch(url, signal === undefined ? {} : { signal });
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    throw new CheckpointSourceError(url.href, 'an answer of the server with status 200', `status ${response.status}`);
  } catch (error) {
    if (error instanceof CheckpointSourceError || signal?.aborted) throw error;
    const remedy = 'Check the address, the connection and, in a page, whether the server allows other origins (CORS).';
    throw new CheckpointSourceError(url.href, 'an answer of the server', reason(error), remedy, { cause: error });
  }
}

async function withFile<T>(
  path: string | URL,
  signal: AbortSignal | undefined,
  use: (bytes: Uint8Array | CheckpointBytes) => Promise<T>,
): Promise<T> {
  const { process } = globalThis as { process?: NodeProcess };
  const fs = process?.getBuiltinModule?.('fs/promises');
  const crypto = process?.getBuiltinModule?.('crypto');
  if (fs === undefined || crypto === undefined) {
    const remedy = 'In a page, give a URL: new URL(path, document.baseURI).';
    throw new CheckpointSourceError(`${path}`, 'a URL, bytes or a Blob', 'the path of a file outside Node', remedy);
  }
  const reading = async <R>(work: () => Promise<R>): Promise<R> => {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      throw new CheckpointSourceError(`${path}`, 'a file that can be read', reason(error), '', { cause: error });
    }
  };
  const file = await reading(() => fs.open(path));
  try {
    const found = await reading(() => file.stat());
    // A pipe has no size and no places.
    if (!found.isFile()) {
      return await use(plain(await reading(() => file.readFile(signal === undefined ? {} : { signal }))));
    }
    return await use(fileBytes(file, found.size, crypto.createHash('sha256'), reading));
  } finally {
    await file.close();
  }
}

function fileBytes(
  file: NodeFile,
  size: number,
  hash: NodeHash,
  reading: <R>(work: () => Promise<R>) => Promise<R>,
): CheckpointBytes {
  const fill = async (bytes: Uint8Array, begin: number) => {
    for (let done = 0; done < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, begin + done);
      if (bytesRead === 0) throw new Error(`its end at byte ${begin + done}, and ${size} bytes were there before`);
      done += bytesRead;
    }
    return bytes;
  };
  return {
    size,
    read: (begin, end) => reading(() => fill(new Uint8Array(end - begin), begin)),
    async sha256() {
      const buffer = new Uint8Array(Math.min(hashedAtOnce, size));
      for (let begin = 0; begin < size; begin += buffer.length) {
        const part = buffer.subarray(0, Math.min(buffer.length, size - begin));
        hash.update(await reading(() => fill(part, begin)));
      }
      return hash.digest('hex');
    },
  };
}

/** Node's Buffer is a Uint8Array whose `slice` does not copy; whoever reads these bytes may rely on what a Uint8Array does. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describe(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? `an object (${value.constructor?.name})` : typeof value;
}
