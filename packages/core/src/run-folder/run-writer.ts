// A run folder, written while training runs. Nothing in it is ever overwritten by another run: a new run gets a new folder,
// and a resumed one cuts off only what lies after its checkpoint.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type * as tf from '@ggb/native-ops/tf';
import type { CheckpointMetadata } from '../checkpoint/checkpoint.ts';
import { writeCheckpoint } from '../checkpoint/checkpoint-file.ts';
import type { TrainingConfig } from '../config/training-config.ts';
import { unfinishedSuffix, writeAtomically } from '../files/atomic-file.ts';
import { parseSteps } from '../run-record/parse.ts';
import {
  type CheckpointInfo,
  type EvaluationRecord,
  type ProbesRecord,
  type RunInfo,
  type RunSession,
  runRecordVersion,
  type StepRecord,
} from '../run-record/run-record.ts';
import {
  checkpointsFolder,
  configFile,
  evaluationFolder,
  infoFile,
  probesFile,
  RunFolderError,
  samplesFolder,
  stepName,
  stepOfCheckpoint,
  stepsFile,
} from './run-layout.ts';
import { RunLock } from './run-lock.ts';
import { RunReader, type StoredCheckpoint } from './run-reader.ts';

/** What the writer does not know by itself. */
export type RunDescription = Omit<RunInfo, 'version' | 'startedAt' | 'resumedFrom' | 'sessions'>;

export class RunWriter {
  /** Steps whose checkpoints this process has written; others are somebody's, and stay. */
  private readonly writtenSteps = new Set<number>();

  private constructor(
    readonly dir: string,
    private readonly lock?: RunLock,
  ) {}

  /**
   * Makes the folder of a new run: `dir`, which must be new or empty, else the next free number in `parent`. Two processes
   * that do this at once get two folders. The run is this process's until {@link close}.
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
    const claimed = dir === undefined ? await makeNumberedFolder(parent) : await claimEmpty(dir);
    const startedAt = new Date().toISOString();
    const sessions = [sessionOf(info, { fromStep: 0, startedAt, config })];
    const record: RunInfo = { version: runRecordVersion, ...info, startedAt, sessions };
    try {
      // 'wx' fails if the file is there: of two processes that found the folder empty, one goes on.
      await writeFile(join(claimed, infoFile), formatJson(record), { flag: 'wx' });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') throw notEmpty(claimed, infoFile, { cause });
      throw cause;
    }
    const run = new RunWriter(claimed, await RunLock.take(claimed));
    return run.closedIfItFails(async () => {
      await run.writeText(configFile, formatJson(config));
      for (const folder of [samplesFolder, checkpointsFolder, evaluationFolder]) await mkdir(join(run.dir, folder));
    });
  }

  /**
   * Continues a run from `checkpoint`, which must be its last: records after it go, with what a crash left unfinished.
   * run.json then describes the process that continues, and keeps when the run began and, in `sessions`, what the processes
   * before were and under which configuration they trained. The run is this process's until {@link close}.
   *
   * @param options.mayChangeData  go on with another manifest than the run's; without, that is refused.
   * @throws RunInUseError  if another process trains in the folder.
   * @throws RunFolderError  if there are later checkpoints, which the continued run would overwrite, or the manifest changed.
   */
  static async resume(options: {
    readonly dir: string;
    readonly checkpoint: StoredCheckpoint;
    readonly info: RunDescription;
    readonly config: TrainingConfig;
    readonly mayChangeData?: boolean;
  }): Promise<RunWriter> {
    const { dir, checkpoint, info, config, mayChangeData = false } = options;
    // Looks whether it is a run that can go on, before a file is put there.
    await (await RunReader.open(dir)).latestCheckpoint();
    const run = new RunWriter(dir, await RunLock.take(dir));
    return run.closedIfItFails(async () => {
      const reader = await RunReader.open(dir);
      const latest = await reader.latestCheckpoint();
      if (latest.step > checkpoint.step) {
        throw new RunFolderError(
          dir,
          `has a later checkpoint, ${latest.name}, which continuing from ${checkpoint.name} would overwrite. Move the later ` +
            'checkpoints away first, or continue from the last.',
        );
      }
      if (!mayChangeData) checkSameData(dir, reader.info.data, info.data);
      await run.removeUnfinished();
      await run.cutSteps(checkpoint.step);
      const { startedAt } = reader.info;
      const session = sessionOf(info, { fromStep: checkpoint.step, startedAt: new Date().toISOString(), config });
      const sessions = [...sessionsBefore(reader), session];
      const record: RunInfo = {
        version: runRecordVersion,
        ...info,
        startedAt,
        resumedFrom: checkpoint.name,
        sessions,
      };
      await run.writeText(infoFile, formatJson(record));
      await run.writeText(configFile, formatJson(config));
    });
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
    this.writtenSteps.add(step);
    return { step, path, name: `${name}.safetensors`, ...(info === undefined ? {} : { info }) };
  }

  /**
   * Deletes, of the checkpoints that this process wrote, all but the newest `count`, oldest first: what is interrupted leaves
   * the newer ones. What a process before left, or a person put there, stays.
   */
  async keepCheckpoints(count: number): Promise<void> {
    const steps = [...this.writtenSteps].sort((a, b) => a - b);
    for (const step of steps.slice(0, -Math.max(1, count))) {
      const path = join(this.dir, checkpointsFolder, stepName(step));
      // The weights first: a checkpoint never lacks what stands beside it.
      await rm(`${path}.safetensors`, { force: true });
      await rm(`${path}.json`, { force: true });
      this.writtenSteps.delete(step);
    }
  }

  /** The last record of steps.jsonl; `undefined` before the first. @throws RunRecordError */
  async lastRecord(): Promise<StepRecord | undefined> {
    return (await this.readSteps()).at(-1);
  }

  /** Lets other processes have the folder. What is written afterwards is nobody's fault but the caller's. */
  close(): void {
    this.lock?.release();
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

  private async closedIfItFails(work: () => Promise<void>): Promise<this> {
    try {
      await work();
      return this;
    } catch (error) {
      this.close();
      throw error;
    }
  }

  private async removeUnfinished(): Promise<void> {
    for (const file of await readdir(this.dir, { recursive: true })) {
      // An evaluation may be written by another process right now; the lock does not keep it out.
      if (file.startsWith(evaluationFolder)) continue;
      if (file.endsWith(unfinishedSuffix)) await rm(join(this.dir, file), { force: true });
    }
  }

  /** Keeps the records up to `step`. */
  private async cutSteps(step: number): Promise<void> {
    const kept = (await this.readSteps()).filter((record) => record.step <= step);
    await this.writeText(stepsFile, kept.map((record) => `${JSON.stringify(record)}\n`).join(''));
  }

  private async readSteps(): Promise<readonly StepRecord[]> {
    const path = join(this.dir, stepsFile);
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    return parseSteps(text, path).records;
  }
}

/** What run.json keeps of a process when the next one takes its place. */
function sessionOf(
  { ggb, node, tfjs, platform, backend, data }: RunDescription,
  begun: { readonly fromStep: number; readonly startedAt: string; readonly config: TrainingConfig },
): RunSession {
  const { fromStep, startedAt, config } = begun;
  return { fromStep, startedAt, ggb, node, tfjs, platform, backend, data, config };
}

/** Of runs that were written before there were sessions, the last one alone is known. */
function sessionsBefore({ info, config }: RunReader): readonly RunSession[] {
  const { sessions, startedAt, resumedFrom } = info;
  if (sessions !== undefined) return sessions;
  const fromStep = resumedFrom === undefined ? 0 : (stepOfCheckpoint(basename(resumedFrom)) ?? 0);
  return [sessionOf(info, { fromStep, startedAt, config })];
}

/** @throws RunFolderError  that names both manifests. */
function checkSameData(dir: string, before: RunInfo['data'], now: RunInfo['data']): void {
  if (before.manifestSha256 === now.manifestSha256) return;
  throw new RunFolderError(
    dir,
    `was trained on another manifest: ${before.path} had the SHA-256 ${before.manifestSha256}, and ${now.path} has ` +
      `${now.manifestSha256}. Restore the manifest of the run, or name the new one, data.path=${now.path}, to go on with ` +
      'changed data.',
  );
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
