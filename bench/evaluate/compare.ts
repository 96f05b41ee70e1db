// Scores of 12,800 pairs of files by protocol `tf` on two cores, ours against scikit-image in two processes. Rounds in turn.
// The peer would take a minute and a half for all of them, so each round gives it a part, evenly taken, and compares rates.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { protocols } from '@ggb/metrics';
import { imagesBackend, type NativePairFiles, scorePairFiles } from '@ggb/native-ops/images';
import { printMeasurement } from '../../tools/bench/measurement.mjs';
import { scratchFolder } from '../../tools/bootstrap/repository.mjs';
import { scikitImageEnvironment, scikitImagePeerFolder, scikitImagePython } from '../scikit-image-peer/environment.mjs';
import { busySeconds } from '../train-step/quiet.ts';
import { type PairFormat, photoPairs } from './photo-pairs.ts';

const cores = 2;
const count = 12_800;
const drawn = 800;
/** Pairs of the peer in a round, both processes together. */
const peerPairs = 400;
const defaultRounds = 7;
/** As the evaluator calls it. */
const batchSize = 64;
const batchesInFlight = 4;
/** What the fused kernel promises against float64. */
const tolerance = 1e-6;

/** `npm run bench -- NAME ROUNDS` runs fewer or more of them. */
export async function compareEvaluation(name: string, format: PairFormat): Promise<void> {
  const rounds = Number(process.argv[2] ?? defaultRounds);
  const backend = imagesBackend();
  if (!backend.available) throw new Error(`${backend.reason}. ${backend.remedy}`);
  const { pairs, bytes } = await photoPairs(join(scratchFolder, 'bench'), format, count, drawn);
  console.log(
    `${count} pairs of 256 x 256 pixels (${drawn} different), ${(bytes / 1000).toFixed(1)} KB a ${format} file`,
  );
  const peers = Array.from({ length: cores }, () => new ScikitImageProcess());
  const versions = await peers[0]?.request<Record<string, string>>({ command: 'versions' });

  const part = pairs.filter((_, index) => index % Math.floor(drawn / peerPairs) === 0).slice(0, peerPairs);
  const shares = peers.map((_, process) => part.filter((_, index) => index % cores === process));
  // Warm-up, which also shows that both compute the same.
  const ours = await scoreAll(part);
  const theirs = await Promise.all(peers.map((peer, process) => peer.score(shares[process] ?? [])));
  let worst = 0;
  for (const [index, score] of ours.entries()) {
    worst = Math.max(worst, Math.abs(score - (theirs[index % cores]?.scores[Math.floor(index / cores)] ?? Number.NaN)));
  }
  if (!(worst <= tolerance)) throw new Error(`Scores differ by ${worst}, expected at most ${tolerance}.`);

  const rates: { ours: number; peer: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = measured();
    await scoreAll(pairs);
    const own = start();
    const peerStart = performance.now();
    const answers = await Promise.all(peers.map((peer, process) => peer.score(shares[process] ?? [])));
    const peerSeconds = (performance.now() - peerStart) / 1000;
    const peerCpu = answers.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
    rates.push({ ours: count / own.seconds, peer: part.length / peerSeconds });
    // Of CPU time a busy machine changes less than of the time on the clock.
    const cpu = `CPU ${((1e6 * own.cpuSeconds) / count).toFixed(0)} and ${((1e6 * peerCpu) / part.length).toFixed(0)} us a pair`;
    const { ours, peer } = rates.at(-1) ?? { ours: 0, peer: 0 };
    const others =
      own.others === undefined ? '' : `, others took ${own.others.toFixed(2)} s of ${own.seconds.toFixed(2)} s`;
    console.log(
      `round ${round + 1}: ${ours.toFixed(0)} and ${peer.toFixed(1)} pairs/s, ${(ours / peer).toFixed(1)}x; ${cpu}${others}`,
    );
  }
  for (const peer of peers) peer.close();
  console.log(
    `worst difference of a score: ${worst.toExponential(1)}; median ratio of the rounds: ${median(rates.map(({ ours, peer }) => ours / peer)).toFixed(1)}x`,
  );
  console.log(`The peer scored ${part.length} of the ${count} pairs in each round.`);
  printMeasurement({
    name,
    ours: median(rates.map(({ ours }) => ours)),
    peer: median(rates.map(({ peer }) => peer)),
    peerName: `scikit-image (Gaussian, float64) with Pillow, ${cores} processes, malloc tuned`,
    unit: 'pairs/s',
    versions: { ...versions, images: backend.libraries.join(', ') },
  });
}

async function scoreAll(pairs: readonly NativePairFiles[]): Promise<number[]> {
  const request = { ...protocols.tf, metrics: ['ssim'], threads: cores } as const;
  const scores = new Array<number>(pairs.length);
  let next = 0;
  const lane = async () => {
    while (next < pairs.length) {
      const begin = next;
      next += batchSize;
      const results = await scorePairFiles(pairs.slice(begin, begin + batchSize), request);
      for (const [index, result] of results.entries()) {
        if ('problem' in result)
          throw new Error(`${pairs[begin + index]?.[result.problem.side]}: ${result.problem.message}`);
        scores[begin + index] = result.values.ssim ?? Number.NaN;
      }
    }
  };
  await Promise.all(Array.from({ length: batchesInFlight }, lane));
  return scores;
}

/** Wall time, and the CPU time that this program and others took meanwhile. */
function measured(): () => { seconds: number; cpuSeconds: number; others: number | undefined } {
  const [start, busy, own] = [performance.now(), busySeconds(), process.cpuUsage()];
  return () => {
    const seconds = (performance.now() - start) / 1000;
    const busyAfter = busySeconds();
    const { user, system } = process.cpuUsage(own);
    const cpuSeconds = (user + system) / 1e6;
    const others = busy === undefined || busyAfter === undefined ? undefined : busyAfter - busy - cpuSeconds;
    return { seconds, cpuSeconds, others };
  };
}

class ScikitImageProcess {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;

  constructor() {
    this.child = spawn(scikitImagePython(), [join(scikitImagePeerFolder, 'score_pairs.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: scikitImageEnvironment(),
    });
    if (this.child.stdout === null) throw new Error('The scikit-image peer has no output.');
    this.answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  score(pairs: readonly NativePairFiles[]): Promise<{ scores: readonly number[]; cpuSeconds: number }> {
    return this.request({ command: 'score', pairs: pairs.map(({ real, generated }) => [real, generated]) });
  }

  close(): void {
    this.child.stdin?.end();
  }

  async request<Answer>(request: object): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('The scikit-image peer ended; its messages stand above.');
    return JSON.parse(value) as Answer;
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
