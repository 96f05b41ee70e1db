// `ggb resume`: the config of a run, with what the user wants different, continues from its last checkpoint.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configFile, RunReader } from '@ggb/core/node';
import { namingCheckpoint } from '../../checkpoint-argument.ts';
import { ggb } from '../../command-name.ts';
import { namedSource } from '../../config/config-source.ts';
import { loadTrainingConfig, settingsSource } from '../../config/load-training-config.ts';
import { UserError } from '../../user-error.ts';
import { trainAndTell } from '../train/train.ts';

export async function resume(
  dir: string,
  args: readonly string[],
  { threads }: { readonly threads?: number },
): Promise<void> {
  const reader = await RunReader.open(dir);
  const settings = threads === undefined ? args : [...args, `threads=${threads}`];
  const file = join(dir, configFile);
  const stored = namedSource(file, JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>);
  const { config, originOf } = loadTrainingConfig([stored, settingsSource(settings)]);
  const origin = originOf(['run', 'dir']);
  if (config.run.dir !== undefined && origin !== file) {
    throw new UserError('a resumed run stays in its folder', { where: origin, remedy: 'Leave run.dir out.' });
  }
  const checkpoint = await reader.latestCheckpoint();
  const { steps, minutes } = config.training;
  const remedy = `Let it go on: ${ggb} resume ${dir} training.${minutes === undefined ? `steps=${2 * steps}` : `minutes=${2 * minutes}`}`;
  if (checkpoint.step >= steps) {
    throw new UserError(`the run has done all of its steps: ${checkpoint.step} of ${steps}`, { where: dir, remedy });
  }
  const seconds = checkpoint.info?.seconds ?? 0;
  if (minutes !== undefined && seconds >= 60 * minutes) {
    throw new UserError(`the run has trained for its ${minutes} minutes`, { where: dir, remedy });
  }
  const before = reader.config.training;
  if (config.training.decay !== 'none' && (before.steps !== steps || before.minutes !== minutes)) {
    console.error(
      'Note: the learning rate decays with the length of the run, which is another one now: the rate jumps, and the ' +
        'weights will not be those of a run that was meant to be this long.',
    );
  }
  const mayChangeData = originOf(['data', 'path']) !== file;
  await namingCheckpoint(checkpoint.path, () => trainAndTell({ config, resume: { dir, checkpoint, mayChangeData } }));
}
