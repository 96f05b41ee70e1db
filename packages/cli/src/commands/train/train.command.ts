import { Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { ggb } from '../../command-name.ts';

export const trainCommand = new Command('train')
  .description('train on pairs of images; writes a run folder')
  .argument('[config.yaml]', 'a YAML file with settings')
  .argument('[key=value...]', 'settings that win over the file')
  .option('--dry-run', 'check config and data, print the resolved config and the numbers of parameters, train nothing')
  .option('--explain-config', 'print every value and where it comes from: default, preset, file and line, or argument')
  .option('--threads <number>', 'threads of the native engine, as threads=NUMBER', wholeNumber)
  .addHelpText(
    'after',
    `
Order: defaults < preset < file < key=value. Values are YAML. Often used keys:
  data.path            a manifest, or a folder with pairs.jsonl in it (needed)
  preset               paper (the default), paper-level-weights, quick (64 pixels, minutes)
  image.size  seed  training.steps  training.minutes  training.batchSize
  model.guidedLevels   for example [3,4]; [] trains without guiding blocks
  backend              auto, native-cpu, tensorflow, wasm (synthesis only), cpu
  threads  run.dir     run.dir: a new or empty folder; default: the next number under runs/
  compile              false runs each step kernel by kernel instead of replaying a recording; the same bits, slower
  precision            bfloat16 lets convolutions of the step multiply rounded numbers: faster, where the processor has
                       avx512_bf16 (${ggb} doctor says); weights and all else stay float32

Ctrl-C saves a checkpoint and ends with exit code 0; a second one ends at once, with 130. Continue with ${ggb} resume.

Examples:
  ${ggb} data figures --out figures --size 64
  ${ggb} train preset=quick data.path=figures training.minutes=10`,
  );

trainCommand.action(async () => {
  const { train } = await import('./train.ts');
  await train(trainCommand.args, trainCommand.opts());
});
