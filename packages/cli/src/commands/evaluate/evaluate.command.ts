import { Command, Option } from 'commander';
import { wholeNumber } from '../../arguments.ts';

export const evaluateCommand = new Command('evaluate')
  .description('synthesize the test pairs of a run and score them, beside two trivial answers')
  .requiredOption('--run <folder>', 'a folder that ggb train wrote')
  .option('--checkpoint <file>', 'a checkpoint of it; default: the last one')
  .option('--data <path>', 'a manifest or a folder with pairs.jsonl; default: the data of the run')
  .option('--split <name>', 'score the pairs of this split; default: data.evaluationSplit of the run')
  .addOption(
    new Option('--weights <kind>', 'moving average of the generator, or its raw weights')
      .choices(['average', 'raw'])
      .default('average'),
  )
  .option('--limit <number>', 'score only so many pairs, evenly spread over the split', wholeNumber)
  .option('--json <file>', 'also write the record to this file, over what is there')
  .option('--backend <name>', 'auto, native-cpu, tensorflow, wasm, cpu', 'auto')
  .option('--threads <number>', 'threads of the native engine', wholeNumber)
  .addHelpText(
    'after',
    `
Writes evaluation/SPLIT-step-NUMBER-WEIGHTS.json into the run, with a hash at the end for data or a checkpoint from
elsewhere; the same evaluation done again replaces its record. A pair that cannot be scored is told at the end, with exit
code 2, and does not keep the others from being scored. Beside the model it scores, on the same pairs:
  copySource   the source as it is: right clothes, wrong pose
  nearestPose  the training image nearest in pose to the target: right pose, wrong clothes (key points only); never an
               image of the pair itself or of its identity
Scores inside the figures need sourceMask and targetMask in the manifest.`,
  );

evaluateCommand.action(async (options) => {
  const { evaluate } = await import('./evaluate.ts');
  await evaluate(options);
});
