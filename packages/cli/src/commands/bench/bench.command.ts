import { Command } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { ggb } from '../../command-name.ts';

export interface BenchFlags {
  readonly profile?: boolean;
  readonly steps: number;
  readonly json?: boolean;
  readonly threads?: number;
}

export const benchCommand = new Command('bench')
  .description('time the training step of a config on random images; say where the time goes')
  .argument('[config.yaml]', 'a YAML file with settings, as for train')
  .argument('[key=value...]', 'settings that win over the file')
  .option('--profile', 'print time, GFLOP/s and bytes/s of each kernel at each shape')
  .option('--steps <number>', 'timed steps, after two that are not', wholeNumber, 10)
  .option('--json', 'print one JSON object instead of text')
  .option('--threads <number>', 'threads of the native engine, as threads=NUMBER', wholeNumber)
  .addHelpText(
    'after',
    `
No data are needed. Other programs that run meanwhile are measured too. Examples:
  ${ggb} bench preset=quick --profile
  ${ggb} bench preset=paper image.size=256 --steps 3`,
  );

benchCommand.action(async () => {
  const { bench } = await import('./bench.ts');
  await bench(benchCommand.args, benchCommand.opts<BenchFlags>());
});
