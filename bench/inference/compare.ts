// The generator of @ggb/core on native-cpu draws one image (batch 1, running statistics), against the same generator with the
// same weights in PyTorch (eager and compiled, both memory layouts) and in ONNX Runtime, on the ONNX file that PyTorch
// exports. The peers are processes of their own; all compute in turn, on the same number of threads. What is timed goes from
// arrays of values to an array of values. First the images of all are compared.
//
// --profile prints where our time goes by op and shape. --rounds N and --inferences N change how long it takes.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import {
  conditionChannels,
  GuidingModel,
  randomWeights,
  resolveConfig,
  type TrainingConfig,
  type TrainingConfigInput,
  writeSafetensors,
} from '@ggb/core';
import { nativeBackend } from '@ggb/native-ops/node';
import { compileStep, randomUniform } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { printMeasurement } from '../../tools/bench/measurement.mjs';
import { countOption } from '../count-argument.ts';
import { onnxRuntimeFolder, onnxRuntimeVersion, peerScript } from '../onnxruntime-peer/environment.mjs';
import { peerFolder, peerPython, tunedEnvironment } from '../pytorch-peer/environment.mjs';
import { RequestProcess } from '../request-process.ts';
import { busySeconds, isQuiet } from '../train-step/quiet.ts';

export interface Rounds {
  /** Quiet rounds of each side. */
  readonly rounds: number;
  /** Images drawn in a round. */
  readonly inferences: number;
}

interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

interface Side {
  readonly name: string;
  run(count: number): Promise<Sample>;
}

/** Ways to run the generator in PyTorch, of which the fastest is compared. */
const variants = ['contiguous', 'channelsLast'].flatMap((layout) =>
  [false, true].map((compiled) => ({ layout, compiled })),
);

/**
 * How far pixels in -1..1 may be apart. Sums of up to 16384 products in another order, in fifteen layers behind one another;
 * batch norm folded into the kernels in ONNX Runtime. Seen: 1e-6 to 1e-5. An error of a layer shows as 1e-2 and more.
 */
const tolerance = 1e-4;

/** Passes in training mode that give running statistics values of their own: those of the start would hide a mistake. */
const statisticsPasses = 12;

export async function compareInference(name: string, input: TrainingConfigInput, defaults: Rounds): Promise<void> {
  const { values: options } = parseArgs({
    options: { profile: { type: 'boolean' }, rounds: { type: 'string' }, inferences: { type: 'string' } },
  });
  const rounds = countOption('--rounds', options.rounds, defaults.rounds);
  const inferences = countOption('--inferences', options.inferences, defaults.inferences);

  const config = resolveConfig(input);
  const folder = join('.ggb', 'bench', name);
  mkdirSync(folder, { recursive: true });
  const { threads, convolutionLibrary, instructionSet } = nativeBackend().description;
  const ours = new Ours(config);
  const weights = ours.writeWeights(join(folder, 'weights.safetensors'));
  const files = ours.writeInputs(folder);

  const pytorch = new RequestProcess(
    'PyTorch',
    peerPython(),
    [join(peerFolder, 'inference_peer.py')],
    tunedEnvironment(),
  );
  const onnxRuntime = new RequestProcess(
    'ONNX Runtime',
    process.execPath,
    [peerScript, onnxRuntimeFolder()],
    tunedEnvironment(),
  );
  try {
    const versions = await pytorch.request<Record<string, string>>({ command: 'versions' });
    console.log(`ours: native-cpu, ${threads} threads, ${instructionSet}, convolutions by ${convolutionLibrary}`);
    console.log(`peers: PyTorch ${versions.torch}, ${versions.onednn}; ONNX Runtime ${onnxRuntimeVersion}`);
    await pytorch.request({ command: 'load', config, weights, x: files.x.file, c: files.c.file, threads });
    const model = join(folder, 'generator.onnx');
    await pytorch.request({ command: 'export', file: model });
    await onnxRuntime.request({ command: 'load', model, inputs: files, threads });

    const expected = ours.imageChannelsFirst();
    const check = async (who: string, process: RequestProcess) => {
      const file = join(folder, 'image.f32');
      await process.request({ command: 'output', file });
      expectEqual(who, expected, floats(file));
    };
    await check('ONNX Runtime', onnxRuntime);

    if (options.profile) ours.printProfile();
    let best: { readonly variant: (typeof variants)[number]; readonly seconds: number } | undefined;
    for (const variant of variants) {
      const { layout, compiled } = variant;
      const words = `PyTorch, ${layout}, ${compiled ? 'compiled' : 'eager'}`;
      await pytorch.request({ command: 'build', ...variant });
      await check(words, pytorch);
      const samples: number[] = [];
      for (let i = 0; i < 3; i++) {
        samples.push((await pytorch.request<Sample>({ command: 'run', count: inferences })).seconds / inferences);
      }
      const seconds = Math.min(...samples);
      console.log(`${words}: ${milliseconds(seconds)} an image, fastest of 3`);
      if (best === undefined || seconds < best.seconds) best = { variant, seconds };
    }
    const { variant } = best as NonNullable<typeof best>;
    await pytorch.request({ command: 'build', ...variant });
    const pytorchName = `PyTorch ${versions.torch}, ${variant.layout}, ${variant.compiled ? 'compiled' : 'eager'}`;
    const sides: Side[] = [
      { name: 'ours', run: ours.run },
      { name: pytorchName, run: (count) => pytorch.request<Sample>({ command: 'run', count }) },
      {
        name: `ONNX Runtime ${onnxRuntimeVersion}`,
        run: (count) => onnxRuntime.request<Sample>({ command: 'run', count }),
      },
    ];
    for (const side of sides) await side.run(inferences);
    const { times, remark } = await measure(sides, rounds, inferences);
    const medians = times.map(median);
    for (const [index, side] of sides.entries()) {
      console.log(`${side.name}: ${milliseconds(medians[index] as number)} an image (${range(times[index] ?? [])})`);
    }
    console.log(remark);
    const fallbacks = nativeBackend()
      .report.rows()
      .filter(({ fallback }) => fallback > 0);
    console.log(
      `kernels of ours that fell back to TF.js: ${fallbacks.map(({ kernel }) => kernel).join(', ') || 'none'}`,
    );
    const [ourSeconds, ...peerSeconds] = medians as [number, ...number[]];
    const peer = peerSeconds.indexOf(Math.min(...peerSeconds));
    printMeasurement({
      name: `${name} batch 1, one image of the generator`,
      ours: 1 / ourSeconds,
      peer: 1 / (peerSeconds[peer] as number),
      peerName: `${sides[peer + 1]?.name}, ${threads} threads; the better of PyTorch and ONNX Runtime`,
      unit: 'images/s',
      versions: {
        convolutions: convolutionLibrary,
        tfjs: tf.version_core,
        torch: versions.torch ?? '',
        torchOnednn: versions.onednn ?? '',
        onnxRuntime: onnxRuntimeVersion,
        python: versions.python ?? '',
      },
    });
  } finally {
    pytorch.close();
    onnxRuntime.close();
  }
}

class Ours {
  private readonly model: GuidingModel;
  private readonly x: Float32Array;
  private readonly c: Float32Array;
  private readonly size: number;
  private readonly conditionChannels: number;
  private readonly generate = compileStep(
    (x: tf.Tensor4D, c: tf.Tensor4D) => this.model.generator.forward(x, c, undefined, false).image,
    {
      onEager: (reason) => {
        throw new Error(`The generator cannot be replayed: ${reason}.`);
      },
    },
  );

  constructor(config: TrainingConfig) {
    this.size = config.image.size;
    this.conditionChannels = conditionChannels(config.condition);
    this.model = new GuidingModel(config, randomWeights(config.model.initialisation, config.seed));
    const values = (channels: number, counter: number) =>
      tf.tidy(() => {
        const shape = [1, this.size, this.size, channels];
        return randomUniform(shape, { seed: config.seed, counter, min: -1, max: 1 }).dataSync<'float32'>().slice();
      });
    this.x = values(3, 1);
    this.c = values(this.conditionChannels, 2);
    for (let step = 0; step < statisticsPasses; step++) {
      tf.tidy(() => {
        const [x, c] = this.inputs();
        this.model.generator.forward(x, c, { seed: 0, step, pass: 0 });
      });
    }
  }

  /** From values to values. Read outside of the tidy, which looks for tensors in all that it returns. */
  private draw(): Float32Array {
    const image = tf.tidy(() => {
      const [x, c] = this.inputs();
      return this.generate.run(x, c);
    });
    const values = image.dataSync<'float32'>();
    image.dispose();
    return values;
  }

  private inputs(): [tf.Tensor4D, tf.Tensor4D] {
    return [
      tf.tensor4d(this.x, [1, this.size, this.size, 3]),
      tf.tensor4d(this.c, [1, this.size, this.size, this.conditionChannels]),
    ];
  }

  readonly run = async (count: number): Promise<Sample> => {
    const cpu = process.cpuUsage();
    const start = performance.now();
    for (let i = 0; i < count; i++) this.draw();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  };

  imageChannelsFirst(): Float32Array {
    return channelsFirst(this.draw(), this.size, 3);
  }

  writeWeights(file: string): string {
    const stored = [...this.model.variables].map(([key, variable]) => {
      const { buffer, byteOffset, byteLength } = variable.dataSync<'float32'>();
      const data = new Uint8Array(buffer, byteOffset, byteLength);
      return [key, { dtype: 'F32', shape: variable.shape, data }] as const;
    });
    writeFileSync(file, writeSafetensors(new Map(stored)));
    return file;
  }

  writeInputs(folder: string) {
    const write = (name: string, values: Float32Array, channels: number) => {
      const file = join(folder, `${name}.f32`);
      writeFileSync(file, new Uint8Array(channelsFirst(values, this.size, channels).buffer));
      return { file, dims: [1, channels, this.size, this.size] };
    };
    return { x: write('x', this.x, 3), c: write('c', this.c, this.conditionChannels) };
  }

  printProfile(): void {
    for (let i = 0; i < 3; i++) this.draw();
    const count = 5;
    const start = performance.now();
    const ops = nativeBackend().profile(() => {
      for (let i = 0; i < count; i++) this.draw();
    });
    const wall = (performance.now() - start) / count;
    for (const { op, shape, calls, ms } of ops) {
      console.log(
        `${String(calls / count).padStart(5)} calls ${(ms / count).toFixed(2).padStart(9)} ms  ${op} ${shape}`,
      );
    }
    const inOps = ops.reduce((sum, { ms }) => sum + ms, 0) / count;
    console.log(`${'rest'.padStart(11)} ${(wall - inOps).toFixed(2).padStart(9)} ms  outside of the addon`);
  }
}

/** NHWC to NCHW, batch 1. */
function channelsFirst(values: Float32Array, size: number, channels: number): Float32Array {
  const pixels = size * size;
  return Float32Array.from(values, (_, i) => values[(i % pixels) * channels + Math.floor(i / pixels)] as number);
}

function floats(file: string): Float32Array {
  const { buffer, byteOffset, byteLength } = readFileSync(file);
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
}

function expectEqual(who: string, ours: Float32Array, theirs: Float32Array): void {
  let worst = ours.length === theirs.length ? 0 : Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const [i, value] of ours.entries()) {
    const difference = Math.abs(value - (theirs[i] ?? Number.NaN));
    worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    largest = Math.max(largest, Math.abs(value));
  }
  const words = `${who}: pixels in -${largest.toFixed(2)}..${largest.toFixed(2)} differ by at most ${worst.toExponential(1)}`;
  // An image that is 0 everywhere would agree with anything.
  if (worst > tolerance || largest < 0.05) {
    throw new Error(`${words}, expected at most ${tolerance}: the two sides do not draw the same image.`);
  }
  console.log(words);
}

/** Seconds an image by side and round. A round in which other programs ran is repeated, up to three times as many in all. */
async function measure(sides: readonly Side[], rounds: number, count: number) {
  const all: { readonly times: number[]; readonly isQuiet: boolean }[] = [];
  while (all.filter((round) => round.isQuiet).length < rounds && all.length < 3 * rounds) {
    const times: number[] = [];
    let wasQuiet = true;
    // Who comes later finds a warmer processor: take turns.
    for (let turn = 0; turn < sides.length; turn++) {
      const place = (turn + all.length) % sides.length;
      // The threads of the side before spin for some milliseconds before they sleep.
      await pause(50);
      const before = busySeconds();
      const { seconds, cpuSeconds } = await (sides[place] as Side).run(count);
      const after = busySeconds();
      const others = before === undefined || after === undefined ? 0 : after - before - cpuSeconds;
      wasQuiet = wasQuiet && isQuiet(others, seconds);
      times[place] = seconds / count;
    }
    all.push({ times, isQuiet: wasQuiet });
    console.error(
      `round ${all.length}: ${times.map(milliseconds).join(', ')}${wasQuiet ? '' : ', other programs ran'}`,
    );
  }
  const quiet = all.filter((round) => round.isQuiet);
  const isEnough = quiet.length === rounds;
  const used = isEnough ? quiet : all;
  return {
    times: sides.map((_, place) => used.map(({ times }) => times[place] as number)),
    remark: isEnough
      ? `medians of ${rounds} quiet rounds (of ${all.length}) of ${count} images`
      : `NOT QUIET: medians of all ${all.length} rounds of ${count} images, ${quiet.length} of them quiet`,
  };
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
