// Names of the files of a run folder; run-record/run-record.ts says what stands in them.
import { join } from 'node:path';

export const infoFile = 'run.json';
export const configFile = 'config.json';
export const stepsFile = 'steps.jsonl';
export const samplesFolder = 'samples';
export const probesFile = join(samplesFolder, 'probes.json');
export const checkpointsFolder = 'checkpoints';
export const evaluationFolder = 'evaluation';
/** There while a process writes the run. */
export const lockFile = 'run.lock';

/** `step-000500`: sorted by name, files are sorted by step up to a million. */
export function stepName(step: number): string {
  return `step-${`${step}`.padStart(6, '0')}`;
}

/** The step of a checkpoint's file name; `undefined` for other files. */
export function stepOfCheckpoint(fileName: string): number | undefined {
  const match = /^step-(\d{6,})\.safetensors$/.exec(fileName);
  return match === null ? undefined : Number(match[1]);
}

/** A folder that cannot be used as a run. `path` is at fault; callers branch on the class, people read the text. */
export class RunFolderError extends Error {
  override readonly name: string = 'RunFolderError';

  constructor(
    readonly path: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${path}: ${message}`, options);
  }
}
