// A run folder, written while training runs. Nothing in it is ever overwritten by another run: a new run gets a new folder,
// and a resumed one cuts off only what lies after its checkpoint.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@ggb/native-ops/tf';
import type { CheckpointMetadata } from '../checkpoint/checkpoint.ts';
import { writeCheckpoint } from '../checkpoint/checkpoint-file.ts';
import type { TrainingConfig } from '../config/training-config.ts';
import { parseSteps } from '../run-record/parse.ts';
import {
  type CheckpointInfo,
  type EvaluationRecord,
  type ProbesRecord,
  type RunInfo,
  runRecordVersion,
  type StepRecord,
} from '../run-record/run-record.ts';
import { unfinishedSuffix, writeAtomically } from './atomic-file.ts';
import {
  checkpointsFolder,
  configFile,
  evaluationFolder,
  infoFile,
  probesFile,
  RunFolderError,
  samplesFolder,
  stepName,
  stepsFile,
} from './run-layout.ts';
import { RunReader, type StoredCheckpoint } from './run-reader.ts';

/** What the writer does not know by itself. */
export type RunDescription = Omit<RunInfo, 'version' | 'startedAt' | 'resumedFrom'>;

export class RunWriter {
  private constructor(readonly dir: string) {}

  /**
   * Makes the folder of a new run: `dir`, which must be new or empty, else the next free number in `parent`. Two processes
   * that do this at once get two folders.
   *
   * @throws RunFolderError  if `dir` is not new or empty.
   */
  static async create(options: {
    readonly dir?: string;
    readonly parent?: string;
    readonly info: RunDescription;
    readonly config: TrainingConfig;
  }): Promise<RunWriter> {
    const { dir, parent = 'runs', info, config } = options;
    const run = new RunWriter(dir === undefined ? await makeNumberedFolder(parent) : await claimEmpty(dir));
    const record: RunInfo = { version: runRecordVersion, ...info, startedAt: new Date().toISOString() };
    try {
      // 'wx' fails if the file is there: of two processes that found the folder empty, one goes on.
      await writeFile(join(run.dir, infoFile), formatJson(record), { flag: 'wx' });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw notEmpty(run.dir, infoFile, { cause });
      throw cause;
    }
    await run.writeText(configFile, formatJson(config));
    for (const folder of [samplesFolder, checkpointsFolder, evaluationFolder]) await mkdir(join(run.dir, folder));
    return run;
  }

  /**
   * Continues a run from `checkpoint`, which must be its last: records after it go, with what a crash left unfinished.
   * run.json then describes the process that continues, and keeps when the run began.
   *
   * @throws RunFolderError  if there are later checkpoints, which the continued run would overwrite.
   */
  static async resume(options: {
    readonly dir: string;
    readonly checkpoint: StoredCheckpoint;
    readonly info: RunDescription;
    readonly config: TrainingConfig;
  }): Promise<RunWriter> {
    const { dir, checkpoint, info, config } = options;
    const reader = await RunReader.open(dir);
    const latest = await reader.latestCheckpoint();
    if (latest.step > checkpoint.step) {
      throw new RunFolderError(
        dir,
        `has a later checkpoint, ${latest.name}, which continuing from ${checkpoint.name} would overwrite. Move the later ` +
          'checkpoints away first, or continue from the last.',
      );
    }
    const run = new RunWriter(dir);
    await run.removeUnfinished();
    await run.cutSteps(checkpoint.step);
    const { startedAt } = reader.info;
    await run.writeText(
      infoFile,
      formatJson({ version: runRecordVersion, ...info, startedAt, resumedFrom: checkpoint.name } satisfies RunInfo),
    );
    await run.writeText(configFile, formatJson(config));
    return run;
  }

  /** evaluation/NAME.json of a run that is there already. Returns its path. @throws RunFolderError */
  static async addEvaluation(dir: string, name: string, record: EvaluationRecord): Promise<string> {
    await RunReader.open(dir);
    return new RunWriter(dir).writeEvaluation(name, record);
  }

  /** One line of steps.jsonl, in one write: a reader sees the whole line, or a cut one that it leaves out. */
  async appendStep(record: StepRecord): Promise<void> {
    await writeFile(join(this.dir, stepsFile), `${JSON.stringify(record)}\n`, { flag: 'a' });
  }

  /** samples/probes.json. */
  async writeProbes(ids: readonly string[]): Promise<void> {
    await this.writeText(probesFile, formatJson({ version: runRecordVersion, ids } satisfies ProbesRecord));
  }

  /** A grid on the probes. Returns its path. */
  async writeSamples(step: number, png: Uint8Array): Promise<string> {
    const path = join(this.dir, samplesFolder, `${stepName(step)}.png`);
    await writeAtomically(path, async (file) => void (await file.writeFile(png)));
    return path;
  }

  /**
   * A checkpoint and what stands beside it, which is there first: no checkpoint is ever without.
   *
   * @throws CheckpointError  `not-finite`, if a value is NaN or infinite: then nothing is written.
   */
  async writeCheckpoint(
    tensors: ReadonlyMap<string, tf.Tensor>,
    metadata: CheckpointMetadata,
    seconds: number,
  ): Promise<StoredCheckpoint> {
    const { step } = metadata;
    const name = `${checkpointsFolder}/${stepName(step)}`;
    const path = join(this.dir, `${name}.safetensors`);
    let info: CheckpointInfo | undefined;
    await writeCheckpoint(path, tensors, metadata, async (sha256) => {
      info = { step, seconds, writtenAt: new Date().toISOString(), sha256 };
      await this.writeText(`${name}.json`, formatJson(info));
    });
    return { step, path, name: `${name}.safetensors`, ...(info === undefined ? {} : { info }) };
  }

  /** Deletes all checkpoints but the newest `count`, oldest first: what is interrupted leaves the newer ones. */
  async keepCheckpoints(count: number): Promise<void> {
    const folder = join(this.dir, checkpointsFolder);
    const names = (await readdir(folder)).filter((name) => name.endsWith('.safetensors')).sort(byStep);
    for (const name of names.slice(0, -count)) {
      // The weights first: a checkpoint never lacks what stands beside it.
      await rm(join(folder, name), { force: true });
      await rm(join(folder, name.replace(/safetensors$/, 'json')), { force: true });
    }
  }

  /** evaluation/NAME.json; the same evaluation done again replaces it. */
  async writeEvaluation(name: string, record: EvaluationRecord): Promise<string> {
    const file = join(evaluationFolder, `${name}.json`);
    await this.writeText(file, formatJson(record));
    return join(this.dir, file);
  }

  private async writeText(name: string, text: string): Promise<void> {
    await writeAtomically(join(this.dir, name), async (file) => void (await file.writeFile(text)));
  }

  private async removeUnfinished(): Promise<void> {
    for (const file of await readdir(this.dir, { recursive: true })) {
      if (file.endsWith(unfinishedSuffix)) await rm(join(this.dir, file), { force: true });
    }
  }

  /** Keeps the records up to `step`. */
  private async cutSteps(step: number): Promise<void> {
    const path = join(this.dir, stepsFile);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const kept = parseSteps(text, path).records.filter((record) => record.step <= step);
    await this.writeText(stepsFile, kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }
}

/** Names grow a digit beyond a million steps, so they do not sort as text. */
function byStep(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : 1);
}

/**
 * Makes `parent/00001`, or whichever number is one above those there are, and returns its path. Two processes that do this
 * at once get two folders: `mkdir` succeeds for one alone.
 */
export async function makeNumberedFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true });
  const numbers = (await readdir(parent)).filter((name) => /^\d{5,}$/.test(name)).map(Number);
  for (let number = Math.max(0, ...numbers) + 1; ; number += 1) {
    const dir = join(parent, `${number}`.padStart(5, '0'));
    try {
      await mkdir(dir);
      return dir;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

async function claimEmpty(dir: string): Promise<string> {
  try {
    await mkdir(dir, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw cause;
    throw new RunFolderError(dir, 'is or lies in a file. run.dir must name a new or an empty folder.', { cause });
  }
  const [first] = await readdir(dir);
  if (first !== undefined) throw notEmpty(dir, first);
  return dir;
}

function notEmpty(dir: string, found: string, options?: ErrorOptions): RunFolderError {
  return new RunFolderError(
    dir,
    `is not empty (it holds ${found}), and no run overwrites another. Name a new or an empty folder in run.dir, or leave it ` +
      'out for the next free number; "ggb resume" continues a run.',
    options,
  );
}

function formatJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
