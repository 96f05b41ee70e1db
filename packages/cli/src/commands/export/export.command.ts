import { Command, Option } from 'commander';
import { ggb } from '../../command-name.ts';
import { forceOption } from '../../output-files.ts';

export const exportCommand = new Command('export')
  .description('write the generator alone: a small file to embed or to share')
  .option('--run <folder>', 'a folder that ggb train wrote; its last checkpoint is used')
  .option('--checkpoint <file>', 'a checkpoint (.safetensors) instead')
  .requiredOption('--out <file>', 'the file to write (.safetensors)')
  .addOption(new Option('--weights <kind>', 'moving average or raw').choices(['average', 'raw']).default('average'))
  .option('--half', 'store the weights as float16, half the size; they are computed with in float32')
  .option(...forceOption)
  .addHelpText('after', `\nExample:\n  ${ggb} export --run runs/00001 --half --out model.safetensors`);

exportCommand.action(async (options) => {
  const { exportGenerator } = await import('./export.ts');
  await exportGenerator(options);
});
