import { Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';

export const resumeCommand = new Command('resume')
  .description('continue a run where its last checkpoint left off')
  .argument('<run>', 'a folder that ggb train wrote')
  .argument('[key=value...]', 'settings that win over those of the run, for example training.steps=6000')
  .option('--threads <number>', 'threads of the native engine, as threads=NUMBER', wholeNumber)
  .addHelpText(
    'after',
    '\nWith no settings the run becomes what it would have been without the interruption, to the last bit on the same machine,' +
      '\nbackend and threads (not if training.minutes and training.decay are both set: the rate then follows the clock).' +
      '\nA manifest that changed since is refused, unless data.path=... names it. Ctrl-C as in ggb train.',
  );

resumeCommand.action(async (run: string, settings: string[]) => {
  const { resume } = await import('./resume.ts');
  await resume(run, settings, resumeCommand.opts());
});
