import { Command } from 'commander';
import { positiveNumber, wholeNumber } from '../../arguments.ts';

export const demoCommand = new Command('demo')
  .description('draw figures, train the full model on them, evaluate it on unseen people, write a report')
  .option('--out <folder>', 'a new or empty folder; default: the next number under demo/')
  .option('--minutes <number>', 'minutes of training', positiveNumber)
  .option('--threads <number>', 'threads of the native engine', wholeNumber)
  .addHelpText(
    'after',
    `
With defaults it takes less than ten minutes on two cores. Ctrl-C ends the training early and goes on with what was
learned so far; a second one ends at once. The last line on stdout is one JSON object with all numbers.`,
  );

demoCommand.action(async (options) => {
  const { demo } = await import('./demo.ts');
  await demo(options);
});
