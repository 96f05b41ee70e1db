// The safetensors file format, read and written: 8 bytes with the length of a header, the header in JSON, the data.
// Works on bytes alone, so that a page and Node share it. Format: huggingface/safetensors, README and `tensor.rs`.
// Strict where readers disagree: data without holes or overlaps, no key twice, so that no two readers see different weights.

/** Bytes of one value, in the order in which the reference implementation ranks types. Those of less than a byte are not read. */
const dtypeBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
  U64: 8,
} as const;

export type SafetensorsDtype = keyof typeof dtypeBytes;

const ranks = new Map(Object.keys(dtypeBytes).map((dtype, rank) => [dtype, rank]));

/** The largest header that is parsed, as in the reference implementation: a file cannot make its reader allocate more. */
export const maxHeaderBytes = 100_000_000;

/** Of each file, before its header: the header's length. */
export const lengthBytes = 8;

/** The header is padded with spaces to a multiple of this, so that values of every type lie aligned. */
const alignment = 8;

export interface TensorShape {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
}

/** Where a tensor's data lie, in bytes from the end of the header. */
export interface TensorPlace extends TensorShape {
  readonly begin: number;
  readonly end: number;
}

/** Little-endian values, row-major; `data` may begin at any offset of its buffer. */
export interface StoredTensor extends TensorShape {
  readonly data: Uint8Array;
}

export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, TensorPlace>;
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** The bytes are no safetensors file, or tensors cannot be written as one. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';

  constructor(
    /** The part at fault: `length`, `header`, or the name of a tensor. */
    readonly part: string,
    readonly expected: string,
    readonly received: string,
    options?: ErrorOptions,
  ) {
    super(`Safetensors: ${part}: expected ${expected}, received ${received}.`, options);
  }
}

/**
 * A whole file. The data are views of `bytes`, not copies.
 *
 * @throws SafetensorsError  for anything that is not a well-formed file.
 */
export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  const headerBytes = readHeaderLength(bytes.subarray(0, lengthBytes), bytes.byteLength);
  const dataStart = lengthBytes + headerBytes;
  const { metadata, tensors } = readHeader(bytes.subarray(lengthBytes, dataStart), bytes.byteLength - dataStart);
  const stored = [...tensors].map(([name, { dtype, shape, begin, end }]) => {
    return [name, { dtype, shape, data: bytes.subarray(dataStart + begin, dataStart + end) }] as const;
  });
  return { metadata, tensors: new Map(stored) };
}

/**
 * The length of the header from the first 8 bytes of a file of `fileBytes`. With {@link readHeader} for reading a file in parts.
 *
 * @throws SafetensorsError  for a file too short for its header, or a header too long.
 */
export function readHeaderLength(first: Uint8Array, fileBytes: number): number {
  if (first.byteLength < lengthBytes) {
    throw new SafetensorsError('length', `${lengthBytes} bytes`, `a file of ${first.byteLength}`);
  }
  const length = new DataView(first.buffer, first.byteOffset, lengthBytes).getBigUint64(0, true);
  if (length > maxHeaderBytes) {
    throw new SafetensorsError('length', `a header of at most ${maxHeaderBytes} bytes`, `${length}`);
  }
  if (Number(length) > fileBytes - lengthBytes) {
    throw new SafetensorsError('length', `a header inside the file of ${fileBytes} bytes`, `${length} bytes`);
  }
  return Number(length);
}

/**
 * What a header says about the `dataBytes` bytes that follow it; tensors in the order of their data.
 *
 * @throws SafetensorsError  unless it is JSON of the right form and its tensors cover the data exactly.
 */
export function readHeader(header: Uint8Array, dataBytes: number): SafetensorsHeader {
  const { __metadata__: metadata = {}, ...entries } = parseJson(header);
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new SafetensorsError('__metadata__', 'an object of strings', brief(metadata));
  }
  const places = Object.entries(entries)
    .map(([name, entry]) => [name, readPlace(name, entry)] as const)
    .sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const [name, place] of places) {
    if (place.begin !== end) {
      throw new SafetensorsError(
        name,
        `data that begin at byte ${end}, where the tensor before ends`,
        `${place.begin}`,
      );
    }
    end = place.end;
  }
  if (end !== dataBytes) {
    throw new SafetensorsError('header', `tensors of ${dataBytes} bytes, as many as follow it`, `${end} bytes`);
  }
  return { metadata: metadata as Record<string, string>, tensors: new Map(places) };
}

/**
 * A whole file. The same tensors and metadata give the same bytes, in whatever order they come.
 *
 * @throws SafetensorsError  for data whose length is not that of the shape.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const { start, places } = layOut(tensors, metadata);
  const dataBytes = [...places.values()].at(-1)?.end ?? 0;
  const file = new Uint8Array(start.byteLength + dataBytes);
  file.set(start);
  for (const [name, { begin, end }] of places) {
    const { data } = tensors.get(name) as StoredTensor;
    if (data.byteLength !== end - begin) {
      throw new SafetensorsError(name, `${end - begin} bytes of data, as its shape says`, `${data.byteLength}`);
    }
    file.set(data, start.byteLength + begin);
  }
  return file;
}

/**
 * How a file with these tensors begins, and which data must follow in which order: wide types first, so that each type is
 * aligned, then by name; as the reference implementation writes them. For writing a file in parts.
 *
 * @throws SafetensorsError  for a name, type or shape that the format cannot hold.
 */
export function layOut(
  tensors: ReadonlyMap<string, TensorShape>,
  metadata: Readonly<Record<string, string>> = {},
): { readonly start: Uint8Array; readonly places: ReadonlyMap<string, TensorPlace> } {
  const sorted = [...tensors].sort(
    ([a, { dtype: first }], [b, { dtype: second }]) =>
      (ranks.get(second) as number) - (ranks.get(first) as number) || compareStrings(a, b),
  );
  const places = new Map<string, TensorPlace>();
  const header: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) {
    header.push([
      '__metadata__',
      Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => compareStrings(a, b))),
    ]);
  }
  let begin = 0;
  for (const [name, { dtype, shape }] of sorted) {
    if (name === '__metadata__') throw new SafetensorsError(name, 'another name for a tensor', 'the reserved one');
    const end = begin + byteLength(name, dtype, shape);
    places.set(name, { dtype, shape, begin, end });
    header.push([name, { dtype, shape, data_offsets: [begin, end] }]);
    begin = end;
  }
  // Entry by entry: an object would move names that are whole numbers to the front.
  const json = `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
  const encoded = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(encoded.byteLength / alignment) * alignment;
  if (headerBytes > maxHeaderBytes) {
    throw new SafetensorsError('header', `at most ${maxHeaderBytes} bytes`, `${headerBytes}`);
  }
  const start = new Uint8Array(lengthBytes + headerBytes).fill(0x20);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerBytes), true);
  start.set(encoded, lengthBytes);
  return { start, places };
}

/**
 * The values of a tensor as float32; a copy. float64 is rounded to float32.
 *
 * @throws SafetensorsError  for types other than F64, F32, F16 and BF16.
 */
export function float32Values(name: string, { dtype, data }: StoredTensor): Float32Array {
  const count = data.byteLength / dtypeBytes[dtype];
  // A copy, because the file's own bytes may lie unaligned. Not data.slice(), which of a Node Buffer is a view.
  const { buffer } = new Uint8Array(data);
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, 0, count);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, 0, count));
    case 'BF16':
      // A bfloat16 is the upper half of a float32.
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer, 0, count), (half) => half << 16).buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer, 0, count), halfToNumber);
    default:
      throw new SafetensorsError(name, 'one of F32, F64, F16, BF16', dtype);
  }
}

/** IEEE 754 binary16: sign, 5 bits of exponent, 10 of fraction. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function parseJson(header: Uint8Array): Record<string, unknown> {
  let text: string;
  let parsed: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new SafetensorsError('header', 'UTF-8 JSON', (cause as Error).message, { cause });
  }
  if (!isRecord(parsed) || !text.startsWith('{')) {
    throw new SafetensorsError('header', 'an object that begins with its first byte', brief(parsed));
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw new SafetensorsError('header', 'each key once', `${JSON.stringify(repeated)} twice`);
  return parsed;
}

/** A key that stands twice in one object of well-formed JSON. `JSON.parse` would silently take the last. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    if (json[at] === '{') open.push(new Set());
    else if (json[at] === '}') open.pop();
    if (json[at] !== '"') continue;
    const begin = at++;
    while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
    let after = at + 1;
    while (/\s/.test(json.charAt(after))) after++;
    if (json[after] !== ':') continue;
    const key = JSON.parse(json.slice(begin, at + 1)) as string;
    const keys = open.at(-1) as Set<string>;
    if (keys.has(key)) return key;
    keys.add(key);
  }
  return undefined;
}

function readPlace(name: string, entry: unknown): TensorPlace {
  if (!isRecord(entry)) throw new SafetensorsError(name, 'an object', brief(entry));
  const { dtype, shape, data_offsets: offsets, ...rest } = entry;
  const [unknownKey] = Object.keys(rest);
  if (unknownKey !== undefined) {
    throw new SafetensorsError(name, 'dtype, shape and data_offsets', `also ${JSON.stringify(unknownKey)}`);
  }
  if (typeof dtype !== 'string' || !Object.hasOwn(dtypeBytes, dtype)) {
    throw new SafetensorsError(name, `a dtype of ${Object.keys(dtypeBytes).join(', ')}`, brief(dtype));
  }
  if (!isSizes(shape)) throw new SafetensorsError(name, 'a shape of whole numbers', brief(shape));
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw new SafetensorsError(name, 'data_offsets of two whole numbers', brief(offsets));
  }
  const [begin, end] = offsets as [number, number];
  const bytes = byteLength(name, dtype as SafetensorsDtype, shape);
  if (end - begin !== bytes) {
    throw new SafetensorsError(name, `data_offsets ${bytes} bytes apart for ${dtype} [${shape}]`, `[${offsets}]`);
  }
  return { dtype: dtype as SafetensorsDtype, shape, begin, end };
}

function byteLength(name: string, dtype: SafetensorsDtype, shape: readonly number[]): number {
  const bytes = shape.reduce((product, size) => product * size, dtypeBytes[dtype]);
  if (!isSizes(shape) || !Number.isSafeInteger(bytes)) {
    throw new SafetensorsError(name, 'a shape of whole numbers whose product is one too', `[${shape}]`);
  }
  return bytes;
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** By code units: the same everywhere, unlike by locale. */
function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** For messages. Whatever is nested stays out: it may be deeper than the stack. */
function brief(value: unknown): string {
  if (isRecord(value)) return 'an object';
  if (Array.isArray(value) && value.some((item) => typeof item === 'object')) return 'an array of objects';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
