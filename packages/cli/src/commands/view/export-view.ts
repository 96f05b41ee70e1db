// `ggb view --export`: what the server would answer, as files. See exported-view.ts of '@ggb/web' for their places.
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, posix, win32 } from 'node:path';
import {
  type ExportedRun,
  type ExportedTable,
  type ExportedView,
  exportedThumbnailSide,
  type PairDetails,
  type ResultTable,
  type SourceSummary,
  viewDataVersion,
} from '@ggb/web/view-data';
import { UserError } from '../../user-error.ts';
import type { AllowedFolders } from './allowed-folders.ts';
import { exportedPage, readAppPage } from './app-page.ts';
import type { SourceList } from './find-sources.ts';
import { type Picture, type PictureOrigin, pictureOf, thumbnailOf } from './picture.ts';
import { ViewError } from './view-error.ts';
import type { ViewedSource } from './viewed-source.ts';

export interface ExportOptions {
  readonly sources: SourceList;
  /** The page; default: the one that is built. */
  readonly page?: string;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface Exported {
  readonly files: number;
  readonly bytes: number;
  /** Pictures that the tables name and that could not be had. */
  readonly missing: number;
}

/** Pictures under way at the same time: enough for the threads that decode, little memory. */
const atOnce = 8;

const endings: Readonly<Record<Picture['type'], string>> = {
  'image/png': 'png',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'image/gif': 'gif',
};

/**
 * Writes the page with all sources into a new or empty folder.
 *
 * @throws UserError  if there is something in the folder already.
 */
export async function exportView(folder: string, options: ExportOptions): Promise<Exported> {
  const { sources, onProgress = () => {} } = options;
  const html = options.page ?? (await readAppPage());
  await mkdir(folder, { recursive: true });
  const [first] = await readdir(folder);
  if (first !== undefined) {
    throw new UserError('the folder is not empty', {
      where: folder,
      received: `${first} in it`,
      expected: 'a new or an empty folder',
    });
  }
  const writer = new FolderWriter(folder);
  await writer.begin();
  const summaries: SourceSummary[] = [];
  const tables: ExportedTable[] = [];
  const runs: Record<string, ExportedRun> = {};
  for (const source of await sources.list()) {
    await source.whole?.();
    // Nothing follows what goes on in a folder that was exported.
    const { problem, ...read } = await source.summary();
    const summary = { ...read, live: false, ...(problem === undefined ? {} : { problem: 'It could not be read.' }) };
    summaries.push(summary);
    for (const { name } of summary.evaluations) {
      const place = tables.length;
      const { table, pairs } = await exportTable(source, name, writer, onProgress);
      tables.push(table);
      await writer.write(join('pairs', `${place}.js`), `GGB_EXPORT.pairs[${place}]=${scriptJson(pairs)};\n`);
    }
    if (source.run !== undefined && summary.problem === undefined)
      runs[source.id] = await exportRun(source.run, source.folders, writer);
  }
  const view: ExportedView = {
    version: viewDataVersion,
    sources: summaries,
    tables,
    runs,
    files: writer.names,
    thumbs: writer.thumbs,
    pixels: {},
    pairs: {},
  };
  await writer.write('data.js', `window.GGB_EXPORT=${scriptJson(view)};\n`);
  // Last: a folder without a page was not finished.
  await writer.write('index.html', exportedPage(html, ['data.js']));
  return { files: writer.files, bytes: writer.bytes, missing: writer.missing };
}

async function exportTable(
  source: ViewedSource,
  evaluation: string,
  writer: FolderWriter,
  onProgress: NonNullable<ExportOptions['onProgress']>,
): Promise<{ table: ExportedTable; pairs: Record<string, PairDetails> }> {
  const given = await source.table(evaluation);
  const read = { ...given, ...(given.checkpoint === undefined ? {} : { checkpoint: withoutPaths(given.checkpoint) }) };
  const columns = read.images.map(({ name, missing }) => ({ name, missing, places: read.ids.map(() => -1) }));
  const pairs: Record<string, PairDetails> = {};
  let done = 0;
  await inParallel([...read.ids.entries()], async ([row, id]) => {
    for (const { name, missing, places } of columns) {
      if (includesSorted(missing, row)) continue;
      places[row] = await writer.picture(() => source.picture({ evaluation, id, image: name }), source.folders);
    }
    pairs[id] = { ...(await source.pair(evaluation, id)), files: [] };
    done += 1;
    if (done % 50 === 0 || done === read.ids.length) onProgress({ done, total: read.ids.length });
  });
  const images = columns.map(({ name, places }) => ({
    name,
    missing: places.flatMap((place, row) => (place === -1 ? [row] : [])),
  }));
  const files = Object.fromEntries(columns.map(({ name, places }) => [name, places]));
  return { table: { table: withoutMessages({ ...read, images }), files }, pairs: sortedBy(pairs, read.ids) };
}

/** Notes and messages name folders of this machine: nobody's business elsewhere. */
function withoutMessages(table: ResultTable): ResultTable {
  return { ...table, notes: [], failed: table.failed.map(({ id }) => ({ id, message: 'not scored' })) };
}

/** The value with the last part of each absolute path in it, for the same reason. */
function withoutPaths<T>(value: T): T {
  if (typeof value === 'string') {
    const isPath = posix.isAbsolute(value) || win32.isAbsolute(value);
    return (isPath ? `…/${value.split(/[/\\]/).findLast((part) => part !== '') ?? ''}` : value) as T;
  }
  if (Array.isArray(value)) return value.map(withoutPaths) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutPaths(entry)])) as T;
}

async function exportRun(
  run: NonNullable<ViewedSource['run']>,
  folders: AllowedFolders,
  writer: FolderWriter,
): Promise<ExportedRun> {
  const details = await run.details();
  const samples: Record<number, number> = {};
  for (const step of details.samples.steps) samples[step] = await writer.picture(() => run.sample(step), folders);
  return {
    details: { ...details, info: withoutPaths(details.info), config: withoutPaths(details.config), live: false },
    samples,
  };
}

/** Files of the exported folder. Equal pictures are written once: a source is part of many pairs. */
class FolderWriter {
  readonly names: string[] = [];
  readonly thumbs: number[] = [];
  files = 0;
  bytes = 0;
  missing = 0;
  private readonly places = new Map<string, Promise<number>>();

  constructor(private readonly folder: string) {}

  async begin(): Promise<void> {
    for (const name of ['images', 'thumbs', 'pairs']) await mkdir(join(this.folder, name));
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    await writeFile(join(this.folder, name), content);
    this.files += 1;
    this.bytes += typeof content === 'string' ? Buffer.byteLength(content) : content.length;
  }

  /** Its place among {@link names}; -1 for one that cannot be had. */
  async picture(originOf: () => Promise<PictureOrigin>, folders: AllowedFolders): Promise<number> {
    try {
      const picture = await pictureOf(await originOf(), folders);
      const hash = createHash('sha256').update(picture.bytes).digest('hex').slice(0, 16);
      const place = this.places.get(hash) ?? this.add(hash, picture);
      this.places.set(hash, place);
      return await place;
    } catch (error) {
      if (!(error instanceof ViewError)) throw error;
      this.missing += 1;
      return -1;
    }
  }

  private async add(hash: string, picture: Picture): Promise<number> {
    const name = `${hash}.${endings[picture.type]}`;
    const place = this.names.push(name) - 1;
    await this.write(join('images', name), picture.bytes);
    const url = `data:${picture.type};base64,${Buffer.from(picture.bytes).toString('base64')}`;
    await this.write(join('images', `${name}.js`), `GGB_EXPORT.pixels['${name}']='${url}';\n`);
    const thumb = await thumbnailOf(picture, exportedThumbnailSide);
    if (thumb.bytes === picture.bytes) return place;
    await this.write(join('thumbs', `${name}.webp`), thumb.bytes);
    this.thumbs.push(place);
    return place;
  }
}

/** As a script may hold it: U+2028 and U+2029 end lines in old engines, and `</script>` would end an inline one. */
function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function includesSorted(places: readonly number[], wanted: number): boolean {
  let [low, high] = [0, places.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((places[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return places[low] === wanted;
}

function sortedBy<T>(values: Record<string, T>, keys: readonly string[]): Record<string, T> {
  return Object.fromEntries(keys.map((key) => [key, values[key] as T]));
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) await work(items[at] as T);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
