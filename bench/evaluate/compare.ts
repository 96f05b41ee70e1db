// Scores of 12,800 pairs of files by protocol `tf` on two cores, ours against scikit-image in two processes. Rounds in turn.
// Ours is what `ggb evaluate --json` does once it knows the pairs: its evaluator with its settings, its choice of scorer, its
// journal. The peer would take a minute and a half for all of them, so each round gives it a part, evenly taken, and compares
// rates.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { protocolHash, protocols } from '@ggb/metrics';
import {
  Evaluator,
  type ImagePairs,
  type JournalConditions,
  openImagePairs,
  type PairFiles,
  ScoreColumns,
  smallestImage,
} from '@ggb/metrics/node';
import { imagesBackend } from '@ggb/native-ops/images';
import { KeptScores } from '../../packages/cli/src/commands/evaluate/kept-scores.ts';
import { choosePairScorer } from '../../packages/cli/src/native-pair-scorer.ts';
import { keepYoungGenerationSmall } from '../../packages/cli/src/young-generation.ts';
import { printMeasurement } from '../../tools/bench/measurement.mjs';
import { repositoryRoot, scratchFolder } from '../../tools/bootstrap/repository.mjs';
import { countArgument } from '../count-argument.ts';
import { scikitImageEnvironment, scikitImagePeerFolder, scikitImagePython } from '../scikit-image-peer/environment.mjs';
import { busySeconds } from '../train-step/quiet.ts';
import { type PairFormat, photoPairs } from './photo-pairs.ts';

const cores = 2;
const count = 12_800;
const drawn = 3_200;
/** Pairs of the peer in a round, both processes together. */
const peerPairs = 400;
const defaultRounds = 7;
/** What the fused kernel promises against float64. */
const tolerance = 1e-6;
const protocol = protocols.tf;
const metrics = ['ssim'] as const;

/** `npm run bench -- NAME ROUNDS` runs fewer or more of them. */
export async function compareEvaluation(name: string, format: PairFormat): Promise<void> {
  const rounds = countArgument('rounds', defaultRounds);
  const backend = imagesBackend();
  if (!backend.available) throw new Error(`${backend.reason}. ${backend.remedy}`);
  const { real, generated, bytes } = await photoPairs(join(scratchFolder, 'bench'), format, count, drawn);
  console.log(
    `${count} pairs of 256 x 256 pixels (${drawn} different), ${(bytes / 1000).toFixed(1)} KB a ${format} file`,
  );
  const peers = Array.from({ length: cores }, () => new ScikitImageProcess());
  const versions = await peers[0]?.request<Record<string, string>>({ command: 'versions' });

  const { pairs, problems } = await openImagePairs({ real, generated, smallest: smallestImage(protocol, metrics) });
  if (pairs.length !== count) throw new Error(`${pairs.length} pairs, expected ${count}: ${problems[0]?.file}`);
  const report = join(scratchFolder, 'bench', `${name}.json`);
  const part = Array.from({ length: peerPairs }, (_, i) => i * Math.floor(drawn / peerPairs));
  const shares = peers.map((_, process) =>
    part.filter((_, i) => i % cores === process).map((index) => pairs.files(index)),
  );
  // Warm-up, which also shows that both compute the same.
  const ours = await scoreAll(pairs, report);
  const theirs = await Promise.all(peers.map((peer, process) => peer.score(shares[process] ?? [])));
  let worst = 0;
  for (const [i, index] of part.entries()) {
    const score = theirs[i % cores]?.scores[Math.floor(i / cores)] ?? Number.NaN;
    worst = Math.max(worst, Math.abs(ours.value('ssim', index) - score));
  }
  if (!(worst <= tolerance)) throw new Error(`Scores differ by ${worst}, expected at most ${tolerance}.`);

  const rates: { ours: number; peer: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = measured();
    await scoreAll(pairs, report);
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
  const whole = wholeCommand(real, generated, report);
  console.log(
    `ggb evaluate from start to exit, headers, intervals and report included: ${whole.toFixed(2)} s, ${(count / whole).toFixed(0)} pairs/s`,
  );
  printMeasurement({
    name: `${name}: ${count} pairs, ${drawn} of them distinct`,
    ours: median(rates.map(({ ours }) => ours)),
    peer: median(rates.map(({ peer }) => peer)),
    peerName: `scikit-image (Gaussian, float64) with Pillow, ${cores} processes, malloc tuned`,
    unit: 'pairs/s',
    versions: { ...versions, images: backend.libraries.join(', ') },
  });
}

/** As `ggb evaluate` scores them. */
async function scoreAll(pairs: ImagePairs, report: string): Promise<ScoreColumns> {
  const { scorer } = await choosePairScorer({ protocol, metrics, threads: cores });
  const columns = new ScoreColumns(pairs.length, metrics);
  const conditions: JournalConditions = {
    protocolHash: protocolHash(protocol),
    metrics,
    scorer: scorer.description,
    real: '',
    generated: '',
  };
  const kept = KeptScores.open({ json: report }, conditions, pairs, columns);
  const evaluator = new Evaluator({ protocol, metrics, scorer });
  keepYoungGenerationSmall();
  for await (const { index, pair, outcome } of evaluator.results(pairs)) {
    if (outcome.values === undefined) throw new Error(`${pair[outcome.problem.side]}: ${outcome.problem.message}`);
    columns.set(index, outcome.values);
    kept.add(index, outcome.values);
  }
  kept.flush();
  kept.remove();
  return columns;
}

/** Seconds. */
function wholeCommand(real: string, generated: string, report: string): number {
  const start = performance.now();
  const { status } = spawnSync(
    process.execPath,
    [
      ...[join(repositoryRoot, 'packages', 'cli', 'bin', 'ggb.mjs'), 'evaluate'],
      ...['--real', real, '--generated', generated, '--json', report],
      ...['--protocol', protocol.name, '--metrics', metrics.join(), '--threads', `${cores}`],
    ],
    { stdio: 'ignore' },
  );
  if (status !== 0) throw new Error(`ggb evaluate ended with exit code ${status}.`);
  return (performance.now() - start) / 1000;
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

  score(pairs: readonly PairFiles[]): Promise<{ scores: readonly number[]; cpuSeconds: number }> {
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
