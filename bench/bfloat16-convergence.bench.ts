// Whether training in bfloat16 learns what training in float32 learns: runs of the preset quick on drawn figures at 64 pixels,
// the same steps, data and seeds in both precisions, scored on test pairs in float32. Runs go through the command line, as a
// user's would. The last line compares the means over seeds of SSIM inside the silhouettes; before it stands every run.
//
// --steps N, --seeds 1,2,3, --identities N and --limit N (of test pairs) change how long it takes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EvaluationRecord, StepRecord } from '@ggb/core';
import { printMeasurement } from '../tools/bench/measurement.mjs';

const { values: options } = parseArgs({
  options: {
    steps: { type: 'string', default: '600' },
    seeds: { type: 'string', default: '1,2,3' },
    identities: { type: 'string', default: '120' },
    limit: { type: 'string', default: '64' },
  },
});
const precisions = ['float32', 'bfloat16'] as const;

interface Outcome {
  readonly insideSsim: number;
  readonly ssim: number;
  readonly insideL1: number;
  readonly seconds: number;
}

const folder = mkdtempSync(join(tmpdir(), 'ggb-bfloat16-'));
try {
  const figures = join(folder, 'figures');
  ggb('data', 'figures', '--out', figures, '--size', '64', '--identities', options.identities, '--seed', '1');
  const outcomes: Record<(typeof precisions)[number], Outcome[]> = { float32: [], bfloat16: [] };
  for (const seed of options.seeds.split(',').map(Number)) {
    // In turn, so that whatever else the machine does meets both.
    for (const precision of precisions) {
      const outcome = trainAndScore(figures, precision, seed);
      outcomes[precision].push(outcome);
      const { insideSsim, ssim, insideL1, seconds } = outcome;
      console.log(
        `seed ${seed}, ${precision.padEnd(8)}: SSIM inside ${insideSsim.toFixed(4)}, SSIM ${ssim.toFixed(4)}, ` +
          `L1 inside ${insideL1.toFixed(2)}, ${seconds.toFixed(0)} s of training`,
      );
    }
  }
  for (const precision of precisions) {
    const values = outcomes[precision].map(({ insideSsim }) => insideSsim);
    const spread = values.length > 1 ? `, standard deviation between seeds ${deviation(values).toFixed(4)}` : '';
    console.log(`${precision.padEnd(8)}: SSIM inside ${mean(values).toFixed(4)}${spread}`);
  }
  const insideOf = (precision: (typeof precisions)[number]) =>
    mean(outcomes[precision].map(({ insideSsim }) => insideSsim));
  printMeasurement({
    name: `bfloat16-convergence, preset quick, ${options.steps} steps, seeds ${options.seeds}`,
    ours: insideOf('bfloat16'),
    peer: insideOf('float32'),
    peerName: 'our training in float32, same data, seeds and steps',
    unit: 'SSIM inside the silhouettes, protocol tf',
    versions: {},
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function trainAndScore(figures: string, precision: string, seed: number): Outcome {
  const run = join(folder, `${precision}-${seed}`);
  const settings = { preset: 'quick', 'data.path': figures, precision, seed, 'run.dir': run };
  const length = { 'training.steps': options.steps, 'training.sampleEvery': 100_000, 'training.logEvery': 50 };
  ggb('train', ...Object.entries({ ...settings, ...length }).map(([key, value]) => `${key}=${value}`));
  ggb('evaluate', '--run', run, '--limit', options.limit, '--no-images');
  const [file] = readdirSync(join(run, 'evaluation')).filter((name) => name.endsWith('.json'));
  const { mean: scores } = JSON.parse(
    readFileSync(join(run, 'evaluation', file as string), 'utf8'),
  ) as EvaluationRecord;
  const steps = readFileSync(join(run, 'steps.jsonl'), 'utf8').trimEnd().split('\n');
  const { seconds } = JSON.parse(steps.at(-1) as string) as StepRecord;
  rmSync(run, { recursive: true });
  return { insideSsim: scores.insideSsim as number, ssim: scores.ssim, insideL1: scores.insideL1 as number, seconds };
}

function ggb(...args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [join('packages', 'cli', 'bin', 'ggb.mjs'), ...args], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error(`ggb ${args.join(' ')} ended with exit code ${status}.`);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample. */
function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
