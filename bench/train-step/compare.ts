// The training iteration of @ggb/core on native-cpu against the same iteration in PyTorch (bench/pytorch-peer): one committed
// config, the same weights and batches, the same number of threads, rounds in turn in one run, PyTorch in its fastest variant.
// First the losses of both sides are compared, so that it is the same work that is timed.
//
// --profile prints where our time goes by op and shape. --rounds N and --iterations N change how long it takes; --variant LAYOUT,ADAM takes
// PyTorch in that variant, as an earlier run found it fastest, instead of looking for it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  type Batch,
  conditionChannels,
  GuidingModel,
  randomWeights,
  resolveConfig,
  type TrainingConfig,
  TrainStep,
  writeSafetensors,
} from '@ggb/core';
import { nativeBackend } from '@ggb/native-ops/node';
import { randomUniform } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { printMeasurement } from '../../tools/bench/measurement.mjs';
import { countOption } from '../count-argument.ts';
import { adams, layouts, PeerProcess, type PeerTask, type PeerVariant } from './peer-process.ts';
import { busySeconds, isQuiet } from './quiet.ts';

export interface Rounds {
  /** Quiet rounds of each side. */
  readonly rounds: number;
  /** Iterations in a round. */
  readonly iterations: number;
}

interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** A side that can do iterations. */
type Runner = (iterations: number) => Promise<Sample>;

const batchCount = 2;
const checkedIterations = 2;
/**
 * How far losses, which are of the order of 1, may be apart: where nothing was updated before, by rounding alone. An update of
 * Adam moves weights whose gradient is rounding by whole steps, so from then on PyTorch's own two layouts differ: in the
 * second iteration at 64 pixels by 1.1e-2. That the updates are the same is the business of train-step.golden.spec.ts, on a
 * network where rounding stays small.
 */
const lossTolerances = {
  float32: { beforeUpdates: 2e-5, inFirstIteration: 5e-3, later: 5e-2 },
  // A bfloat16 is 2^-9 off at most, 0.2 %. We round what convolutions multiply, autocast also what lies between them.
  bfloat16: { beforeUpdates: 1e-2, inFirstIteration: 5e-2, later: 2e-1 },
};

/** Losses of an iteration that see a network updated in it. */
const followsUpdate = /^generator\.|\.(appearance|variation)$/;

export async function compareTrainStep(name: string, configFile: string, defaults: Rounds): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      profile: { type: 'boolean' },
      rounds: { type: 'string' },
      iterations: { type: 'string' },
      variant: { type: 'string' },
    },
  });
  const rounds = countOption('--rounds', options.rounds, defaults.rounds);
  const iterations = countOption('--iterations', options.iterations, defaults.iterations);

  // Run by tools/bench/bench.mjs in the root of the repository.
  const config = resolveConfig(JSON.parse(readFileSync(join('bench', 'train-step', configFile), 'utf8')));
  const backend = nativeBackend();
  const { threads, convolutionLibrary, instructionSet } = backend.description;
  const batches = Array.from({ length: batchCount }, (_, index) => randomBatch(config, index));
  const task = writeTask(name, config, batches, threads);

  const peer = new PeerProcess();
  try {
    const versions = await peer.versions();
    console.log(`ours: native-cpu, ${threads} threads, ${instructionSet}, convolutions by ${convolutionLibrary}`);
    console.log(`peer: PyTorch ${versions.torch}, ${threads} threads, ${versions.instructionSet}, ${versions.onednn}`);
    await checkLosses(peer, task, batches);

    const ours = new Ours(config, batches);
    if (options.profile) printProfile(ours);
    const variant = variantNamed(options.variant) ?? (await fastestVariant(peer, task, iterations));
    await peer.build(task, variant);
    await ours.run(iterations);
    await peer.run(iterations);
    const measured = await measure(rounds, iterations, ours.run, (count) => peer.run(count));

    const { batchSize } = config.training;
    const [ourSeconds, peerSeconds] = [median(measured.ours), median(measured.peer)];
    console.log(`ours: ${milliseconds(ourSeconds)} an iteration (${range(measured.ours)})`);
    console.log(`peer: ${milliseconds(peerSeconds)} an iteration (${range(measured.peer)})`);
    console.log(measured.remark);
    const fallbacks = backend.report.rows().filter(({ fallback }) => fallback > 0);
    console.log(
      `kernels of ours that fell back to TF.js: ${fallbacks.map(({ kernel }) => kernel).join(', ') || 'none'}`,
    );
    printMeasurement({
      name: `${name} batch ${batchSize}, one iteration of section 2.3`,
      ours: batchSize / ourSeconds,
      peer: batchSize / peerSeconds,
      peerName: `PyTorch ${versions.torch}, ${config.precision === 'bfloat16' ? 'bfloat16 autocast, ' : ''}${variant.layout}, Adam ${variant.adam}, ${threads} threads`,
      unit: 'images/s',
      versions: {
        convolutions: convolutionLibrary,
        tfjs: tf.version_core,
        torch: versions.torch ?? '',
        torchOnednn: versions.onednn ?? '',
        python: versions.python ?? '',
      },
    });
  } finally {
    peer.close();
  }
}

/** Our side: a model from the seed, and its step. */
class Ours {
  private readonly model: GuidingModel;
  private readonly trainStep: TrainStep;
  private step = 0;

  constructor(
    config: TrainingConfig,
    private readonly batches: readonly Batch[],
  ) {
    this.model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
    this.trainStep = new TrainStep(this.model, config);
  }

  iteration(): Record<string, number> {
    const values = this.trainStep.run(this.batches[this.step % this.batches.length] as Batch, this.step);
    this.step += 1;
    // Read after every iteration, as the peer does.
    const losses = values.dataSync();
    values.dispose();
    return Object.fromEntries(this.trainStep.lossNames.map((name, index) => [name, losses[index] as number]));
  }

  readonly run: Runner = async (iterations) => {
    const cpu = process.cpuUsage();
    const start = performance.now();
    for (let i = 0; i < iterations; i++) this.iteration();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };

  dispose(): void {
    this.trainStep.dispose();
    this.model.dispose();
  }
}

function randomBatch({ seed, image, condition, training }: TrainingConfig, index: number): Batch {
  const { batchSize } = training;
  const channels = conditionChannels(condition);
  const values = (part: number, count: number) =>
    randomUniform([batchSize, image.size, image.size, count], {
      seed,
      counter: 1 + part + 3 * index,
      min: -1,
      max: 1,
    }) as tf.Tensor4D;
  return { source: values(0, 3), target: values(1, 3), condition: values(2, channels), ids: [] };
}

/** Writes what both sides start from. */
function writeTask(name: string, config: TrainingConfig, batches: readonly Batch[], threads: number): PeerTask {
  const folder = join('.ggb', 'bench', name);
  mkdirSync(folder, { recursive: true });
  const write = (file: string, tensors: Iterable<readonly [string, tf.Tensor]>) => {
    const stored = [...tensors].map(([key, tensor]) => {
      const { buffer, byteOffset, byteLength } = tensor.dataSync<'float32'>();
      return [
        key,
        { dtype: 'F32', shape: tensor.shape, data: new Uint8Array(buffer, byteOffset, byteLength) },
      ] as const;
    });
    writeFileSync(join(folder, file), writeSafetensors(new Map(stored)));
    return join(folder, file);
  };
  const model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
  const weights = write('weights.safetensors', model.variables);
  model.dispose();
  const parts = batches.flatMap(({ source, target, condition }, index) =>
    Object.entries({ source, target, condition }).map(([part, tensor]) => [`${index}/${part}`, tensor] as const),
  );
  return { config, weights, batches: write('batches.safetensors', parts), threads };
}

/** Both sides do the same: the first iterations without dropout, whose masks differ, give the same losses. */
async function checkLosses(peer: PeerProcess, task: PeerTask, batches: readonly Batch[]): Promise<void> {
  const { generator } = task.config.model;
  const config = { ...task.config, model: { ...task.config.model, generator: { ...generator, dropout: 0 } } };
  const ours = new Ours(config, batches);
  await peer.build({ ...task, config }, { layout: 'contiguous', adam: 'fused' });
  const { losses } = await peer.run(checkedIterations);
  for (const [index, theirs] of losses.entries()) {
    const mine = ours.iteration();
    const isFresh = (key: string) => index === 0 && !followsUpdate.test(key);
    const keys = Object.keys({ ...mine, ...theirs });
    const { beforeUpdates, inFirstIteration, later } = lossTolerances[config.precision];
    expectEqual('losses before any update', keys.filter(isFresh), mine, theirs, beforeUpdates);
    const others = keys.filter((key) => !isFresh(key));
    expectEqual(`losses of iteration ${index + 1}`, others, mine, theirs, index === 0 ? inFirstIteration : later);
  }
  ours.dispose();
}

type Losses = Readonly<Record<string, number>>;

function expectEqual(what: string, keys: readonly string[], mine: Losses, theirs: Losses, tolerance: number): void {
  if (keys.length === 0) return;
  const differences = keys.map((key) => {
    const difference = Math.abs((mine[key] ?? Number.NaN) - (theirs[key] ?? Number.NaN));
    return { key, difference: Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference };
  });
  const worst = differences.reduce((a, b) => (b.difference > a.difference ? b : a));
  const words = `${keys.length} ${what} differ by at most ${worst.difference.toExponential(1)} (${worst.key})`;
  if (worst.difference > tolerance) {
    throw new Error(
      `${words}, expected at most ${tolerance}: ours ${mine[worst.key]}, PyTorch ${theirs[worst.key]}. ` +
        'The two sides do not do the same work; train-step.golden.spec.ts says where they part.',
    );
  }
  console.log(words);
}

/** What --variant says. */
function variantNamed(text: string | undefined): PeerVariant | undefined {
  if (text === undefined) return undefined;
  const [layout, adam] = text.split(',');
  const [knownLayout, knownAdam] = [layouts.find((each) => each === layout), adams.find((each) => each === adam)];
  if (knownLayout !== undefined && knownAdam !== undefined) return { layout: knownLayout, adam: knownAdam };
  throw new Error(`--variant ${text}: expected one of ${layouts.join(', ')}, a comma, and one of ${adams.join(', ')}.`);
}

/** Times each variant alone, first the layouts, then in the better one the Adams. */
async function fastestVariant(peer: PeerProcess, task: PeerTask, iterations: number): Promise<PeerVariant> {
  let best: { variant: PeerVariant; seconds: number } | undefined;
  const consider = async (variant: PeerVariant) => {
    await peer.build(task, variant);
    await peer.run(1);
    const samples = [];
    for (let i = 0; i < 3; i++) samples.push((await peer.run(iterations)).seconds / iterations);
    const seconds = Math.min(...samples);
    console.log(`peer, ${variant.layout}, Adam ${variant.adam}: ${milliseconds(seconds)} an iteration, fastest of 3`);
    if (best === undefined || seconds < best.seconds) best = { variant, seconds };
  };
  for (const layout of layouts) await consider({ layout, adam: 'fused' });
  const { layout } = (best as unknown as { variant: PeerVariant }).variant;
  for (const adam of adams) if (adam !== 'fused') await consider({ layout, adam });
  return (best as unknown as { variant: PeerVariant }).variant;
}

/** Seconds an iteration, by round. A round in which other programs ran is repeated, up to three times as many in all. */
async function measure(rounds: number, iterations: number, ours: Runner, peer: Runner) {
  const quiet: { ours: number; peer: number }[] = [];
  const all: { ours: number; peer: number }[] = [];
  while (quiet.length < rounds && all.length < 3 * rounds) {
    // Who comes second finds a warmer processor: take turns.
    const oursFirst = all.length % 2 === 0;
    const first = await sample(oursFirst ? ours : peer, iterations);
    const second = await sample(oursFirst ? peer : ours, iterations);
    const [mine, theirs] = oursFirst ? [first, second] : [second, first];
    const times = { ours: mine.seconds / iterations, peer: theirs.seconds / iterations };
    all.push(times);
    if (first.isQuiet && second.isQuiet) quiet.push(times);
    console.error(
      `round ${all.length}: ours ${milliseconds(times.ours)}, peer ${milliseconds(times.peer)}` +
        `${first.isQuiet && second.isQuiet ? '' : ', other programs ran'}`,
    );
  }
  const isEnough = quiet.length === rounds;
  const used = isEnough ? quiet : all;
  const remark = isEnough
    ? `medians of ${rounds} quiet rounds (of ${all.length}) of ${iterations} iterations`
    : `NOT QUIET: medians of all ${all.length} rounds of ${iterations} iterations, ${quiet.length} of them quiet`;
  return { ours: used.map((times) => times.ours), peer: used.map((times) => times.peer), remark };
}

async function sample(runner: Runner, iterations: number): Promise<Sample & { isQuiet: boolean }> {
  // The threads of the other side spin for some milliseconds before they sleep.
  await pause(50);
  const before = busySeconds();
  const measured = await runner(iterations);
  const after = busySeconds();
  const others = before === undefined || after === undefined ? 0 : after - before - measured.cpuSeconds;
  return { ...measured, isQuiet: isQuiet(others, measured.seconds) };
}

function printProfile(ours: Ours): void {
  ours.iteration();
  const start = performance.now();
  const ops = nativeBackend().profile(() => ours.iteration());
  const wall = performance.now() - start;
  const inOps = ops.reduce((sum, { ms }) => sum + ms, 0);
  for (const { op, shape, calls, ms } of ops) {
    console.log(
      `${String(calls).padStart(5)} calls ${ms.toFixed(2).padStart(9)} ms ${percent(ms / wall)}  ${op} ${shape}`,
    );
  }
  console.log(
    `${'rest'.padStart(11)} ${(wall - inOps).toFixed(2).padStart(9)} ms ${percent(1 - inOps / wall)}  outside of the addon`,
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}

function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toFixed(1)} ms`;
}

function range(seconds: readonly number[]): string {
  return `${milliseconds(Math.min(...seconds))} to ${milliseconds(Math.max(...seconds))}`;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}
