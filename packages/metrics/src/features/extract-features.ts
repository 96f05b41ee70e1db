// Features of many image files, batch after batch in the order of the files: memory holds one batch, whatever their number.
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { FeatureStatisticsError } from '../frechet-distance/statistics-error.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import { formatOfExtension, isImageName } from '../image-set/image-format.ts';
import { printable } from '../image-set/image-set-problem.ts';
import { FeatureCache } from './feature-cache.ts';
import type { FeatureNetwork, ImageFeatures } from './feature-network.ts';

/** Bytes of an image file to its pixels; `decodeImage` of '@ggb/core/node' is one. */
export type DecodeImage = (bytes: Uint8Array) => Promise<RgbImage>;

export interface ExtractionOptions {
  readonly features: FeatureNetwork;
  readonly decode: DecodeImage;
  /** Folder for features of images that may be seen again; without it, nothing is kept. */
  readonly cache?: string;
  /** Images a call of the network; 16 unless said. Features do not depend on it but for the last bit of a float32. */
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
}

export interface FeatureBatch extends ImageFeatures {
  /** Images of this batch. */
  readonly count: number;
  /** How many of them came from the cache. */
  readonly cached: number;
}

/** An image whose features could not be had. `cause` says why. */
export class ImageFeaturesError extends Error {
  override readonly name = 'ImageFeaturesError';

  constructor(
    readonly file: string,
    cause: Error,
  ) {
    super(`${file}: its features could not be computed: ${cause.message}`, { cause });
  }
}

export interface ListedImages {
  /** Paths, sorted by the code units of their names. */
  readonly files: readonly string[];
  /** Names of what else lies there: files that are no images by name, folders, what begins with a dot. Sorted. */
  readonly ignored: readonly string[];
}

/**
 * The image files of a folder, not of folders in it, in the same order on every machine, which splits of an Inception Score
 * depend on. Images of formats that are not read are among them: leaving them out in silence would be scoring another set.
 *
 * @throws FeatureStatisticsError  for a folder without images; a system error for one that cannot be read.
 */
export async function listImageFiles(folder: string): Promise<ListedImages> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => byCodeUnits(a.name, b.name));
  const isImage = ({ name, isFolder }: { name: string; isFolder: boolean }) =>
    isImageName(name) && !name.startsWith('.') && !isFolder;
  const named = entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  const files = named.filter(isImage).map(({ name }) => join(folder, name));
  const ignored = named.filter((entry) => !isImage(entry)).map(({ name, isFolder }) => (isFolder ? `${name}/` : name));
  if (files.length > 0) return { files, ignored };
  const expected = `image files (${Object.keys(formatOfExtension).join(', ')})`;
  const received = ignored.length === 0 ? 'none' : `none, but ${ignored.slice(0, 3).map(printable).join(', ')}`;
  throw new FeatureStatisticsError(folder, expected, received, 'Images in folders below it are not looked for.');
}

/** {@link listImageFiles}, without what it has left out. */
export async function imageFilesOf(folder: string): Promise<string[]> {
  return [...(await listImageFiles(folder)).files];
}

/** A sentence for people on what was left out of a folder; undefined if nothing was. */
export function ignoredWarning(folder: string, ignored: readonly string[]): string | undefined {
  if (ignored.length === 0) return undefined;
  const shown = ignored.slice(0, 3).map(printable);
  const rest = ignored.length > shown.length ? ` and ${ignored.length - shown.length} more` : '';
  return `${printable(folder)}: left out, as no images by name or in a folder below: ${shown.join(', ')}${rest}.`;
}

/** By name, then by whole path. */
export function sortedByName(files: readonly string[]): string[] {
  return [...files].sort((a, b) => byCodeUnits(basename(a), basename(b)) || byCodeUnits(a, b));
}

/**
 * Features of the files, in their order.
 *
 * @throws ImageFeaturesError  for a file that cannot be read or decoded; an AbortError once the signal says so.
 */
export async function* extractFeatures(
  files: readonly string[],
  { features: network, decode, cache, batchSize = 16, signal }: ExtractionOptions,
): AsyncGenerator<FeatureBatch, void, undefined> {
  const kept = cache === undefined ? undefined : new FeatureCache(cache, network);
  // The next batch is read and decoded while the network works on this one.
  let next = inputsOf(files.slice(0, batchSize), decode, kept);
  next.catch(() => {});
  for (let start = 0; start < files.length; start += batchSize) {
    signal?.throwIfAborted();
    const inputs = await next;
    const after = start + batchSize;
    if (after < files.length) {
      next = inputsOf(files.slice(after, after + batchSize), decode, kept);
      // It is awaited in the next round; until then a failure is no unhandled one.
      next.catch(() => {});
    }
    yield await featuresOf(inputs, network, kept);
  }
}

interface Input {
  readonly file: string;
  readonly sha256: string;
  readonly known: ImageFeatures | undefined;
  readonly image: RgbImage | undefined;
}

async function inputsOf(files: readonly string[], decode: DecodeImage, cache: FeatureCache | undefined) {
  return Promise.all(
    files.map(async (file): Promise<Input> => {
      try {
        const bytes = await readFile(file);
        if (cache === undefined) return { file, sha256: '', known: undefined, image: await decode(bytes) };
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        const known = await cache.find(sha256);
        return { file, sha256, known, image: known === undefined ? await decode(bytes) : undefined };
      } catch (cause) {
        throw new ImageFeaturesError(file, cause as Error);
      }
    }),
  );
}

async function featuresOf(
  inputs: readonly Input[],
  network: FeatureNetwork,
  cache: FeatureCache | undefined,
): Promise<FeatureBatch> {
  const { dimensions, classes } = network;
  const fresh = inputs.filter((input) => input.image !== undefined);
  const computed = fresh.length === 0 ? undefined : await network.extract(fresh.map(({ image }) => image as RgbImage));
  const features = new Float32Array(inputs.length * dimensions);
  const logits = new Float32Array(inputs.length * classes);
  const writing: Promise<void>[] = [];
  let taken = 0;
  for (const [i, { known, sha256, file }] of inputs.entries()) {
    const one = known ?? rowOf(computed as ImageFeatures, taken++, dimensions, classes);
    if (!one.features.every(Number.isFinite)) throw new ImageFeaturesError(file, new Error('they are not finite.'));
    features.set(one.features, i * dimensions);
    logits.set(one.logits, i * classes);
    if (known === undefined && cache !== undefined) writing.push(cache.keep(sha256, one));
  }
  await Promise.all(writing);
  return { features, logits, count: inputs.length, cached: inputs.length - fresh.length };
}

function rowOf({ features, logits }: ImageFeatures, row: number, dimensions: number, classes: number): ImageFeatures {
  return {
    features: features.slice(row * dimensions, (row + 1) * dimensions),
    logits: logits.slice(row * classes, (row + 1) * classes),
  };
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
