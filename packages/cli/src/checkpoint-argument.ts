// --run and --checkpoint: two ways to name one file.
import { RunReader } from '@ggb/core/node';
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
