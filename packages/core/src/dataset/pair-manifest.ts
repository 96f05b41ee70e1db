// The list of pairs a data set consists of: JSON Lines, one object a line, or CSV with the same names as columns.
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { nearestName } from '@ggb/native-ops/messages';
import { type Joint, jointCount, jointNames, type Keypoints, layoutAdvice } from '../condition/keypoints.ts';
import { writeAtomically } from '../files/atomic-file.ts';
import { CsvError, formatCsvRecord, parseCsv } from './csv.ts';
import { ProblemList } from './data-problems.ts';
import type { Pair } from './example.ts';

/** Name of the manifest in a folder that is given as data set. */
export const manifestFileName = 'pairs.jsonl';

const pathKeys = ['source', 'target', 'condition', 'sourceMask', 'targetMask'] as const;
const keypointKeys = ['keypoints', 'sourceKeypoints'] as const;
const textKeys = ['id', 'split', 'identity'] as const;
const conditionKeys = ['keypoints', 'sourceKeypoints', 'label', 'condition'] as const;

/** Keys of a line and columns of the CSV twin, in the order in which they are written. */
export const manifestKeys = [
  'id',
  'source',
  'target',
  'keypoints',
  'sourceKeypoints',
  'label',
  'condition',
  'sourceMask',
  'targetMask',
  'split',
  'identity',
] as const;

type ManifestKey = (typeof manifestKeys)[number];

/** A pair that is not in a file yet. */
export type NewPair = Omit<Pair, 'manifest' | 'line'>;

/**
 * Reads a manifest: a `.jsonl` or `.csv` file, or a folder with `pairs.jsonl` in it. Paths in it are relative to it; those
 * of the result are absolute. Whether the images exist is `scanPairs`'s business.
 *
 * CSV: the first record names the columns, in any order. `keypoints`, `sourceKeypoints` and `label` are JSON in a quoted
 * field, `"[[31,9],null,...]"`; an empty field is a key that is not there.
 *
 * Other work gets its turn between some hundred lines.
 *
 * @param options.ids  only the pairs of these ids. Lines of others are not looked at where they begin with their id, as
 *     {@link writePairManifest} writes them: that is most of the time, for a small part of a large manifest.
 * @throws DataProblems  naming file, line and key of everything that is wrong.
 */
export async function readPairManifest(
  path: string,
  { ids }: { readonly ids?: ReadonlySet<string> } = {},
): Promise<Pair[]> {
  const problems = new ProblemList();
  const file = await findManifest(path, problems);
  problems.throwIfAny();
  // A byte order mark is what some spreadsheets put before their CSV.
  const text = (await readFile(file, 'utf8')).replace(/^\uFEFF/, '');
  const isOther = (id: string) => ids !== undefined && !ids.has(id);
  const lines = extname(file) === '.csv' ? csvLines(file, text, problems) : jsonLines(file, text, problems, isOther);
  const reader = new LineReader(file, problems);
  const pairs: Pair[] = [];
  let count = 0;
  for (const { line, value } of lines) {
    const pair = value === otherPair ? undefined : reader.pair(line, value);
    if (pair !== undefined && !isOther(pair.id)) pairs.push(pair);
    count += 1;
    if (count % linesAtOnce === 0) await setImmediate();
  }
  if (count === 0 && problems.count === 0) problems.add({ file, expected: 'at least one pair', received: 'none' });
  problems.throwIfAny();
  return pairs;
}

/** About ten milliseconds. */
const linesAtOnce = 512;
/** Instead of the value of a line that was not looked at. */
const otherPair = Symbol('the line of a pair that is not wanted');

/**
 * Writes a manifest beside its images: `.csv` as CSV, everything else as JSON Lines. Paths are written relative to it, with
 * forward slashes. The file appears whole or not at all. Missing folders are made.
 */
export async function writePairManifest(file: string, pairs: readonly NewPair[]): Promise<void> {
  const folder = dirname(resolve(file));
  const objects = pairs.map((pair) => {
    const entries = manifestKeys.map((key) => [key, relativeToManifest(key, pair[key], folder)] as const);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  });
  const lines = extname(file) === '.csv' ? csvText(objects) : objects.map((object) => JSON.stringify(object));
  await mkdir(folder, { recursive: true });
  const text = lines.map((line) => `${line}\n`).join('');
  await writeAtomically(file, async (handle) => void (await handle.writeFile(text)));
}

async function findManifest(path: string, problems: ProblemList): Promise<string> {
  const file = resolve(path);
  const expected = `a pair manifest (.jsonl or .csv), or a folder with ${manifestFileName} in it`;
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory()) {
    const inside = join(file, manifestFileName);
    if ((await stat(inside).catch(() => undefined))?.isFile()) return inside;
    problems.add({ file, expected, received: `a folder without ${manifestFileName}` });
  } else if (!found?.isFile()) {
    problems.add({ file, expected, received: 'nothing there' });
  } else if (!['.jsonl', '.csv'].includes(extname(file))) {
    problems.add({ file, expected, received: `a file that ends in '${extname(file)}'` });
  }
  return file;
}

interface Line {
  readonly line: number;
  /** The object of a line as JSON has it; not checked yet. */
  readonly value: unknown;
}

function* jsonLines(
  file: string,
  text: string,
  problems: ProblemList,
  isOther: (id: string) => boolean,
): Generator<Line> {
  for (const [index, content] of text.split('\n').entries()) {
    if (content.trim() === '') continue;
    const id = /^\{"id":"([^"\\]*)"/.exec(content)?.[1];
    if (id !== undefined && isOther(id)) {
      yield { line: index + 1, value: otherPair };
      continue;
    }
    try {
      yield { line: index + 1, value: JSON.parse(content) };
    } catch (error) {
      const received = `text that is not JSON (${(error as Error).message})`;
      problems.add({ file, line: index + 1, expected: 'one JSON object', received });
    }
  }
}

function csvLines(file: string, text: string, problems: ProblemList): Line[] {
  const records = csvRecords(file, text, problems);
  const [header, ...rows] = records;
  if (header === undefined) return [];
  const repeated = header.fields.find((name, index) => header.fields.indexOf(name) !== index);
  if (repeated !== undefined) {
    problems.add({ file, line: header.line, key: repeated, expected: 'each column once', received: 'it twice' });
  }
  const lines: Line[] = [];
  for (const { line, fields } of rows) {
    if (fields.length !== header.fields.length) {
      const expected = `${header.fields.length} fields, as many as the header has`;
      problems.add({ file, line, expected, received: `${fields.length}`, advice: 'Arrays stand in quotes.' });
      continue;
    }
    const value: Record<string, unknown> = {};
    for (const [column, key] of header.fields.entries()) {
      const field = fields[column] as string;
      if (field !== '') value[key] = isArrayKey(key) ? parsedArray(field) : field;
    }
    lines.push({ line, value });
  }
  return lines;
}

function csvRecords(file: string, text: string, problems: ProblemList) {
  try {
    return parseCsv(text);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const expected = 'quotes around whole fields, and doubled inside them';
    problems.add({ file, line: error.line, expected, received: 'a field with a single or unclosed quote' });
    return [];
  }
}

const isArrayKey = (key: string) => key === 'label' || (keypointKeys as readonly string[]).includes(key);

/** The array in a field; what is no JSON stays text, and is refused where arrays are expected. */
function parsedArray(field: string): unknown {
  try {
    return JSON.parse(field);
  } catch {
    return field;
  }
}

/** Checks the objects of one manifest. */
class LineReader {
  private readonly folder: string;
  /** Line on which an id was first used. */
  private readonly lineOfId = new Map<string, number>();
  private readonly reportedKeys = new Set<string>();

  constructor(
    private readonly file: string,
    private readonly problems: ProblemList,
  ) {
    this.folder = dirname(file);
  }

  /** The pair of a line, or undefined after a problem. */
  pair(line: number, value: unknown): Pair | undefined {
    const before = this.problems.count;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.problems.add({ file: this.file, line, expected: 'one JSON object', received: shown(value) });
      return undefined;
    }
    const object = value as Partial<Record<ManifestKey, unknown>>;
    this.checkKeys(line, object);
    const pair: { -readonly [Key in keyof Pair]?: Pair[Key] } = { manifest: this.file, line };
    for (const key of pathKeys) {
      const path = this.text(line, key, object[key]);
      if (path !== undefined) pair[key] = resolve(this.folder, path);
    }
    for (const key of textKeys) {
      const text = this.text(line, key, object[key]);
      if (text !== undefined) pair[key] = text;
    }
    for (const key of keypointKeys) {
      const keypoints = this.keypoints(line, key, object[key]);
      if (keypoints !== undefined) pair[key] = keypoints;
    }
    const label = this.label(line, object.label);
    if (label !== undefined) pair.label = label;
    pair.id ??= `${line}`;
    this.checkId(line, pair.id, object.id !== undefined);
    return this.problems.count === before ? (pair as Pair) : undefined;
  }

  private checkKeys(line: number, object: Partial<Record<ManifestKey, unknown>>): void {
    for (const key of Object.keys(object)) {
      // A wrong name stands on every line of a generated file; once is enough.
      if ((manifestKeys as readonly string[]).includes(key) || this.reportedKeys.has(key)) continue;
      this.reportedKeys.add(key);
      const nearest = nearestName(key, manifestKeys);
      this.problems.add({
        file: this.file,
        line,
        key,
        expected: `one of the keys ${manifestKeys.join(', ')}`,
        received: 'an unknown key',
        ...(nearest === undefined ? {} : { advice: `Did you mean ${nearest}?` }),
      });
    }
    for (const key of ['source', 'target'] as const) {
      if (object[key] === undefined) {
        this.problems.add({ file: this.file, line, key, expected: 'the path of an image', received: 'no such key' });
      }
    }
    if (conditionKeys.every((key) => object[key] === undefined)) {
      const expected = `a condition: one or more of ${conditionKeys.join(', ')}`;
      this.problems.add({ file: this.file, line, expected, received: 'none' });
    }
  }

  private text(line: number, key: ManifestKey, value: unknown): string | undefined {
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value;
    this.problems.add({ file: this.file, line, key, expected: 'text that is not empty', received: shown(value) });
    return undefined;
  }

  private keypoints(line: number, key: ManifestKey, value: unknown): Keypoints | undefined {
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length !== jointCount) {
      this.problems.add({
        file: this.file,
        line,
        key,
        expected: `${jointCount} joints in COCO-18 order, [x, y] or null`,
        received: Array.isArray(value) ? `${value.length} entries` : shown(value),
        ...(Array.isArray(value) ? layoutAdvice(value.length) : {}),
      });
      return undefined;
    }
    const wrong = value.findIndex((joint) => !isJoint(joint));
    if (wrong === -1) return value as Keypoints;
    this.problems.add({
      file: this.file,
      line,
      key: `${key}[${wrong}] (${jointNames[wrong]})`,
      expected: '[x, y] in pixels, or null for a joint that is not visible',
      received: shown(value[wrong]),
    });
    return undefined;
  }

  private label(line: number, value: unknown): readonly number[] | undefined {
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length > 0 && value.every((entry) => Number.isFinite(entry))) return value;
    const expected = 'an array of numbers';
    this.problems.add({ file: this.file, line, key: 'label', expected, received: shown(value) });
    return undefined;
  }

  private checkId(line: number, id: string, isGiven: boolean): void {
    const first = this.lineOfId.get(id);
    if (first !== undefined) {
      this.problems.add({
        file: this.file,
        line,
        key: 'id',
        expected: 'every id once',
        received: `${shown(id)}, which line ${first} has too`,
        ...(isGiven ? {} : { advice: 'A line without an id has its number as id.' }),
      });
    }
    this.lineOfId.set(id, first ?? line);
    if (isGiven && !isFileName(id)) {
      const expected = 'an id that can be a file name, because results are named by it';
      this.problems.add({ file: this.file, line, key: 'id', expected, received: shown(id) });
    }
  }
}

function isJoint(value: unknown): value is Joint {
  if (value === null) return true;
  return Array.isArray(value) && value.length === 2 && value.every((coordinate) => Number.isFinite(coordinate));
}

/** On any system: no separators or signs with a meaning, no control characters, not a folder, at most 200 bytes. */
function isFileName(id: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  return !/[/\\:*?"<>|\u0000-\u001f]/.test(id) && !/^\.+$|[. ]$/.test(id) && Buffer.byteLength(id) <= 200;
}

/** A value as it may stand in a message: short. */
function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

function relativeToManifest(key: ManifestKey, value: Pair[ManifestKey], folder: string): Pair[ManifestKey] {
  if (typeof value !== 'string' || !(pathKeys as readonly string[]).includes(key)) return value;
  return relative(folder, resolve(value)).split(sep).join('/');
}

function csvText(objects: readonly Record<string, unknown>[]): string[] {
  const columns = manifestKeys.filter((key) => objects.some((object) => object[key] !== undefined));
  const rows = objects.map((object) =>
    columns.map((key) => {
      const value = object[key];
      if (value === undefined) return '';
      return typeof value === 'string' ? value : JSON.stringify(value);
    }),
  );
  return [[...columns], ...rows].map(formatCsvRecord);
}
