import { Command, Option } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { ggb } from '../../command-name.ts';
import { forceOption } from '../../output-files.ts';

export const synthesizeCommand = new Command('synthesize')
  .description('draw an image, or the images of a manifest, with a trained generator')
  .option('--run <folder>', 'a folder that ggb train wrote; its last checkpoint is used')
  .option('--checkpoint <file>', 'a checkpoint (.safetensors) instead')
  .option('--image <file>', 'the source: who or what to draw')
  .option('--keypoints <file>', 'target pose: JSON, 18 entries [x, y] or null in COCO-18 order, target pixels')
  .option('--source-keypoints <file>', 'pose in the source, for models that want it')
  .option('--label <numbers>', 'target label, for models with labels: 0,0,1')
  .option('--condition <file>', 'target image, for models with image conditions')
  .option('--pairs <manifest>', 'draw every pair of this manifest')
  .option('--out <path>', 'the image to write (.png, .jpg, .webp); with --pairs a folder, images are named by pair id')
  .option(...forceOption)
  .addOption(new Option('--weights <kind>', 'default: the average').choices(['average', 'raw']))
  .option('--backend <name>', 'auto, native-cpu, tensorflow, wasm, cpu', 'auto')
  .option('--threads <number>', 'threads of the native engine', wholeNumber)
  .addHelpText(
    'after',
    `
Examples:
  ${ggb} synthesize --run runs/00001 --image person.png --keypoints pose.json --out drawn.png
  ${ggb} synthesize --run runs/00001 --pairs figures/pairs.jsonl --out drawn`,
  );

synthesizeCommand.action(async (options) => {
  const { synthesize } = await import('./synthesize.ts');
  await synthesize(options);
});
