// What reading the data costs training at 64 pixels: iterations of the preset quick with batches from a manifest of figures,
// against the same iterations on two batches that stay in memory. Rounds in turn; warm: every image has been decoded once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, GuidingModel, randomWeights, resolveConfig, TrainStep } from '@ggb/core';
import { BatchStream, readPairManifest, writeFigures } from '@ggb/core/node';
import { nativeBackend } from '@ggb/native-ops/node';
import * as tf from '@ggb/native-ops/tf';
import { printMeasurement } from '../tools/bench/measurement.mjs';

const rounds = 9;
const iterations = 20;

const folder = mkdtempSync(join(tmpdir(), 'ggb-bench-loader-'));
try {
  const figures = join(folder, 'figures');
  await writeFigures({ out: figures, size: 64, identities: 20, poses: 8, seed: 1 });
  const config = resolveConfig({ preset: 'quick' });
  const model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
  const step = new TrainStep(model, config);
  const { batchSize } = config.training;
  const pairs = await readPairManifest(figures);
  const stream = new BatchStream({ pairs, network: config, data: config.data, seed: config.seed, batchSize });
  const dispose = ({ source, target, condition }: Batch) => tf.dispose([source, target, condition]);

  let done = 0;
  /** As the trainer does it: one value is read a logging interval, the event loop gets a turn each step. */
  const iterate = async (batchOf: (number: number) => Promise<Batch>, isOwned: boolean) => {
    const start = performance.now();
    for (let i = 0; i < iterations; i += 1, done += 1) {
      const batch = await batchOf(done);
      const losses = step.run(batch, done);
      if (i === iterations - 1) losses.dataSync();
      losses.dispose();
      if (isOwned) dispose(batch);
      await new Promise(setImmediate);
    }
    return (batchSize * iterations * 1000) / (performance.now() - start);
  };

  const resident = await Promise.all([stream.batch(0), stream.batch(1)]);
  const fromMemory = (number: number) => Promise.resolve(resident[number % 2] as Batch);
  const fromManifest = (number: number) => stream.batch(number);
  // Every image decoded, every kernel and every JavaScript function warm.
  for (let number = 0; number < Math.ceil(pairs.length / batchSize); number += 1) dispose(await stream.batch(number));
  await iterate(fromManifest, true);
  await iterate(fromMemory, false);

  const ours: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await iterate(fromManifest, true));
    peer.push(await iterate(fromMemory, false));
    console.log(`round ${round + 1}: ${ours.at(-1)?.toFixed(1)} with the loader, ${peer.at(-1)?.toFixed(1)} resident`);
  }
  await stream.close();
  for (const batch of resident) dispose(batch);
  step.dispose();
  model.dispose();
  const { threads, instructionSet, convolutionLibrary } = nativeBackend().description;
  console.log(`${threads} threads, ${instructionSet}, ${convolutionLibrary}`);
  printMeasurement({
    name: 'loader-64',
    ours: median(ours),
    peer: median(peer),
    peerName: 'the same iterations on resident batches',
    unit: 'images/s',
  });
} finally {
  rmSync(folder, { recursive: true });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}
