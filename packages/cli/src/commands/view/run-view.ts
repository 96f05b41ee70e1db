// A run folder as the viewer sees it. Only reads; everything is looked at again when it is asked for, because a trainer or an
// evaluation may be at work in the folder.
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  configFile,
  drawVariation,
  evaluationFolder,
  infoFile,
  isRunInUse,
  type Pair,
  probesFile,
  RunReader,
  sampleGap,
  samplesFolder,
  stepName,
  stepsFile,
} from '@ggb/core/files';
import { type EvaluationRecord, parseEvaluation, parseProbes, parseSteps, type StepRecord } from '@ggb/core/run-record';
import type {
  ImageColumn,
  ImageKey,
  ImageName,
  PairDetails,
  ResultTable,
  RunDetails,
  SampleList,
  SourceChange,
  SourceSummary,
} from '@ggb/web/view-data';
import { viewDataVersion } from '@ggb/web/view-data';
import type { AllowedFolders } from './allowed-folders.ts';
import { Fresh, fileMark } from './file-mark.ts';
import { manifestFile, poseChangeOf, readManifest } from './manifest-pairs.ts';
import type { PictureOrigin } from './picture.ts';
import { protocolReference } from './protocol-reference.ts';
import { scoreColumns } from './result-columns.ts';
import { sourceId, titleOf } from './source-id.ts';
import { stepColumns } from './step-columns.ts';
import { StepsFollower } from './steps-follower.ts';
import { ViewError } from './view-error.ts';
import type { TimedEvaluation, ViewedSource } from './viewed-source.ts';

/** How often a followed run is looked at. Steps are logged every few seconds. */
const watchEveryMs = 500;

/** Drawn poses are at least this wide: thin limbs of a small picture would be blocks. */
const conditionSide = 256;

interface ReadEvaluation {
  readonly name: string;
  readonly record: EvaluationRecord;
  readonly mark: string;
  readonly rows: ReadonlyMap<string, number>;
  /** Computed at the first call. */
  columns(): ResultTable['metrics'];
  readonly pairs: Fresh<PairsOfEvaluation>;
}

/** What is known of the pairs of an evaluation beside their scores. */
interface PairsOfEvaluation {
  readonly byId: ReadonlyMap<string, Pair>;
  readonly notes: readonly string[];
}

/**
 * A manifest above this is read when the scores have been given: twenty thousand pairs take most of a second. Until then all
 * pairs are taken to have pictures; pose changes, and what is missing, come after a change of kind 'results'.
 */
const readLaterAbove = 2 ** 20;
/** Time for the page to get what it shows first. */
const readLaterMs = 750;

export class RunView implements ViewedSource {
  readonly id: string;
  readonly folders: AllowedFolders;
  private readonly title: string;
  private readonly opened = new Fresh<RunReader>();
  private readonly records = new Map<string, Fresh<ReadEvaluation>>();
  /** Names of the files beside each record. */
  private readonly pictures = new Map<string, Fresh<ReadonlySet<string>>>();
  /** Evaluations whose tables were given before their manifest was read, and of which record and manifest. */
  private readonly givenEarly = new Map<string, GivenEarly>();
  private readonly watchers = new Set<(change: SourceChange) => void>();
  private readonly readSteps = new Fresh<readonly StepRecord[]>();

  constructor(
    readonly dir: string,
    given: AllowedFolders,
  ) {
    this.folders = given.ofSource();
    this.title = titleOf(dir);
    this.id = sourceId(this.title, [dir]);
  }

  async summary(): Promise<SourceSummary> {
    const { id, title } = this;
    try {
      await this.reader();
      const [evaluations, steps, live] = await Promise.all([this.evaluations(), this.steps(), isRunInUse(this.dir)]);
      const step = steps.at(-1)?.step;
      const shown = evaluations.map(({ writtenAt, ...evaluation }) => evaluation);
      return { id, title, kind: 'run', evaluations: shown, ...(step === undefined ? {} : { step }), live };
    } catch (error) {
      return { id, title, kind: 'run', evaluations: [], live: false, problem: (error as Error).message };
    }
  }

  private async revision(evaluation: string): Promise<string> {
    const { name, record, mark } = await this.evaluation(evaluation);
    const [manifest, saved] = await Promise.all([this.manifestOf(record), this.savedPictures(name)]);
    return hashOf([mark, manifest === undefined ? '' : await fileMark(manifest), saved.mark]);
  }

  async table(evaluation: string | undefined): Promise<ResultTable> {
    const read = await this.evaluation(evaluation);
    const { name, record } = read;
    const known = await this.pairsUnlessLater(read);
    const saved = await this.savedPictures(name);
    const pairs = record.pairs.map(({ id }) => known?.byId.get(id));
    const hasPoses = pairs.some((pair) => pair?.keypoints !== undefined && pair.sourceKeypoints !== undefined);
    const step = stepOfRecord(record);
    const protocol = protocolReference(record.protocol?.name ?? 'tf', record.protocol?.hash);
    return {
      version: viewDataVersion,
      source: this.id,
      evaluation: name,
      revision: await this.revision(name),
      protocol,
      checkpoint: record.checkpoint,
      ...(step === undefined ? {} : { step }),
      ids: record.pairs.map(({ id }) => id),
      metrics: read.columns(),
      ...(hasPoses ? { poseChange: pairs.map((pair) => (pair === undefined ? null : poseChangeOf(pair))) } : {}),
      images: imageColumns(record, known === undefined ? undefined : pairs, saved.names),
      notes: [
        ...(known?.notes ?? []),
        ...(saved.names.size > 0
          ? []
          : ['Outputs were not saved with this evaluation: evaluate again without --no-images.']),
      ],
      baselines: Object.fromEntries(
        Object.entries(record.baselines ?? {}).map(([baseline, scores]) => [baseline, { ...scores }]),
      ),
      failed: record.failed ?? [],
    };
  }

  async pair(evaluation: string, id: string): Promise<PairDetails> {
    const read = await this.evaluation(evaluation);
    checkRow(read, id);
    const pair = (await this.pairsOf(read)).byId.get(id);
    const files: PairDetails['files'][number][] = [];
    for (const { image, path } of this.filesOf(read.name, id, pair)) {
      const missing = await this.folders.realPathOf(path).then(
        () => undefined,
        (error: Error) => error.message,
      );
      files.push({ image, path, ...(missing === undefined ? {} : { missing }) });
    }
    return {
      id,
      ...(pair?.identity === undefined ? {} : { identity: pair.identity }),
      ...(pair?.split === undefined ? {} : { split: pair.split }),
      ...(pair?.keypoints === undefined ? {} : { keypoints: pair.keypoints }),
      ...(pair?.sourceKeypoints === undefined ? {} : { sourceKeypoints: pair.sourceKeypoints }),
      ...(pair?.label === undefined ? {} : { label: pair.label }),
      files,
    };
  }

  async picture({ evaluation, id, image }: ImageKey): Promise<PictureOrigin> {
    const read = await this.evaluation(evaluation);
    checkRow(read, id);
    if (image === 'output' || image.startsWith('level')) {
      const saved = await this.savedPictures(read.name);
      // Of the names that are there: an id of a record may be any text.
      const name = pictureFile(id, image);
      if (!saved.names.has(name)) throw notThere(id, image);
      return { kind: 'file', path: join(this.picturesFolder(read.name), name) };
    }
    const pair = (await this.pairsOf(read)).byId.get(id);
    if (pair === undefined) throw notThere(id, image);
    if (image === 'source') return { kind: 'file', path: pair.source };
    if (image === 'truth') return { kind: 'file', path: pair.target };
    return this.condition(pair);
  }

  readonly run = {
    details: async (): Promise<RunDetails> => {
      const reader = await this.reader();
      const [steps, samples, checkpoints, live] = await Promise.all([
        this.steps(),
        this.samples(),
        reader.checkpoints(),
        isRunInUse(this.dir),
      ]);
      return {
        version: viewDataVersion,
        source: this.id,
        info: reader.info,
        config: reader.config,
        steps: stepColumns(steps),
        samples,
        checkpoints: checkpoints.map(({ step }) => step),
        live,
      };
    },
    sample: async (step: number): Promise<PictureOrigin> => {
      if (!Number.isSafeInteger(step) || step < 0) throw new ViewError(404, `${step}: no step.`);
      return { kind: 'file', path: join(this.dir, samplesFolder, `${stepName(step)}.png`) };
    },
  };

  watch(onChange: (change: SourceChange) => void): () => void {
    const follower = new StepsFollower(join(this.dir, stepsFile));
    let known: Watched | undefined;
    let isEnded = false;
    const tell = (change: SourceChange) => {
      if (!isEnded) onChange(change);
    };
    const look = async () => {
      const steps = await follower.next();
      if (steps !== undefined) {
        tell({ kind: 'steps', replaces: steps.replaces, columns: stepColumns(steps.records) });
      }
      const now = await this.watched();
      for (const change of known === undefined ? firstChanges(now) : changesBetween(known, now)) tell(change);
      known = now;
    };
    this.watchers.add(tell);
    // A page that got its table early may come with its stream only now.
    for (const [evaluation, { isRead }] of this.givenEarly) if (isRead) tell({ kind: 'results', evaluation });
    let timer: NodeJS.Timeout | undefined;
    const repeat = async () => {
      // What is being written right now is whole at the next look.
      await look().catch(() => undefined);
      if (!isEnded) timer = setTimeout(repeat, watchEveryMs);
    };
    void repeat();
    return () => {
      isEnded = true;
      clearTimeout(timer);
      this.watchers.delete(tell);
    };
  }

  private async watched(): Promise<Watched> {
    const evaluations = new Map<string, string>();
    for (const name of await this.evaluationNames()) {
      evaluations.set(name, await fileMark(this.recordFile(name)));
    }
    return {
      samples: await this.samples(),
      settings: await this.settingsMark(),
      live: await isRunInUse(this.dir),
      evaluations,
    };
  }

  private settingsMark = async () =>
    `${await fileMark(join(this.dir, infoFile))} ${await fileMark(join(this.dir, configFile))}`;

  private async reader(): Promise<RunReader> {
    return this.opened.value(await this.settingsMark(), () => RunReader.open(this.dir));
  }

  /** Parsed once while the file stays as it is: summaries are asked for at every change of a result. */
  private async steps(): Promise<readonly StepRecord[]> {
    const path = join(this.dir, stepsFile);
    return this.readSteps.value(await fileMark(path), async () => {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return '';
        throw error;
      });
      return parseSteps(text, path).records;
    });
  }

  private async samples(): Promise<SampleList> {
    const files = await namesIn(join(this.dir, samplesFolder));
    const steps = files
      .map((file) => /^step-(\d{6,})\.png$/.exec(file)?.[1])
      .filter((text) => text !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
    const path = join(this.dir, probesFile);
    const text = await readFile(path, 'utf8').catch(() => undefined);
    const probes = text === undefined ? [] : parseProbes(text, path).ids;
    return { steps, probes, columns: ['source', 'condition', 'output', 'truth'], gap: sampleGap };
  }

  private async evaluationNames(): Promise<readonly string[]> {
    const files = await namesIn(join(this.dir, evaluationFolder));
    return files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  }

  /** The newest first. Records that cannot be read are left out, unless none can. */
  private async evaluations(): Promise<readonly TimedEvaluation[]> {
    const names = await this.evaluationNames();
    const read = await Promise.allSettled(
      names.map(async (name): Promise<TimedEvaluation> => {
        const { record } = await this.evaluation(name);
        const { mtimeMs } = await stat(this.recordFile(name));
        const step = stepOfRecord(record);
        return {
          name,
          pairs: record.pairs.length,
          protocol: protocolReference(record.protocol?.name ?? 'tf', record.protocol?.hash),
          ...(step === undefined ? {} : { step }),
          weights: record.weights,
          split: record.split,
          means: { ...record.mean },
          writtenAt: mtimeMs,
        };
      }),
    );
    const usable = read.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    const broken = read.find((result) => result.status === 'rejected');
    if (usable.length === 0 && broken !== undefined) throw broken.reason;
    return usable.sort((a, b) => b.writtenAt - a.writtenAt || a.name.localeCompare(b.name));
  }

  private async evaluation(wanted: string | undefined): Promise<ReadEvaluation> {
    const name = wanted ?? (await this.evaluations())[0]?.name;
    if (name === undefined) {
      throw new ViewError(404, `${this.title} has no evaluation yet: ggb evaluate --run ${this.dir}`);
    }
    // Of the names that are there, before any path is made of it.
    if (!(await this.evaluationNames()).includes(name)) {
      throw new ViewError(404, `${this.title} has no evaluation ${JSON.stringify(name)}.`);
    }
    const path = this.recordFile(name);
    const fresh = this.records.get(name) ?? new Fresh<ReadEvaluation>();
    this.records.set(name, fresh);
    const mark = await fileMark(path);
    return fresh.value(mark, async () => {
      const record = parseEvaluation(await readFile(path, 'utf8'), path);
      const rows = new Map(record.pairs.map(({ id }, row) => [id, row]));
      let columns: ResultTable['metrics'] | undefined;
      return {
        name,
        record,
        mark,
        rows,
        columns: () => {
          columns ??= scoreColumns(record.pairs);
          return columns;
        },
        pairs: new Fresh<PairsOfEvaluation>(),
      };
    });
  }

  private recordFile(name: string): string {
    return join(this.dir, evaluationFolder, `${name}.json`);
  }

  private picturesFolder(name: string): string {
    return join(this.dir, evaluationFolder, name);
  }

  private async savedPictures(name: string): Promise<{ readonly names: ReadonlySet<string>; readonly mark: string }> {
    const folder = this.picturesFolder(name);
    const mark = await fileMark(folder);
    const fresh = this.pictures.get(name) ?? new Fresh<ReadonlySet<string>>();
    this.pictures.set(name, fresh);
    return { names: await fresh.value(mark, async () => new Set(await namesIn(folder))), mark };
  }

  private async manifestOf({ data }: EvaluationRecord): Promise<string | undefined> {
    const path = data?.manifest ?? (await this.reader()).config.data.path;
    return path === undefined ? undefined : manifestFile(path);
  }

  async warm(): Promise<void> {
    const [newest] = await this.evaluations();
    if (newest === undefined) return;
    (await this.evaluation(newest.name)).columns();
    await this.savedPictures(newest.name);
  }

  async whole(): Promise<void> {
    for (const name of await this.evaluationNames()) {
      // Records that cannot be read have no table.
      const read = await this.evaluation(name).catch(() => undefined);
      const file = read === undefined ? undefined : await this.manifestOf(read.record).catch(() => undefined);
      if (read === undefined || file === undefined) continue;
      const of = `${read.mark} ${await fileMark(file)}`;
      await this.pairsOf(read);
      this.givenEarly.set(name, { of, isRead: true });
    }
  }

  private async pairsUnlessLater(read: ReadEvaluation): Promise<PairsOfEvaluation | undefined> {
    const file = await this.manifestOf(read.record);
    const { size } = (file === undefined ? undefined : await stat(file).catch(() => undefined)) ?? { size: 0 };
    if (file === undefined || size <= readLaterAbove) return this.pairsOf(read);
    const mark = await fileMark(file);
    const of = `${read.mark} ${mark}`;
    const known = this.givenEarly.get(read.name);
    // Also a manifest that cannot be read has been looked at then: the table says why.
    const isLooked = known?.of === of && known.isRead;
    if (isLooked || read.pairs.has(mark)) return this.pairsOf(read);
    if (known?.of !== of) {
      const early = { of, isRead: false };
      this.givenEarly.set(read.name, early);
      setTimeout(() => void this.readLater(read, early), readLaterMs).unref();
    }
    return undefined;
  }

  /** What it cannot read stands in the notes of the next table; it never rejects. */
  private async readLater(read: ReadEvaluation, early: GivenEarly): Promise<void> {
    await this.pairsOf(read).catch(() => undefined);
    early.isRead = true;
    for (const tell of [...this.watchers]) tell({ kind: 'results', evaluation: read.name });
  }

  /** A manifest that a run names may be shown, with what lies beside it: nobody can judge an output without its source. */
  private async pairsOf({ record, rows, pairs }: ReadEvaluation): Promise<PairsOfEvaluation> {
    const file = await this.manifestOf(record);
    const nothing = (note: string): PairsOfEvaluation => ({ byId: new Map(), notes: [note] });
    if (file === undefined) return nothing('The run names no data: sources and truths cannot be shown.');
    try {
      return await pairs.value(await fileMark(file), async () => {
        const { byId, sha256 } = await readManifest(file, new Set(rows.keys()));
        await this.folders.allow(dirname(file));
        const isSame = record.data === undefined || record.data.manifestSha256 === sha256;
        const note = `${file} has changed since this evaluation: pictures may be of other pairs.`;
        return { byId, notes: isSame ? [] : [note] };
      });
    } catch (error) {
      return nothing(`Sources and truths cannot be shown: ${(error as Error).message}`);
    }
  }

  private *filesOf(name: string, id: string, pair: Pair | undefined) {
    if (pair !== undefined) {
      yield { image: 'source' as const, path: pair.source };
      if (pair.condition !== undefined) yield { image: 'condition' as const, path: pair.condition };
    }
    yield { image: 'output' as const, path: join(this.picturesFolder(name), pictureFile(id, 'output')) };
    if (pair !== undefined) yield { image: 'truth' as const, path: pair.target };
  }

  private async condition(pair: Pair): Promise<PictureOrigin> {
    const { config } = await this.reader();
    const { keypoints, label } = pair;
    if (pair.condition !== undefined && (config.condition.kind === 'image' || (!keypoints && !label))) {
      return { kind: 'file', path: pair.condition };
    }
    if (keypoints === undefined && label === undefined) throw notThere(pair.id, 'condition');
    const { size } = config.image;
    const scale = Math.max(1, Math.ceil(conditionSide / size));
    const variation = { ...(keypoints && { keypoints }), ...(label && { label }) };
    const name = hashOf([JSON.stringify(variation), `${size}`, `${scale}`]);
    return { kind: 'drawn', name, draw: async () => drawVariation(variation, size, scale) };
  }
}

interface GivenEarly {
  /** Marks of the record and of the manifest. */
  readonly of: string;
  isRead: boolean;
}

interface Watched {
  readonly samples: SampleList;
  readonly settings: string;
  readonly live: boolean;
  /** Marks by name. */
  readonly evaluations: ReadonlyMap<string, string>;
}

/** What may have changed between the page's reading and its stream, and costs little to say again. */
function firstChanges({ live, samples }: Watched): SourceChange[] {
  return [
    { kind: 'live', live },
    { kind: 'samples', samples },
  ];
}

function* changesBetween(before: Watched, now: Watched): Iterable<SourceChange> {
  if (now.settings !== before.settings) yield { kind: 'run' };
  if (now.live !== before.live) yield { kind: 'live', live: now.live };
  if (JSON.stringify(now.samples) !== JSON.stringify(before.samples)) yield { kind: 'samples', samples: now.samples };
  for (const [evaluation, mark] of now.evaluations) {
    if (before.evaluations.get(evaluation) !== mark) yield { kind: 'results', evaluation };
  }
}

/** Name of the file of an output, and of what the head of a guided level drew. */
export function pictureFile(id: string, image: ImageName): string {
  return image === 'output' ? `${id}.png` : `${id}.${image}.png`;
}

/** @param pairs  `undefined` while they are not known: then all are taken to have what pairs have. */
function imageColumns(
  record: EvaluationRecord,
  pairs: readonly (Pair | undefined)[] | undefined,
  saved: ReadonlySet<string>,
): ImageColumn[] {
  const column = (name: ImageName, has: (row: number) => boolean): ImageColumn => ({
    name,
    missing: record.pairs.flatMap((_, row) => (has(row) ? [] : [row])),
  });
  const hasPair = (row: number) => pairs === undefined || pairs[row] !== undefined;
  const idOf = (row: number) => record.pairs[row]?.id as string;
  const columns = [
    column('source', hasPair),
    column('condition', (row) => {
      const pair = pairs?.[row];
      return (
        pairs === undefined || (pair !== undefined && (pair.keypoints ?? pair.label ?? pair.condition) !== undefined)
      );
    }),
    column('output', (row) => saved.has(pictureFile(idOf(row), 'output'))),
    column('truth', hasPair),
    ...levelsIn(saved).map((level) => column(level, (row) => saved.has(pictureFile(idOf(row), level)))),
  ];
  return columns.filter(({ missing }) => missing.length < record.pairs.length);
}

function levelsIn(saved: ReadonlySet<string>): readonly `level${number}`[] {
  const levels = new Set<number>();
  for (const name of saved) {
    const level = /\.level(\d{1,2})\.png$/.exec(name)?.[1];
    if (level !== undefined) levels.add(Number(level));
  }
  return [...levels].sort((a, b) => a - b).map((level) => `level${level}` as const);
}

function stepOfRecord({ checkpoint }: EvaluationRecord): number | undefined {
  const step = /step-(\d{6,})\.safetensors$/.exec(checkpoint)?.[1];
  return step === undefined ? undefined : Number(step);
}

function checkRow({ name, rows }: ReadEvaluation, id: string): void {
  if (!rows.has(id)) throw new ViewError(404, `Evaluation ${name} has no pair ${JSON.stringify(id)}.`);
}

function notThere(id: string, image: ImageName): ViewError {
  return new ViewError(404, `Pair ${id} has no picture ${image}.`);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}

function hashOf(texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('hex').slice(0, 16);
}
