// Where the bytes of a checkpoint come from. Nothing is fetched but what the caller names as a URL.
import { CheckpointSourceError } from './errors.ts';

/**
 * The bytes themselves; a Blob (a dropped file); a URL, as an object or as a string that begins with http:// or https://; any other
 * string is the path of a file, in Node.
 */
export type CheckpointSource = Uint8Array | ArrayBuffer | Blob | URL | string;

/** The one function of Node that is used, by the one way to it that no bundler sees: a page's bundle holds nothing of Node. */
interface NodeProcess {
  getBuiltinModule?(id: 'fs/promises'): {
    readFile(path: string | URL, options: { signal?: AbortSignal }): Promise<Uint8Array>;
  };
}

/**
 * All bytes of a source. Bytes that were given are not copied.
 *
 * @throws CheckpointSourceError  if there are none to be had; `signal.reason` if the signal aborts.
 */
export async function readCheckpointSource(source: CheckpointSource, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted();
  if (source instanceof Uint8Array) return plain(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (source instanceof URL) return source.protocol === 'file:' ? readFile(source, signal) : download(source, signal);
  if (typeof source === 'string') {
    return /^https?:\/\//i.test(source) ? download(new URL(source), signal) : readFile(source, signal);
  }
  throw new CheckpointSourceError('source', 'bytes, a Blob, a URL or a path', describe(source));
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

async function readFile(path: string | URL, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const { process } = globalThis as { process?: NodeProcess };
  const fs = process?.getBuiltinModule?.('fs/promises');
  if (fs === undefined) {
    const remedy = 'In a page, give a URL: new URL(path, document.baseURI).';
    throw new CheckpointSourceError(`${path}`, 'a URL, bytes or a Blob', 'the path of a file outside Node', remedy);
  }
  try {
    return plain(await fs.readFile(path, signal === undefined ? {} : { signal }));
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw new CheckpointSourceError(`${path}`, 'a file that can be read', reason(error), '', { cause: error });
  }
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
