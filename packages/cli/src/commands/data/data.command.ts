import { Command, Option } from 'commander';
import { seed, wholeNumber } from '../../arguments.ts';

const figures = new Command('figures')
  .description('draw people in patterned clothes and many poses: pairs with exact key points, to train and test on')
  .requiredOption('--out <folder>', 'a new or empty folder')
  .option('--size <pixels>', 'side of the images, 64 to 256', wholeNumber, 64)
  .option('--identities <number>', 'how many people', wholeNumber, 120)
  .option('--poses <number>', 'poses of each', wholeNumber, 12)
  .option('--seed <number>', 'same seed, same pixels', seed, 0)
  .action(async (options) => {
    const { drawFigures } = await import('./data-figures.ts');
    await drawFigures(options);
  });

const check = new Command('check')
  .description('look at every line and every image of a manifest and say what is wrong')
  .argument('<manifest>', 'a manifest (.jsonl, .csv), or a folder with pairs.jsonl in it')
  .option('--size <pixels>', 'the side that images must have; default: that of the first image', wholeNumber)
  .addOption(
    new Option('--condition <kind>', 'what the model will be told; default: what the first pair has').choices([
      'keypoints',
      'label',
      'image',
    ]),
  )
  .action(async (manifest, options) => {
    const { checkData } = await import('./data-check.ts');
    await checkData(manifest, options);
  });

export const dataCommand = new Command('data')
  .description('make and check data sets')
  .addCommand(figures)
  .addCommand(check);
