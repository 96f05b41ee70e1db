// Two folders become a list of pairs that can be scored, or a list of everything that is wrong with them.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type AllowableKind, type ImageFault, ImageFileReader } from './image-file.ts';
import { baseKey, deepFashionKey, joinedNames } from './image-names.ts';
import { type ImageSetProblem, printable } from './image-set-problem.ts';
import { type ImageFolder, ImageFolderError, type ImageSide, listImages } from './list-images.ts';
import { NameTable } from './name-table.ts';
import { noPartner, pairByName, RealIndex } from './pair-by-name.ts';
import { type ListedJoint, type ListedPair, pathWithin, readPairList } from './read-pair-list.ts';
import { releasableUint32, release } from './releasable-memory.ts';

/** One pair as a scorer gets it. */
export interface PairFiles {
  /** Path of the generated image within its folder, forward slashes. */
  readonly name: string;
  /** Path that can be opened. Pairs with the same reference have the same text here. */
  readonly real: string;
  readonly generated: string;
  /** Of the real image, in its pixels; for protocols and metrics with a mask. */
  readonly keypoints?: readonly ListedJoint[];
}

export interface ImagePairsOptions {
  readonly real: string;
  readonly generated: string;
  /** A manifest; without one, pairs are made by name. */
  readonly list?: string;
  /** Pixels that protocol and metrics need at least. */
  readonly smallest: { readonly width: number; readonly height: number };
  /** Kinds of files that are scored although they are odd. */
  readonly allow?: readonly AllowableKind[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface OpenedPairs {
  /** Those without an error, in order of their names. */
  readonly pairs: ImagePairs;
  /** Errors and notes, in order of kind and file. */
  readonly problems: readonly ImageSetProblem[];
  /** Pairs by the rule that made them. */
  readonly rules: Readonly<Record<string, number>>;
  readonly found: { readonly real: number; readonly generated: number; readonly ignored: number };
}

/** Pairs in little memory: about thirty bytes each and their names. */
export class ImagePairs {
  constructor(
    private readonly parts: {
      readonly real: FilesOfSide;
      readonly generated: FilesOfSide;
      /** Index of the real image for each generated one. */
      readonly realOf: Uint32Array;
      /** The generated images that are here; undefined: all of them. */
      readonly chosen: Uint32Array | undefined;
      readonly keypoints?: readonly (readonly ListedJoint[] | undefined)[];
    },
  ) {}

  get length(): number {
    return this.parts.chosen?.length ?? this.parts.generated.names.length;
  }

  /** Path of the generated image within its folder. */
  name(index: number): string {
    return this.parts.generated.names.at(this.generatedIndex(index));
  }

  realName(index: number): string {
    return this.parts.real.names.at(this.reference(index));
  }

  files(index: number): PairFiles {
    const { real, generated, keypoints } = this.parts;
    const name = this.name(index);
    const joints = keypoints?.[this.generatedIndex(index)];
    return {
      name,
      real: resolve(real.root, this.realName(index)),
      generated: resolve(generated.root, name),
      ...(joints === undefined ? {} : { keypoints: joints }),
    };
  }

  /** The same number for pairs with the same real image. */
  reference(index: number): number {
    return this.parts.realOf[this.generatedIndex(index)] as number;
  }

  /** Differs when either file has changed in size or time, or the key points that a mask is drawn from. */
  stamp(index: number): string {
    const { real, generated, keypoints } = this.parts;
    const files = `${real.stamps[this.reference(index)]?.toString(36)}-${generated.stamps[this.generatedIndex(index)]?.toString(36)}`;
    const joints = keypoints?.[this.generatedIndex(index)];
    if (joints === undefined) return files;
    return `${files}-${createHash('sha256').update(JSON.stringify(joints)).digest('base64url').slice(0, 16)}`;
  }

  private generatedIndex(index: number): number {
    return this.parts.chosen === undefined ? index : (this.parts.chosen[index] as number);
  }
}

interface FilesOfSide {
  readonly root: string;
  readonly names: NameTable;
  readonly stamps: Uint32Array;
}

/** With what the headers said. Width 0: not looked at, or faulty. */
interface ScannedSide extends FilesOfSide {
  readonly widths: Uint32Array;
  readonly heights: Uint32Array;
}

/**
 * Lists both folders, makes pairs and looks at every file of them. Writes nothing.
 *
 * @throws ImageFolderError  if a folder cannot be listed at all, or holds no image where pairs are made by name.
 * @throws the reason of `signal` when it is aborted.
 */
export async function openImagePairs(options: ImagePairsOptions): Promise<OpenedPairs> {
  const problems: ImageSetProblem[] = [];
  const candidates =
    options.list === undefined ? pairFolders(options, problems) : pairListed(options, options.list, problems);
  const { realOf, rules, realMatters, keypoints, ignored } = candidates;
  const scan = new Scan(options, problems);
  const total = candidates.real.length + candidates.generated.length;
  const real = await scan.side('real', options.real, candidates.real, total, realMatters);
  const generated = await scan.side('generated', options.generated, candidates.generated, total);
  const chosen = choosePairs(real, generated, realOf, problems);
  for (const { widths, heights } of [real, generated]) for (const sizes of [widths, heights]) release(sizes);
  problems.sort(byKindAndFile);
  return {
    pairs: new ImagePairs({
      real: filesOf(real),
      generated: filesOf(generated),
      realOf,
      chosen,
      ...(keypoints === undefined ? {} : { keypoints }),
    }),
    problems,
    rules,
    found: { real: candidates.real.length, generated: candidates.generated.length, ignored },
  };
}

const filesOf = ({ root, names, stamps }: ScannedSide): FilesOfSide => ({ root, names, stamps });

interface Candidates {
  readonly real: NameTable;
  readonly generated: NameTable;
  readonly realOf: Uint32Array;
  readonly rules: Readonly<Record<string, number>>;
  /** Real images that are looked at; default: all. */
  readonly realMatters?: Uint8Array;
  readonly keypoints?: readonly (readonly ListedJoint[] | undefined)[];
  readonly ignored: number;
}

function pairFolders(options: ImagePairsOptions, problems: ImageSetProblem[]): Candidates {
  const real = listImages(options.real, 'real', problems);
  const generated = listImages(options.generated, 'generated', problems);
  for (const { side, root, names, ignored } of [real, generated]) {
    if (names.length > 0 || problems.some((problem) => problem.side === side)) continue;
    // Else every image of the other folder would be told to have no partner.
    throw new ImageFolderError(
      root,
      ignored === 0 ? 'an empty one' : `one with ${ignored} files, none of them an image`,
    );
  }
  const pairing = pairByName(real, generated, problems);
  // Where both folders hold the same names, one table is enough.
  const isOneTable = generated.names.equals(real.names);
  if (isOneTable) generated.names.release();
  return {
    real: real.names,
    generated: isOneTable ? real.names : generated.names,
    ...pairing,
    ignored: real.ignored + generated.ignored,
  };
}

/** A pair of a list whose files have been found. */
interface FoundPair {
  readonly real: string;
  readonly generated: string;
  readonly keypoints: readonly ListedJoint[] | undefined;
}

function pairListed(options: ImagePairsOptions, list: string, problems: ImageSetProblem[]): Candidates {
  const { pairs } = readPairList(list, problems);
  const finder = new ListedFiles(options, list, problems);
  const found = pairs.flatMap((pair) => finder.find(pair) ?? []);
  const byName = (a: FoundPair, b: FoundPair) =>
    Buffer.compare(Buffer.from(a.generated), Buffer.from(b.generated)) || (a.real < b.real ? -1 : 1);
  found.sort(byName);
  const [real, generated] = [new NameTable(), new NameTable()];
  const indexOfReal = new Map<string, number>();
  const realOf = Uint32Array.from(found, (pair) => {
    generated.add(pair.generated);
    const index = indexOfReal.get(pair.real) ?? real.add(pair.real);
    indexOfReal.set(pair.real, index);
    return index;
  });
  const hasKeypoints = found.some(({ keypoints }) => keypoints !== undefined);
  return {
    real,
    generated,
    realOf,
    rules: { [`lines of ${printable(list)}`]: found.length },
    ...(hasKeypoints ? { keypoints: found.map(({ keypoints }) => keypoints) } : {}),
    ignored: 0,
  };
}

/** Finds what a list names: below the folders, beside the list, or in another spelling of the name. */
class ListedFiles {
  private realIndex: RealIndex | undefined;
  private realFolder: ImageFolder | undefined;
  private generatedFolder: ImageFolder | undefined;
  private joined: ReadonlyMap<string, string> | undefined;

  constructor(
    private readonly options: ImagePairsOptions,
    private readonly list: string,
    private readonly problems: ImageSetProblem[],
  ) {}

  find(pair: ListedPair): FoundPair | undefined {
    const real = this.written(this.options.real, pair.real) ?? this.realByName(pair.real);
    if (real === undefined) return this.missing(pair.line, pair.real, this.options.real);
    const generated = this.generated(pair);
    if (generated === undefined) {
      const wanted = pair.generated ?? (pair.id === undefined ? `${pair.from}___${pair.real}` : `${pair.id}.png`);
      return this.missing(pair.line, wanted, this.options.generated);
    }
    return { real, generated, keypoints: pair.keypoints };
  }

  private generated({ generated, id, from, real }: ListedPair): string | undefined {
    const root = this.options.generated;
    if (generated !== undefined) return this.written(root, generated);
    if (id !== undefined) {
      return ['.png', '.jpg', '.jpeg', '.webp']
        .map((extension) => `${id}${extension}`)
        .find((name) => existsSync(join(root, name)));
    }
    return this.joinedNames().get(`${spelling(from ?? '')}\0${spelling(real)}`);
  }

  /** Within the folder as its path there, elsewhere as an absolute one. */
  private written(root: string, path: string): string | undefined {
    for (const inside of pathWithin(root, this.list, path)) if (existsSync(join(root, inside))) return inside;
    const beside = isAbsolute(path) ? path : resolve(dirname(this.list), path);
    return existsSync(beside) ? beside : undefined;
  }

  private realByName(path: string): string | undefined {
    this.realFolder ??= listImages(this.options.real, 'real', []);
    this.realIndex ??= new RealIndex(this.realFolder.names);
    const found = this.realIndex.partner(path)?.indices;
    return found?.length === 1 ? this.realFolder.names.at(found[0] as number) : undefined;
  }

  private joinedNames(): ReadonlyMap<string, string> {
    if (this.joined !== undefined) return this.joined;
    this.generatedFolder ??= listImages(this.options.generated, 'generated', this.problems);
    const joined = new Map<string, string>();
    const { names } = this.generatedFolder;
    for (let i = 0; i < names.length; i++) {
      const name = names.at(i);
      for (const { source, target } of joinedNames(name)) joined.set(`${spelling(source)}\0${spelling(target)}`, name);
    }
    this.joined = joined;
    return joined;
  }

  private missing(line: number, received: string, root: string): undefined {
    this.problems.push({
      kind: 'missing-partner',
      severity: 'error',
      side: 'manifest',
      file: `${printable(this.list)}:${line}`,
      expected: `an image in ${printable(root)}, or a path relative to the list`,
      received: `nothing there for ${printable(received)}`,
      advice: 'Mend the line, or name the folders with --real and --generated.',
    });
    return undefined;
  }
}

const spelling = (path: string) => deepFashionKey(path) ?? baseKey(path);

/** Files looked at before others get a turn: about five milliseconds. */
const scanChunk = 256;
/** Files that the decoder looks at side by side. */
const inspectedAtOnce = 4;

class Scan {
  private readonly reader: ImageFileReader;
  private done = 0;

  constructor(
    private readonly options: ImagePairsOptions,
    private readonly problems: ImageSetProblem[],
  ) {
    this.reader = new ImageFileReader(new Set(options.allow));
  }

  async side(
    side: ImageSide,
    root: string,
    names: NameTable,
    total: number,
    matters?: Uint8Array,
  ): Promise<ScannedSide> {
    const widths = releasableUint32(names.length);
    const heights = releasableUint32(names.length);
    const stamps = new Uint32Array(names.length);
    const undecided: number[] = [];
    const accept = (index: number, width: number, height: number, fault: ImageFault | undefined) => {
      const found = fault ?? this.tooSmall(width, height);
      if (found === undefined) {
        widths[index] = width;
        heights[index] = height;
      } else {
        const file = printable(resolvedForPeople(root, names.at(index)));
        this.problems.push({ ...found, severity: 'error', side, file });
      }
      this.done++;
    };
    for (let i = 0; i < names.length; i++) {
      if (matters?.[i] === 0) {
        this.done++;
        continue;
      }
      const { width, height, stamp, fault, isUndecided } = this.reader.glance(resolve(root, names.at(i)));
      stamps[i] = stamp;
      if (isUndecided) undecided.push(i);
      else accept(i, width, height, fault);
      if (i % scanChunk === scanChunk - 1) await this.pause(total);
    }
    let next = 0;
    const inspect = async () => {
      for (let at = next++; at < undecided.length; at = next++) {
        const index = undecided[at] as number;
        const { width, height, fault } = await this.reader.inspect(
          resolve(root, names.at(index)),
          stamps[index] as number,
        );
        accept(index, width, height, fault);
        await this.pause(total);
      }
    };
    await Promise.all(Array.from({ length: inspectedAtOnce }, inspect));
    await this.pause(total);
    return { root, names, widths, heights, stamps };
  }

  private async pause(total: number): Promise<void> {
    this.options.onProgress?.({ done: this.done, total });
    await setImmediate();
    this.options.signal?.throwIfAborted();
  }

  private tooSmall(width: number, height: number): ImageFault | undefined {
    const { smallest } = this.options;
    if (width >= smallest.width && height >= smallest.height) return undefined;
    return {
      kind: 'too-small',
      expected: `at least ${smallest.width} x ${smallest.height} pixels`,
      received: `${width} x ${height}`,
      advice: 'Protocol and metrics look through windows that must fit into the image. Choose others, or leave it out.',
    };
  }
}

function choosePairs(
  real: ScannedSide,
  generated: ScannedSide,
  realOf: Uint32Array,
  problems: ImageSetProblem[],
): Uint32Array | undefined {
  const sizes = new Map<string, number>();
  let ofSize = 0;
  const countSize = (size: string) => {
    sizes.set(size, (sizes.get(size) ?? 0) + ofSize);
    ofSize = 0;
  };
  const chosen = releasableUint32(realOf.length);
  let count = 0;
  for (let i = 0; i < realOf.length; i++) {
    const partner = realOf[i] as number;
    if (partner === noPartner || generated.widths[i] === 0 || real.widths[partner] === 0) continue;
    if (generated.widths[i] !== real.widths[partner] || generated.heights[i] !== real.heights[partner]) {
      problems.push({
        kind: 'size-mismatch',
        severity: 'error',
        side: 'generated',
        file: printable(resolvedForPeople(generated.root, generated.names.at(i))),
        expected: `${sizeText(real, partner)}, as ${printable(resolvedForPeople(real.root, real.names.at(partner)))}`,
        received: sizeText(generated, i),
        advice:
          'Nothing is resized here: how images were brought to one size belongs to how they were made. Resize them first.',
      });
      continue;
    }
    // Neighbours mostly have one size: no text is made for each of them.
    const last = count === 0 ? i : (chosen[count - 1] as number);
    if (generated.widths[i] !== generated.widths[last] || generated.heights[i] !== generated.heights[last]) {
      countSize(sizeText(generated, last));
    }
    ofSize++;
    chosen[count++] = i;
  }
  if (count > 0) countSize(sizeText(generated, chosen[count - 1] as number));
  if (sizes.size > 1) problems.push(mixedSizes(generated.root, sizes));
  const some = count === realOf.length ? undefined : chosen.slice(0, count);
  release(chosen);
  return some;
}

function mixedSizes(root: string, sizes: ReadonlyMap<string, number>): ImageSetProblem {
  const byCount = [...sizes].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const shown = byCount.slice(0, 6).map(([size, count]) => `${size} (${count} pairs)`);
  return {
    kind: 'mixed-sizes',
    severity: 'note',
    side: 'generated',
    file: printable(root),
    expected: 'pairs of one size',
    received: `${shown.join(', ')}${byCount.length > 6 ? `, and ${byCount.length - 6} more sizes` : ''}`,
    advice: 'Each pair is scored at its own size; published means are over one size.',
  };
}

const sizeText = ({ widths, heights }: ScannedSide, index: number) => `${widths[index]} x ${heights[index]}`;

const resolvedForPeople = (root: string, name: string) => (isAbsolute(name) ? name : join(root, name));

function byKindAndFile(a: ImageSetProblem, b: ImageSetProblem): number {
  const key = ({ severity, kind, file, received }: ImageSetProblem) => `${severity}\0${kind}\0${file}\0${received}`;
  const [first, second] = [key(a), key(b)];
  return first < second ? -1 : first > second ? 1 : 0;
}
