import { Command, Option } from 'commander';
import { wholeNumber } from '../../arguments.ts';
import { type AnyOptions, modeOf, refuseIdle } from './evaluation-modes.ts';
import { networkNames } from './metric-names.ts';

export const evaluateCommand = new Command('evaluate')
  .description('score generated images against real ones under a named protocol: two folders, or a run of ggb train')
  .optionsGroup('What is scored:')
  .option('--real <folder>', 'the real images')
  .option('--generated <folder>', 'the generated ones, paired by name')
  .option('--pairs <manifest>', 'pairs from a list (.jsonl, .csv) instead of by name')
  .option('--run <folder>', 'instead: synthesize the test pairs of a run and score them, beside two trivial answers')
  .optionsGroup('How:')
  .option('--protocol <name>', 'default: tf; --compare-protocols lists all')
  .option('--metrics <names>', 'with commas between; default: ssim,psnr,l1; --list-metrics lists all')
  .option('--features <file>', 'weights (safetensors) of the network for fid and is')
  .addOption(
    new Option(
      '--network <name>',
      'resizing before that network, and what made a .npz of --real; default: by the weights',
    ).choices(networkNames),
  )
  .addOption(
    new Option('--on-bad <policy>', 'files that cannot be scored: fail (default) names all and scores nothing').choices(
      ['fail', 'skip', 'quarantine'],
    ),
  )
  .option('--allow <kinds>', 'score these all the same: wrong-extension, sixteen-bit, cmyk, animated')
  .option('--threads <number>', 'threads of the native engine; no number depends on it', wholeNumber)
  .addOption(new Option('--scorer <kind>', 'default: native where possible').choices(['native', 'portable']))
  .optionsGroup('What is written:')
  .option('--json <file>', 'the report, over what is there; outside the folders, as all that is written')
  .option('--csv <file>', 'a line for each pair')
  .option('--parquet <file>', 'the same for data frames')
  .option('--maps <folder>', 'a picture of each SSIM map, into a new or empty folder')
  .option('--resume', 'go on with an interrupted run of the same command (needs --json)')
  .optionsGroup('Instead of scoring:')
  .option('--compare <reports...>', 'reports, records of runs too, side by side; a warning if they are not comparable')
  .option('--compare-protocols', 'every protocol side by side; with folders, on the same pairs')
  .option('--explain', 'every choice of a protocol in words')
  .option('--list-metrics', 'the metrics, which way is better, their ranges')
  .optionsGroup('With --run:')
  .option('--checkpoint <file>', 'a checkpoint of it; default: the last one')
  .option('--data <path>', 'a manifest or a folder with pairs.jsonl; default: the data of the run')
  .option('--split <name>', 'score the pairs of this split; default: data.evaluationSplit of the run')
  .addOption(
    new Option('--weights <kind>', 'moving average (default) of the generator, or its raw weights').choices([
      'average',
      'raw',
    ]),
  )
  .option('--limit <number>', 'score only so many pairs, evenly spread over the split', wholeNumber)
  .option('--backend <name>', 'auto (default), native-cpu, tensorflow, wasm, cpu')
  .option('--no-images', 'score the outputs and do not keep them; the viewer then shows scores without pictures')
  .addHelpText(
    'after',
    `
Every file is looked at before anything is scored, and everything that is wrong is told at once. Nothing is written into the
folders. Means are over pairs, with a 95 % interval (bootstrap over pairs). Ctrl-C keeps what is computed beside --json.
skip leaves out what cannot be scored; quarantine also lists it in FILE.quarantine.jsonl.

--run writes evaluation/SPLIT-step-NUMBER-WEIGHTS.json and the outputs beside it into the run; the same evaluation done again replaces its record. A
pair that cannot be scored is told at the end, with exit code 2, and does not keep the others from being scored. Beside the
model it scores copySource (the source as it is) and nearestPose (the training image nearest in pose, never one of the
pair's identity). Scores inside the figures need sourceMask and targetMask in the manifest.`,
  );

evaluateCommand.action(async (options: AnyOptions) => {
  refuseIdle(options, modeOf(options));
  if (options.compare !== undefined) {
    const { compareReports } = await import('./compare-reports.ts');
    await compareReports(options.compare);
  } else if (options.listMetrics === true) {
    const { listMetrics } = await import('./explain-choices.ts');
    listMetrics();
  } else if (options.explain === true) {
    const { explain } = await import('./explain-choices.ts');
    explain(options.protocol);
  } else if (options.run !== undefined) {
    const { evaluate } = await import('./evaluate.ts');
    await evaluate({ weights: 'average', backend: 'auto', ...options, run: options.run });
  } else if (options.compareProtocols === true) {
    const { compareAllProtocols } = await import('./compare-protocols.ts');
    await compareAllProtocols(options);
  } else {
    const { evaluateFolders } = await import('./evaluate-folders.ts');
    await evaluateFolders(options);
  }
});
