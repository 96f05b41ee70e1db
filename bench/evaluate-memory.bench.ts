// npm run bench -- evaluate-memory [PAIRS]: whether memory grows with the number of pairs. Peak memory of `ggb evaluate` on
// 1,000 pairs of files over that on 100,000; more than a tenth of growth is an error. The peer is ourselves. Linux.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { printMeasurement } from '../tools/bench/measurement.mjs';
import { repositoryRoot, scratchFolder } from '../tools/bootstrap/repository.mjs';
import { countArgument } from './count-argument.ts';
import { photoPairs } from './evaluate/photo-pairs.ts';

const few = 1_000;
const growthAllowed = 1.1;
/** A peak depends on when garbage was looked for: the median of this many runs. */
const runs = 3;
/** Files with pixels of their own; the others are further names of them. */
const drawn = 40;

const many = countArgument('pairs', 100_000);
const [small, large] = [await peakOf(few), await peakOf(many)];
console.log(`${few} pairs: ${small.toFixed(1)} MB, ${many} pairs: ${large.toFixed(1)} MB`);
if (large > growthAllowed * small) {
  console.error(
    `evaluate-memory: expected growth of at most ${growthAllowed}, received ${(large / small).toFixed(3)}.`,
  );
  process.exitCode = 1;
}
printMeasurement({
  name: `evaluate-memory: peak of ggb evaluate with ${few} pairs over peak with ${many}`,
  ours: small,
  peer: large,
  peerName: `the same command with ${many} pairs`,
  unit: 'MB',
});

async function peakOf(count: number): Promise<number> {
  const { real, generated } = await photoPairs(join(scratchFolder, 'bench'), 'jpeg', count, drawn);
  const peaks = Array.from({ length: runs }, (_, run) => {
    const start = performance.now();
    const peak = evaluateFolders(real, generated);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${count} pairs, run ${run + 1}: ${peak.toFixed(1)} MB in ${seconds} s`);
    return peak;
  });
  return peaks.sort((a, b) => a - b)[Math.floor(runs / 2)] as number;
}

/** Runs the command as users do. @returns its peak in megabytes, as the kernel counts it when the process exits. */
function evaluateFolders(real: string, generated: string): number {
  // Not what `resourceUsage` says: that is at least the memory of whoever has started the process.
  const atExit = `import { readFileSync, writeSync } from 'node:fs';
    process.on('exit', () => writeSync(3, readFileSync('/proc/self/status')));`;
  const { status, output } = spawnSync(
    process.execPath,
    [
      ...['--import', `data:text/javascript,${encodeURIComponent(atExit)}`],
      ...[join(repositoryRoot, 'packages', 'cli', 'bin', 'ggb.mjs'), 'evaluate'],
      ...['--real', real, '--generated', generated],
      ...['--json', join(scratchFolder, 'bench', 'evaluate-memory.json')],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit', 'pipe'] },
  );
  if (status !== 0) throw new Error(`ggb evaluate on ${real} ended with exit code ${status}.`);
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(output[3] ?? '')?.[1];
  if (kibibytes === undefined) throw new Error('/proc/self/status does not say VmHWM; this benchmark needs Linux.');
  return (Number(kibibytes) * 1024) / 1e6;
}
