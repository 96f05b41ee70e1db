// Image files scored in pairs by native threads: read, decoded and compared without their pixels passing through
// JavaScript. The definitions of the metrics are those of @ggb/metrics.
import { availableParallelism } from 'node:os';
import { BackendUnavailableError } from '../backend/errors.ts';
import { InvalidArgumentError } from '../ops/invalid-argument-error.ts';
import { type ImagesAddon, loadImagesAddon } from './images-addon.ts';

export type NativePairMetric = 'ssim' | 'psnr' | 'l1';

export interface NativePairFiles {
  readonly real: string;
  readonly generated: string;
}

/** How pairs are scored. The fields of a `Protocol` of @ggb/metrics with channels 'rgb-mean', without mask and downsampling. */
export interface NativePairRequest {
  readonly window:
    | { readonly kind: 'gaussian'; readonly size: number; readonly sigma: number }
    | { readonly kind: 'uniform'; readonly size: number };
  /** 'sample' multiplies variances by n / (n - 1), n = size * size. */
  readonly statistics: 'population' | 'sample';
  readonly k1: number;
  readonly k2: number;
  /** On the scale. 'real-range', 'generated-range': largest minus smallest value of that image of each pair, after padding. */
  readonly dataRange: number | 'real-range' | 'generated-range';
  /** Pixel values run from 0 to this. */
  readonly scale: 255 | 1;
  /** Columns added to both images before anything else. */
  readonly padding?: 'none' | { readonly left: number; readonly right: number; readonly value: number };
  readonly metrics: readonly NativePairMetric[];
  /** Default: every core that this process may use. Does not change the values. */
  readonly threads?: number;
}

/**
 * 'unsupported-format': another decoder may read it (anything but JPEG and PNG, CMYK, animations). 'no-range': an image of
 * one value where the data range is taken from it.
 */
export type NativeProblemKind =
  | 'missing'
  | 'unreadable'
  | 'empty'
  | 'unsupported-format'
  | 'truncated'
  | 'corrupt'
  | 'too-large'
  | 'size-mismatch'
  | 'too-small'
  | 'no-range'
  | 'out-of-memory';

export type NativePairResult =
  /** By name of the metric. `psnr` is Infinity for equal images. */
  | { readonly values: Readonly<Partial<Record<NativePairMetric, number>>> }
  | {
      readonly problem: {
        readonly side: 'real' | 'generated';
        readonly kind: NativeProblemKind;
        /** What was received, e.g. 'a folder'; names neither the file nor the side. */
        readonly message: string;
      };
    };

export interface DecodedImage {
  /** Interleaved RGB, row by row. */
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export type ImagesBackend =
  | { readonly available: true; readonly libraries: readonly string[]; readonly threads: number }
  | { readonly available: false; readonly reason: string; readonly remedy: string };

/** A file that `decodeFile` does not read. `kind` and `received` as in a pair's problem. */
export class ImageFileError extends Error {
  override readonly name = 'ImageFileError';

  constructor(
    readonly file: string,
    readonly kind: NativeProblemKind,
    readonly received: string,
  ) {
    super(`${file}: expected a JPEG or PNG image, received ${received} [${kind}].`);
  }
}

let loaded: ImagesAddon | undefined;

function addon(): ImagesAddon {
  loaded ??= loadImagesAddon();
  return loaded;
}

/** Whether images can be read natively here, by what, or why not and what to do. Never throws. */
export function imagesBackend(): ImagesBackend {
  try {
    const { jpegLibrary, pngLibrary } = addon();
    return { available: true, libraries: [jpegLibrary, pngLibrary], threads: availableParallelism() };
  } catch (error) {
    if (!(error instanceof BackendUnavailableError)) throw error;
    return { available: false, reason: error.reason, remedy: error.remedy };
  }
}

/**
 * Scores every pair, in native threads of its own. The results are in the order of the pairs and equal to the last bit
 * whatever the number of threads, the order and the number of pairs in a call. A real image of several pairs is decoded
 * once. What is wrong with a file or a pair is its result; the other pairs are scored.
 *
 * Memory does not grow with the number of pairs but for the results themselves.
 *
 * @throws BackendUnavailableError  if the addon does not load.
 * @throws InvalidArgumentError  if the request cannot be computed.
 * @throws the signal's reason, at latest after the pairs that were being scored.
 */
export async function scorePairFiles(
  pairs: readonly NativePairFiles[],
  request: NativePairRequest,
  signal?: AbortSignal,
): Promise<readonly NativePairResult[]> {
  signal?.throwIfAborted();
  const { threads = availableParallelism() } = request;
  const settings = settingsOf(request);
  checkInteger('threads', threads, 1, 1024);
  const native = addon();
  const { id, ended } = native.scorePairFiles(
    pairs.flatMap(({ real, generated }) => [real, generated]),
    settings,
    threads,
  );
  const cancel = () => native.cancel(id);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const results = await ended;
    signal?.throwIfAborted();
    return results as readonly NativePairResult[];
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

/**
 * The pixels of a JPEG or PNG file, equal to Pillow's `convert('RGB')`. Runs in a native thread.
 *
 * @throws ImageFileError  for what is no such file; of kind 'unsupported-format' where another decoder may read it.
 * @throws BackendUnavailableError  if the addon does not load.
 */
export async function decodeFile(path: string): Promise<DecodedImage> {
  const result = await addon().decodeFile(path);
  if (!('problem' in result)) return result;
  throw new ImageFileError(path, result.problem.kind as NativeProblemKind, result.problem.message);
}

/** The order of `RequestOf` in node-images.cc. */
function settingsOf(request: NativePairRequest): Float64Array {
  const { window, statistics, k1, k2, dataRange, scale, padding = 'none', metrics } = request;
  checkInteger('window.size', window.size, 1, 1023);
  if (window.size % 2 === 0) throw invalid('window.size', 'an odd number', window.size);
  if (window.kind === 'gaussian') checkPositive('window.sigma', window.sigma);
  checkPositive('k1', k1);
  checkPositive('k2', k2);
  if (scale !== 255 && scale !== 1) throw invalid('scale', '255 or 1', scale);
  const sources = { 'real-range': 1, 'generated-range': 2 } as const;
  if (typeof dataRange === 'number') checkPositive('dataRange', dataRange);
  else if (!(dataRange in sources))
    throw invalid('dataRange', "a number, 'real-range' or 'generated-range'", dataRange);
  const { left, right, value } = padding === 'none' ? { left: 0, right: 0, value: 0 } : padding;
  checkInteger('padding.left', left, 0, 10_000);
  checkInteger('padding.right', right, 0, 10_000);
  checkInteger('padding.value', value, 0, 255);
  const known = ['ssim', 'psnr', 'l1'] as const;
  const unknown = metrics.find((name) => !known.includes(name));
  if (metrics.length === 0 || unknown !== undefined) {
    throw invalid('metrics', `at least one of ${known.join(', ')}`, unknown ?? 'none');
  }
  return Float64Array.of(
    window.kind === 'gaussian' ? 1 : 0,
    window.size,
    window.kind === 'gaussian' ? window.sigma : 0,
    statistics === 'sample' ? 1 : 0,
    k1,
    k2,
    typeof dataRange === 'number' ? 0 : sources[dataRange],
    // SSIM and PSNR do not change when values and range are divided by one number, so pixels stay integers.
    typeof dataRange === 'number' ? dataRange * (255 / scale) : 0,
    left,
    right,
    value,
    ...known.map((name) => (metrics.includes(name) ? 1 : 0)),
  );
}

function checkInteger(argument: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw invalid(argument, `an integer from ${least} to ${most}`, value);
  }
}

function checkPositive(argument: string, value: number): void {
  if (!(value > 0 && Number.isFinite(value))) throw invalid(argument, 'a positive number', value);
}

function invalid(argument: string, expected: string, received: unknown): InvalidArgumentError {
  return new InvalidArgumentError('scorePairFiles', argument, expected, String(received));
}
