// npm run bench -- evaluate-memory [PAIRS]: whether memory grows with the number of pairs. Peak memory of a process that scores
// 1,000 pairs over that of one that scores 100,000, in batches as the evaluator does; more than a tenth of growth is an error.
// The peer is ourselves.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { protocols } from '@ggb/metrics';
import { type NativePairFiles, scorePairFiles } from '@ggb/native-ops/images';
import { printMeasurement } from '../tools/bench/measurement.mjs';
import { scratchFolder } from '../tools/bootstrap/repository.mjs';
import { photoPairs } from './evaluate/photo-pairs.ts';

const few = 1_000;
const growthAllowed = 1.1;
const batchSize = 64;

const [first, second] = process.argv.slice(2);
if (first === '--child') await scoreAndTell(Number(second));
else await comparePeaks(Number(first ?? 100_000));

async function comparePeaks(many: number): Promise<void> {
  await photoPairs(join(scratchFolder, 'bench'), 'jpeg', few, 40);
  const [small, large] = [peakOf(few), peakOf(many)];
  console.log(`${few} pairs: ${small.toFixed(1)} MB, ${many} pairs: ${large.toFixed(1)} MB`);
  if (large > growthAllowed * small) process.exitCode = 1;
  printMeasurement({
    name: `evaluate-memory: peak of ${few} pairs over peak of ${many}`,
    ours: small,
    peer: large,
    peerName: `the same program with ${many} pairs`,
    unit: 'MB',
  });
}

/** In a process of its own, because a peak never falls. */
function peakOf(count: number): number {
  const script = process.argv[1] as string;
  const { status, stdout } = spawnSync(process.execPath, [script, '--child', String(count)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`Scoring ${count} pairs ended with exit code ${status}.`);
  return Number(stdout.trim());
}

async function scoreAndTell(count: number): Promise<void> {
  const { pairs } = await photoPairs(join(scratchFolder, 'bench'), 'jpeg', few, 40);
  const request = { ...protocols.tf, metrics: ['ssim'] } as const;
  let next = 0;
  const lane = async () => {
    while (next < count) {
      const begin = next;
      next += batchSize;
      const batch = Array.from(
        { length: Math.min(batchSize, count - begin) },
        (_, index) => pairs[(begin + index) % pairs.length] as NativePairFiles,
      );
      for (const result of await scorePairFiles(batch, request)) {
        if ('problem' in result) throw new Error(result.problem.message);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  // Kilobytes on Linux.
  console.log(process.resourceUsage().maxRSS / 1000);
}
