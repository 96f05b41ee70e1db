// A run folder, read: by resume, synthesis, evaluation and the viewer's server.
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { resolveConfig } from '../config/presets.ts';
import type { TrainingConfig, TrainingConfigInput } from '../config/training-config.ts';
import { parseCheckpointInfo, parseEvaluation, parseRunInfo, parseSteps } from '../run-record/parse.ts';
import type { CheckpointInfo, EvaluationRecord, RunInfo, StepRecord } from '../run-record/run-record.ts';
import {
  checkpointsFolder,
  configFile,
  evaluationFolder,
  infoFile,
  RunFolderError,
  stepName,
  stepOfCheckpoint,
  stepsFile,
} from './run-layout.ts';
import { isRunInUse } from './run-lock.ts';

export interface StoredCheckpoint {
  /** Iterations done. */
  readonly step: number;
  readonly path: string;
  /** Relative to the run folder, with forward slashes. */
  readonly name: string;
  /** What stands beside it, unless somebody copied the checkpoint alone. */
  readonly info?: CheckpointInfo;
}

export class RunReader {
  private constructor(
    readonly dir: string,
    readonly info: RunInfo,
    readonly config: TrainingConfig,
  ) {}

  /**
   * @throws RunFolderError  for a folder that is none or holds no run, or has a config that this version cannot use.
   * @throws RunRecordError  for a run.json that cannot be read.
   */
  static async open(dir: string): Promise<RunReader> {
    const info = await readText(dir, infoFile);
    if (info === undefined) {
      throw new RunFolderError(
        dir,
        `holds no run: it has no ${infoFile}. Give the folder that training wrote, as runs/00001.`,
      );
    }
    return new RunReader(dir, parseRunInfo(info, join(dir, infoFile)), await readConfig(dir));
  }

  /** Empty for a run that stopped before its first record. @throws RunRecordError */
  async steps(): Promise<readonly StepRecord[]> {
    return parseSteps((await readText(this.dir, stepsFile)) ?? '', join(this.dir, stepsFile)).records;
  }

  /** By step, the last one last. Files that were not finished do not count. @throws RunRecordError */
  async checkpoints(): Promise<readonly StoredCheckpoint[]> {
    const steps = (await listFolder(join(this.dir, checkpointsFolder)))
      .map(stepOfCheckpoint)
      .filter((step) => step !== undefined)
      .sort((a, b) => a - b);
    return Promise.all(steps.map((step) => this.storedCheckpoint(step)));
  }

  /** @throws RunFolderError  for a run without any. */
  async latestCheckpoint(): Promise<StoredCheckpoint> {
    const latest = (await this.checkpoints()).at(-1);
    if (latest === undefined) {
      const { checkpointEvery, steps } = this.config.training;
      throw new RunFolderError(
        this.dir,
        (await isRunInUse(this.dir))
          ? `has no checkpoint in ${checkpointsFolder}/ yet: a process is training in it, and writes the first at step ` +
              `${Math.min(checkpointEvery, steps)} or when it ends. Wait for that.`
          : `has no checkpoint in ${checkpointsFolder}/: it stopped before step ${Math.min(checkpointEvery, steps)}, when the ` +
              'first was due. Train again.',
      );
    }
    return latest;
  }

  /** `undefined` if nobody evaluated under this name. @throws RunRecordError */
  async evaluation(name: string): Promise<EvaluationRecord | undefined> {
    const file = join(evaluationFolder, `${name}.json`);
    const text = await readText(this.dir, file);
    return text === undefined ? undefined : parseEvaluation(text, join(this.dir, file));
  }

  /** Names for {@link evaluation}. */
  async evaluations(): Promise<readonly string[]> {
    const files = await listFolder(join(this.dir, evaluationFolder));
    return files
      .filter((file) => file.endsWith('.json'))
      .map((file) => basename(file, '.json'))
      .sort();
  }

  private async storedCheckpoint(step: number): Promise<StoredCheckpoint> {
    const name = `${checkpointsFolder}/${stepName(step)}`;
    const text = await readText(this.dir, `${name}.json`);
    const found = { step, path: join(this.dir, `${name}.safetensors`), name: `${name}.safetensors` };
    return text === undefined ? found : { ...found, info: parseCheckpointInfo(text, join(this.dir, `${name}.json`)) };
  }
}

async function readConfig(dir: string): Promise<TrainingConfig> {
  const path = join(dir, configFile);
  const text = await readText(dir, configFile);
  if (text === undefined) throw new RunFolderError(dir, `is not a whole run: it has no ${configFile}.`);
  try {
    return resolveConfig(JSON.parse(text) as TrainingConfigInput);
  } catch (cause) {
    throw new RunFolderError(path, `is no configuration that this version can use: ${(cause as Error).message}`, {
      cause,
    });
  }
}

async function readText(dir: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(join(dir, name), 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function listFolder(path: string): Promise<readonly string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
