// --run and --checkpoint: two ways to name one file, and its model.
import { CheckpointError, type LoadOptions, Synthesizer } from '@ggb/core';
import { RunReader } from '@ggb/core/node';
import { SafetensorsError } from '@ggb/native-ops/safetensors';
import { UserError } from './user-error.ts';

/** The checkpoint that is meant: the file itself, or the last one of the run. */
export async function checkpointPath({
  run,
  checkpoint,
}: {
  readonly run?: string;
  readonly checkpoint?: string;
}): Promise<string> {
  if ((run === undefined) === (checkpoint === undefined)) {
    throw new UserError('nothing says which model is meant', {
      expected: 'either --run FOLDER or --checkpoint FILE',
      received: run === undefined ? 'neither' : 'both',
    });
  }
  return checkpoint ?? (await (await RunReader.open(run as string)).latestCheckpoint()).path;
}

/** The model of a checkpoint. @throws UserError  as {@link namingCheckpoint}. */
export function loadModel(checkpoint: string, options: LoadOptions): Promise<Synthesizer> {
  return namingCheckpoint(checkpoint, () => Synthesizer.load(checkpoint, options));
}

/**
 * Work that reads the checkpoint.
 *
 * @throws UserError  that names the file, if it is none, not all of one, or one of something else; what `work` throws besides.
 */
export async function namingCheckpoint<T>(checkpoint: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CheckpointError && error.problem !== 'not-finite') {
      throw new UserError(error.message.replace(/\.$/, ''), { where: checkpoint }, { cause: error });
    }
    if (!(error instanceof SafetensorsError)) throw error;
    throw new UserError(
      'this is no checkpoint, or only a part of one',
      {
        where: checkpoint,
        expected: 'a .safetensors file that ggb train or ggb export wrote, whole',
        received: error.message,
        remedy: 'Copy it again, or name another: a run keeps its last ones under checkpoints/.',
      },
      { cause: error },
    );
  }
}
