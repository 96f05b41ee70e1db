// What the viewer knows, whoever tells it: `ggb view`, an exported folder, the built-in sample. Types and parsers alone: no
// Node, no DOM. The server writes these objects, the page reads them; both come from one version of the project.
import { type RunInfo, RunRecordError } from '@ggb/core/run-record';

/** Of every object that crosses the border between a server or an exported folder and the page. */
export const viewDataVersion = 1;

/** Where a page gets its data. All methods reject with a {@link ViewDataError} when the data cannot be had. */
export interface RunSource {
  /** In the order in which they were given; those of one folder by name. */
  sources(): Promise<readonly SourceSummary[]>;
  /** @param evaluation  a name of `SourceSummary.evaluations`; default: the first of them. */
  results(source: string, evaluation?: string): Promise<ResultTable>;
  /** Rejects for sources that are not of kind 'run'. */
  run(source: string): Promise<RunDetails>;
  /** What is told of one pair beside its scores. */
  pair(source: string, evaluation: string, id: string): Promise<PairDetails>;
  /** For `<img src>`. Only of tables that {@link results} has given before: their revision is part of the address. */
  imageUrl(source: string, key: ImageKey): string;
  /** The same, at most about `size` pixels wide and high, see {@link thumbnailSizes}. Small pictures come as they are. */
  thumbUrl(source: string, key: ImageKey, size: number): string;
  /**
   * Thumbnails of several pairs as one picture: a row of tiles of one size, pair by pair, those of a pair in the order of
   * `images`; transparent where there is none. Absent where nobody can put them together.
   *
   * @returns `undefined` for names that are too long for one address.
   */
  thumbRowUrl?(source: string, row: ThumbRowKey, size: number): string | undefined;
  /**
   * An address whose pixels a canvas may read. Pictures beside a page that was opened from `file:` taint a canvas, so an
   * exported folder has them a second time, as data: URLs in scripts; everywhere else it is {@link imageUrl}.
   */
  readableImageUrl(source: string, key: ImageKey): Promise<string>;
  /** The grid of samples of a step of `RunDetails.samples`. */
  sampleUrl(source: string, step: number): string;
  /**
   * Follows what changes in several sources, over one connection; absent where nothing does. Changes of kind 'connection' are
   * of no source. The first steps of each source are all of them, also after the connection was lost.
   *
   * @returns the end of the subscription.
   */
  subscribe?(sources: readonly string[], onChange: (change: SourceChange, source?: string) => void): () => void;
  /** Key points by hand; only under `ggb view --annotate`. */
  readonly annotate?: AnnotateSource;
}

/** Something to look at: a run, two folders of images, or a report of `ggb evaluate`. */
export interface SourceSummary {
  /** Letters, digits, `-`, `_`: can stand in a URL as it is. Stays the same for the same folders. */
  readonly id: string;
  readonly title: string;
  readonly kind: 'run' | 'folders' | 'report';
  /** The newest first. Empty: there is nothing in {@link RunSource.results} yet. */
  readonly evaluations: readonly EvaluationSummary[];
  /** The last step that steps.jsonl tells of; runs only. */
  readonly step?: number;
  /** A process is training in it, or pairs are being scored. */
  readonly live: boolean;
  /** The folder cannot be used, and why; the other fields are then empty. */
  readonly problem?: string;
}

export interface EvaluationSummary {
  readonly name: string;
  readonly pairs: number;
  readonly protocol?: ProtocolReference;
  /** Of the checkpoint that was evaluated. */
  readonly step?: number;
  readonly weights?: 'average' | 'raw';
  readonly split?: string;
  /** By the names of metrics. */
  readonly means: Readonly<Record<string, number>>;
}

/** Which SSIM: scores under different hashes are not comparable. */
export interface ProtocolReference {
  readonly name: string;
  /** `protocolHash` of '@ggb/metrics'; absent for a protocol that this version does not know. */
  readonly hash?: string;
}

/** `nearer-to-one`: of ratios, such as sharpness. */
export type Direction = 'higher' | 'lower' | 'nearer-to-one';

export interface MetricColumn {
  /** What is better. */
  readonly direction: Direction;
  /** '' for what has none, else for example '0..255', 'dB'. */
  readonly unit: string;
  /** Over the values that are there. */
  readonly mean: number;
  /** 95 % confidence interval of the mean over pairs: of a report its own (bootstrap), else by the normal approximation. */
  readonly interval?: readonly [low: number, high: number];
  /** One a row; `null`: not scored, or not yet. */
  readonly values: readonly (number | null)[];
}

/** What pictures a row has; `level4`: drawn by the head of guided level 4. */
export type ImageName = 'source' | 'condition' | 'output' | 'truth' | `level${number}`;

export interface ImageKey {
  readonly evaluation: string;
  /** Of the pair. */
  readonly id: string;
  readonly image: ImageName;
}

export interface ThumbRowKey {
  readonly evaluation: string;
  /** Of the pairs. */
  readonly ids: readonly string[];
  readonly images: readonly ImageName[];
}

/** An evaluation of one source by columns: row i of the table is entry i of every list. */
export interface ResultTable {
  readonly version: number;
  readonly source: string;
  readonly evaluation: string;
  /** Another one whenever other files are the pictures. Stands in their addresses. */
  readonly revision: string;
  readonly protocol?: ProtocolReference;
  readonly checkpoint?: string;
  readonly step?: number;
  readonly ids: readonly string[];
  readonly metrics: Readonly<Record<string, MetricColumn>>;
  /** Distance between the poses of source and target in figure heights (`poseDistance` of '@ggb/core'); `null`: unknown. */
  readonly poseChange?: readonly (number | null)[];
  /** Which pictures the rows have, in the order in which they are shown; `missing`: the rows that lack one, ascending. */
  readonly images: readonly ImageColumn[];
  /** Why pictures are missing, in words, once for each reason. */
  readonly notes: readonly string[];
  /** Means of trivial answers on the same pairs, by name and metric. */
  readonly baselines: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly failed: readonly { readonly id: string; readonly message: string }[];
  /** While pairs are being scored; absent when all are. */
  readonly progress?: { readonly done: number; readonly total: number };
}

export interface ImageColumn {
  readonly name: ImageName;
  readonly missing: readonly number[];
}

export interface PairDetails {
  readonly id: string;
  readonly identity?: string;
  readonly split?: string;
  /** COCO-18 (`jointNames` of '@ggb/core/keypoints'), pixels; `null`: not visible. */
  readonly keypoints?: ViewKeypoints;
  readonly sourceKeypoints?: ViewKeypoints;
  readonly label?: readonly number[];
  /** Where the pictures come from, for people; `missing` says why one is not shown. */
  readonly files: readonly { readonly image: ImageName; readonly path: string; readonly missing?: string }[];
}

export type ViewKeypoints = readonly (readonly [x: number, y: number] | null)[];

export interface RunDetails {
  readonly version: number;
  readonly source: string;
  readonly info: RunInfo;
  /** config.json as it stands. */
  readonly config: unknown;
  readonly steps: StepColumns;
  readonly samples: SampleList;
  readonly checkpoints: readonly number[];
  readonly live: boolean;
}

/** steps.jsonl by columns. */
export interface StepColumns {
  readonly step: readonly number[];
  readonly seconds: readonly number[];
  readonly imagesPerSecond: readonly number[];
  readonly learningRate: readonly number[];
  /** By the names of the losses; `null` in records without one. */
  readonly losses: Readonly<Record<string, readonly (number | null)[]>>;
}

export interface SampleList {
  /** Ascending. */
  readonly steps: readonly number[];
  /** Ids of the pairs, one a row of every grid. */
  readonly probes: readonly string[];
  /** Of every grid. */
  readonly columns: readonly ('source' | 'condition' | 'output' | 'truth')[];
  /** Pixels between tiles and around them; tiles are squares, as large as fills the grid. */
  readonly gap: number;
}

/** What happened to a source since it was read. */
export type SourceChange =
  /** steps.jsonl grew: append `columns`; or, with `replaces`, it is another file now and `columns` is all of it. */
  | { readonly kind: 'steps'; readonly replaces: boolean; readonly columns: StepColumns }
  | { readonly kind: 'samples'; readonly samples: SampleList }
  /** The settings of the run changed: somebody resumed it. Read {@link RunSource.run} again. */
  | { readonly kind: 'run' }
  /** A process began or ended to train. */
  | { readonly kind: 'live'; readonly live: boolean }
  /** An evaluation is new or another. Read {@link RunSource.results} again; at most twice a second while pairs are scored. */
  | { readonly kind: 'results'; readonly evaluation: string }
  /** 'lost' until the server answers again; 'refused': another start of it answers, which this page has no token of. */
  | { readonly kind: 'connection'; readonly state: 'open' | 'lost' | 'refused' };

/** Key points by hand, for the images of one folder. */
export interface AnnotateSource {
  list(): Promise<AnnotateList>;
  /** Address of image `index` of the list, in the pixels that training sees (no EXIF rotation). */
  imageUrl(index: number): string;
  /**
   * Writes the key points of one image into the manifest.
   *
   * @param version  of the list that was changed.
   * @throws ViewDataError  with code 'conflict' if the file changed meanwhile: read {@link list} again. Nothing is written.
   */
  save(version: string, index: number, keypoints: ViewKeypoints): Promise<AnnotateSaved>;
}

/** The version of a manifest that is not there yet. */
export const noManifest = 'none';

export interface AnnotateList {
  /** Of the manifest file; {@link noManifest} before there is one. */
  readonly version: string;
  /** Path of the manifest, for people. */
  readonly manifest: string;
  readonly images: readonly AnnotateImage[];
}

export interface AnnotateImage {
  /** Relative to the folder. */
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly keypoints?: ViewKeypoints;
  /** Why training refuses the photo as it is, and what to do. */
  readonly problem?: string;
}

export interface AnnotateSaved {
  readonly version: string;
  /** Lines of the manifest that the image stands in, and of those how many are new. */
  readonly lines: number;
  readonly added: number;
}

/** Sides of thumbnails that a server makes; others are rounded up to the next. */
export const thumbnailSizes = [64, 96, 128, 192, 256, 384, 512] as const;

/** Data that cannot be had. */
export class ViewDataError extends Error {
  override readonly name = 'ViewDataError';

  constructor(
    readonly code: 'not-found' | 'refused' | 'conflict' | 'unreachable' | 'unreadable' | 'failed',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The smallest of {@link thumbnailSizes} that is not below `size`; the largest for more than that. */
export function thumbnailSize(size: number): number {
  return thumbnailSizes.find((side) => side >= size) ?? (thumbnailSizes.at(-1) as number);
}

/** No records. */
export const noSteps: StepColumns = { step: [], seconds: [], imagesPerSecond: [], learningRate: [], losses: {} };

/** Records after others. Losses that one of them lacks are `null` there. */
export function appendSteps(before: StepColumns, after: StepColumns): StepColumns {
  const names = new Set([...Object.keys(before.losses), ...Object.keys(after.losses)]);
  const filled = (columns: StepColumns, name: string) => columns.losses[name] ?? columns.step.map(() => null);
  return {
    step: [...before.step, ...after.step],
    seconds: [...before.seconds, ...after.seconds],
    imagesPerSecond: [...before.imagesPerSecond, ...after.imagesPerSecond],
    learningRate: [...before.learningRate, ...after.learningRate],
    losses: Object.fromEntries([...names].map((name) => [name, [...filled(before, name), ...filled(after, name)]])),
  };
}

function firstSteps({ step, seconds, imagesPerSecond, learningRate, losses }: StepColumns, count: number): StepColumns {
  return {
    step: step.slice(0, count),
    seconds: seconds.slice(0, count),
    imagesPerSecond: imagesPerSecond.slice(0, count),
    learningRate: learningRate.slice(0, count),
    losses: Object.fromEntries(Object.entries(losses).map(([name, values]) => [name, values.slice(0, count)])),
  };
}

/** The steps after a change of kind 'steps'. Records of steps that were there already take their place: none stands twice. */
export function applySteps(
  before: StepColumns,
  { replaces, columns }: Extract<SourceChange, { kind: 'steps' }>,
): StepColumns {
  const first = columns.step[0];
  if (replaces || first === undefined) return replaces ? columns : before;
  const known = before.step.findIndex((step) => step >= first);
  return appendSteps(known === -1 ? before : firstSteps(before, known), columns);
}

/** `undefined` for text that is no name of a picture. */
export function imageNameOf(text: string): ImageName | undefined {
  return /^(source|condition|output|truth|level\d{1,2})$/.test(text) ? (text as ImageName) : undefined;
}

/**
 * A table from its JSON.
 *
 * @throws RunRecordError  for another version, or columns whose lengths differ.
 */
export function parseResultTable(value: unknown, where = 'results'): ResultTable {
  checkVersion(value, where);
  const table = value as unknown as ResultTable;
  if (!Array.isArray(table.ids)) throw new RunRecordError(where, undefined, 'ids', 'a list', typeof table.ids);
  const columns: [string, { readonly length: number } | undefined][] = [
    ...Object.entries(table.metrics ?? {}).map(([name, { values }]): [string, readonly unknown[]] => [
      `metrics.${name}.values`,
      values,
    ]),
    ['poseChange', table.poseChange],
  ];
  for (const [key, column] of columns) {
    if (column === undefined || column.length === table.ids.length) continue;
    throw new RunRecordError(where, undefined, key, `${table.ids.length} values, as many as ids`, `${column.length}`);
  }
  return table;
}

/** A run from its JSON. @throws RunRecordError  for another version. */
export function parseRunDetails(value: unknown, where = 'run'): RunDetails {
  checkVersion(value, where);
  return value as unknown as RunDetails;
}

function checkVersion(value: unknown, where: string): asserts value is { readonly version: number } {
  const version = (value as { readonly version?: unknown } | null)?.version;
  if (version === viewDataVersion) return;
  const expected = `${viewDataVersion}, the version that this viewer reads`;
  throw new RunRecordError(where, undefined, 'version', expected, JSON.stringify(version) ?? 'nothing');
}
