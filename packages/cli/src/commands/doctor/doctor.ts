// `ggb doctor`: what loads here, what does not, why, and what to do; with a calculation that shows it computes rightly.
import { availableParallelism, cpus, totalmem } from 'node:os';
import { type BackendName, conditionChannels, GuidingModel, randomWeights, resolveConfig, TrainStep } from '@ggb/core';
import { imagesBackend } from '@ggb/native-ops/images';
import { convolutionPrecisionProblem } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { selectBackend } from '../../select-backend.ts';

export interface Finding {
  readonly name: string;
  /** `absent`: not here and not needed. */
  readonly status: 'ok' | 'absent' | 'failed';
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export interface Diagnosis {
  /** Whether the default backend works and computes rightly. */
  readonly usable: boolean;
  /** What backend=auto takes here for training. */
  readonly trainsOn: string;
  readonly findings: readonly Finding[];
}

export async function examine(): Promise<Diagnosis> {
  const native = await backendFinding('native-cpu');
  const selfTests = native.status === 'ok' ? await selfTestFindings() : [];
  const nativeWorks = [native, ...selfTests].every(({ status }) => status === 'ok');
  const findings = [
    nodeFinding(),
    { name: 'machine', status: 'ok', detail: machineText() } as const,
    native,
    ...selfTests,
    // An addon that is older than its TypeScript may not even have the question.
    ...(nativeWorks ? [await bfloat16Finding()] : []),
    await backendFinding('tensorflow', 'synthesis'),
    await backendFinding('wasm', 'synthesis'),
    await backendFinding('native-cuda'),
    await sharpFinding(),
    imagesFinding(),
  ];
  const { name } = await selectBackend({ backend: 'auto', purpose: 'training' }).catch(() => ({ name: 'nothing' }));
  return { usable: nativeWorks, trainsOn: name, findings };
}

/** For people: one line a finding, what to do below it. */
export function findingsText({ usable, trainsOn, findings }: Diagnosis): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(({ name, status, detail, remedy }) => {
    const line = `${status.padEnd(6)}  ${name.padEnd(width)}  ${detail}`;
    return remedy === undefined ? line : `${line}\n${' '.repeat(width + 10)}${remedy}`;
  });
  const verdict = usable
    ? 'Everything that ggb needs works.'
    : `The default backend native-cpu does not work here. backend=auto trains on ${trainsOn}, which is much slower.`;
  return [...lines, verdict].join('\n');
}

/** The range of package.json's `engines`. */
function nodeFinding(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  return {
    name: 'node',
    status: supported ? 'ok' : 'failed',
    detail: `${process.version}, ${process.platform} ${process.arch}`,
    ...(supported ? {} : { remedy: 'ggb is tested with Node 20.19, 22.12 and later.' }),
  };
}

function machineText(): string {
  const model = cpus()[0]?.model.trim() || 'processor of unknown name';
  return `${model}, ${availableParallelism()} cores for this process, ${(totalmem() / 2 ** 30).toFixed(1)} GiB memory`;
}

/** Whether `precision=bfloat16` can be had. */
async function bfloat16Finding(): Promise<Finding> {
  await tf.setBackend('native-cpu');
  const problem = convolutionPrecisionProblem('bfloat16');
  await tf.setBackend('cpu');
  const name = 'bfloat16';
  if (problem === undefined) return { name, status: 'ok', detail: 'precision=bfloat16 trains faster here' };
  return { name, status: 'absent', detail: problem.reason, remedy: problem.remedy };
}

/** Backends that a machine may well be without. */
const optionalBackends: readonly BackendName[] = ['tensorflow', 'native-cuda'];

async function backendFinding(backend: BackendName, purpose: 'training' | 'synthesis' = 'training'): Promise<Finding> {
  try {
    const { reason } = await selectBackend({ backend, purpose });
    return { name: backend, status: 'ok', detail: reason.replace(/^asked for: /, '') };
  } catch (error) {
    const { reason, remedy, message } = error as Partial<{ reason: string; remedy: string }> & Error;
    const broken = !optionalBackends.includes(backend) || /does not load/.test(reason ?? '');
    return {
      name: backend,
      status: broken ? 'failed' : 'absent',
      detail: reason ?? message,
      ...(remedy === undefined ? {} : { remedy }),
    };
  } finally {
    await tf.setBackend('cpu');
  }
}

/** What the native engine computes, held against TF.js's plain kernels; it also finds an addon older than its TypeScript. */
async function selfTestFindings(): Promise<Finding[]> {
  const findings = [
    // Sums of about a hundred products of numbers near 1, in float32, in another order than TF.js's.
    await selfTestFinding('convolution', 'a convolution and its gradients', 1e-4, convolutionWithGradients),
    // Losses of one iteration of a tiny model, after a few layers of such sums.
    await selfTestFinding('training', 'one iteration of training', 1e-4, iterationOfTraining),
  ];
  await tf.setBackend('cpu');
  return findings;
}

async function selfTestFinding(
  test: string,
  what: string,
  tolerance: number,
  compute: () => Promise<number[]>,
): Promise<Finding> {
  const name = `self-test: ${test}`;
  const on = async (backend: string) => {
    await tf.setBackend(backend);
    return compute();
  };
  try {
    const expected = await on('cpu');
    const received = await on('native-cpu');
    // Math.max passes NaN on, so a kernel that computes NaN cannot pass.
    const worst = Math.max(...expected.map((value, index) => Math.abs(value - (received[index] ?? Number.NaN))));
    if (expected.length === received.length && worst <= tolerance) {
      return { name, status: 'ok', detail: `${what}: as TensorFlow.js, worst error ${worst.toExponential(0)}` };
    }
    return {
      name,
      status: 'failed',
      detail: `${what}: differs from TensorFlow.js by ${worst}, expected at most ${tolerance}`,
      remedy: 'Rebuild the engine: npm run build. Until then, use backend=cpu. Please report this.',
    };
  } catch (error) {
    return {
      name,
      status: 'failed',
      detail: `${what}: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Rebuild the engine: npm run build. If that does not help, please report the line above.',
    };
  }
}

async function convolutionWithGradients(): Promise<number[]> {
  const results = tf.tidy(() => {
    const x = wave([2, 8, 8, 3]);
    const filter = wave([4, 4, 3, 5]);
    const { value, grads } = tf.valueAndGrads((a, b) =>
      tf
        .conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same')
        .square()
        .mean(),
    )([x, filter]);
    return tf.concat([value, ...grads].map((tensor) => tensor.flatten()));
  });
  const values = [...(await results.data())];
  results.dispose();
  return values;
}

/** Every loss of the first step of a model with all of its parts. */
async function iterationOfTraining(): Promise<number[]> {
  const config = resolveConfig({
    preset: 'quick',
    image: { size: 16 },
    model: {
      generator: { baseChannels: 2, maxChannels: 4 },
      discriminator: { layers: 2, baseChannels: 2, maxChannels: 4 },
      guidingBlock: { encoderChannels: [2, 2], criticChannels: [2, 2] },
    },
  });
  const model = new GuidingModel(config, randomWeights('uniform', 0));
  const step = new TrainStep(model, config);
  const batch = {
    source: wave([2, 16, 16, 3]),
    target: wave([2, 16, 16, 3], 1),
    condition: wave([2, 16, 16, conditionChannels(config.condition)]),
    ids: ['a', 'b'],
  };
  const losses = step.run(batch, 0);
  const values = [...(await losses.data())];
  tf.dispose([losses, batch.source, batch.target, batch.condition]);
  step.dispose();
  model.dispose();
  return values;
}

/** Numbers in -1..1 that are the same everywhere. */
function wave(shape: [number, number, number, number], phase = 0): tf.Tensor4D {
  const length = shape.reduce((product, side) => product * side, 1);
  return tf.tensor4d(
    Float32Array.from({ length }, (_, i) => Math.sin(i * 0.7 + phase)),
    shape,
  );
}

/** Evaluation is faster with it; sharp does the same. */
function imagesFinding(): Finding {
  const name = 'native images';
  const backend = imagesBackend();
  if (!backend.available) return { name, status: 'absent', detail: backend.reason, remedy: backend.remedy };
  return { name, status: 'ok', detail: `${backend.libraries.join(', ')}, ${backend.threads} threads` };
}

async function sharpFinding(): Promise<Finding> {
  try {
    const { default: sharp } = await import('sharp');
    const pixels = Buffer.from([255, 0, 0, 0, 255, 0]);
    const png = await sharp(pixels, { raw: { width: 2, height: 1, channels: 3 } })
      .png()
      .toBuffer();
    const again = await sharp(png).raw().toBuffer();
    if (!again.equals(pixels)) throw new Error('a PNG came back with other pixels');
    return { name: 'sharp', status: 'ok', detail: `${sharp.versions.sharp}, libvips ${sharp.versions.vips}` };
  } catch (error) {
    return {
      name: 'sharp',
      status: 'failed',
      detail: `images cannot be read: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      remedy: 'Install it for this platform: npm install --include=optional sharp',
    };
  }
}
