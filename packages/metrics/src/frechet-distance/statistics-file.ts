// Statistics as `.npz` files of pytorch-fid, both ways: a zip with mu.npy and sigma.npy. Array format:
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { unzipSync, zipSync } from 'fflate';
import type { GaussianStatistics } from './feature-statistics.ts';
import { checkStatistics } from './frechet-distance.ts';
import { FeatureStatisticsError } from './statistics-error.ts';

const advice = 'Expected is a file as pytorch-fid --save-stats writes it: mu [n] and sigma [n, n], float64.';
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** A file claims its unpacked sizes before anything is unpacked: 16,384 features need this much. */
const mostBytes = 2 ** 31 + 2 ** 16;

interface NumpyArray {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * Statistics from a file of pytorch-fid, or of {@link writeStatistics}, which adds the number of images.
 *
 * @throws FeatureStatisticsError  for anything else.
 */
export async function readStatistics(path: string): Promise<GaussianStatistics> {
  return parseStatistics(new Uint8Array(await readFile(path)), path);
}

/** Writes mu, sigma and, where it is known, `count`; the file is there whole or not at all. */
export async function writeStatistics(path: string, statistics: GaussianStatistics): Promise<void> {
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(unfinished, formatStatistics(statistics));
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

/** @throws FeatureStatisticsError  naming `where`. */
export function parseStatistics(bytes: Uint8Array, where: string): GaussianStatistics {
  const files = unzip(bytes, where);
  const mean = readArray(files, 'mu', where);
  const covariance = readArray(files, 'sigma', where);
  const dimensions = mean.values.length;
  if (
    mean.shape.length !== 1 ||
    covariance.shape.length !== 2 ||
    covariance.shape.some((size) => size !== dimensions)
  ) {
    const received = `mu [${mean.shape.join(', ')}] and sigma [${covariance.shape.join(', ')}]`;
    throw new FeatureStatisticsError(where, 'mu [n] and sigma [n, n]', received, advice);
  }
  const count = 'count.npy' in files ? readArray(files, 'count', where).values[0] : undefined;
  const statistics: GaussianStatistics = {
    mean: mean.values,
    covariance: covariance.values,
    ...(count === undefined ? {} : { count }),
  };
  checkStatistics(where, statistics, dimensions);
  return statistics;
}

/** The bytes of an `.npz` file; the same statistics give the same bytes. */
export function formatStatistics({ mean, covariance, count }: GaussianStatistics): Uint8Array {
  const dimensions = mean.length;
  const files: Record<string, Uint8Array> = {
    'mu.npy': formatArray([dimensions], mean),
    'sigma.npy': formatArray([dimensions, dimensions], covariance),
  };
  if (count !== undefined) files['count.npy'] = formatArray([], Float64Array.of(count));
  // The digits of float64 hardly compress; the least effort already finds what there is. The first day zip knows.
  return zipSync(files, { level: 1, mtime: new Date(1980, 0, 1) });
}

function unzip(bytes: Uint8Array, where: string): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!['mu.npy', 'sigma.npy', 'count.npy'].includes(name)) return false;
        if (originalSize <= mostBytes) return true;
        throw new FeatureStatisticsError(where, `at most ${mostBytes} bytes`, `${name} of ${originalSize}`, advice);
      },
    });
  } catch (cause) {
    if (cause instanceof FeatureStatisticsError) throw cause;
    const received = `one that cannot be unpacked (${(cause as Error).message})`;
    throw new FeatureStatisticsError(where, 'an .npz file', received, advice, { cause });
  }
}

function readArray(files: Record<string, Uint8Array>, name: string, where: string): NumpyArray {
  const bytes = files[`${name}.npy`];
  if (bytes === undefined) throw new FeatureStatisticsError(where, `an array ${name}`, 'none', advice);
  const fail = (expected: string, received: string) => {
    return new FeatureStatisticsError(`${where}: ${name}`, expected, received, advice);
  };
  if (bytes.length < 12 || magic.some((byte, i) => bytes[i] !== byte))
    throw fail('an array of NumPy', 'something else');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLong = (bytes[6] as number) >= 2;
  const begin = isLong ? 12 : 10;
  const end = begin + (isLong ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder('latin1').decode(bytes.subarray(begin, end));
  const dtype = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (dtype === undefined || sizes === undefined) throw fail("a header with 'descr' and 'shape'", header.slice(0, 80));
  const width = { '<f8': 8, '<f4': 4 }[dtype];
  if (width === undefined) throw fail('float64 or float32, little-endian', dtype);
  // Of a vector the order says nothing; a covariance is symmetric, so column-major is row-major.
  const shape = sizes.split(',').flatMap((size) => (size.trim() === '' ? [] : [Number(size)]));
  const count = shape.reduce((product, size) => product * size, 1);
  if (bytes.length - end !== count * width) {
    throw fail(`${count * width} bytes of data for [${shape.join(', ')}]`, `${bytes.length - end}`);
  }
  // A copy: the data may begin at any byte of the file.
  const { buffer } = bytes.slice(end);
  return { shape, values: width === 8 ? new Float64Array(buffer) : Float64Array.from(new Float32Array(buffer)) };
}

function formatArray(shape: readonly number[], values: Float64Array): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '<f8', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Magic, version, length and header together fill a multiple of 64 bytes; the header ends in a line break.
  const headerBytes = Math.ceil((dictionary.length + 1 + 10) / 64) * 64 - 10;
  const start = new Uint8Array(10 + headerBytes).fill(0x20);
  start.set([...magic, 1, 0, headerBytes & 0xff, headerBytes >> 8]);
  start.set(new TextEncoder().encode(dictionary), 10);
  start[start.length - 1] = 0x0a;
  const file = new Uint8Array(start.length + values.byteLength);
  file.set(start);
  file.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), start.length);
  return file;
}
