// `ggb doctor`: what loads here, what does not, why, and what to do; with a calculation that shows it computes rightly.
import { availableParallelism, cpus, totalmem } from 'node:os';
import type { BackendName } from '@ggb/core';
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
  const selfTest = native.status === 'ok' ? await selfTestFinding() : undefined;
  const findings = [
    nodeFinding(),
    { name: 'machine', status: 'ok', detail: machineText() } as const,
    native,
    ...(selfTest === undefined ? [] : [selfTest]),
    await backendFinding('tensorflow', 'synthesis'),
    await backendFinding('wasm', 'synthesis'),
    await backendFinding('native-cuda'),
    await sharpFinding(),
  ];
  const usable = native.status === 'ok' && selfTest?.status === 'ok';
  const { name } = await selectBackend({ backend: 'auto', purpose: 'training' }).catch(() => ({ name: 'nothing' }));
  return { usable, trainsOn: name, findings };
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

/** Sums of about a hundred products of numbers near 1 in float32, in another order than TF.js's. */
const selfTestTolerance = 1e-4;

/** A convolution and its gradients on the native engine, held against TF.js's plain kernels. */
async function selfTestFinding(): Promise<Finding> {
  const name = 'self-test';
  try {
    const expected = await convolutionWithGradients('cpu');
    const received = await convolutionWithGradients('native-cpu');
    // Math.max passes NaN on, so a kernel that computes NaN cannot pass.
    const worst = Math.max(...expected.map((value, index) => Math.abs(value - (received[index] ?? Number.NaN))));
    if (expected.length === received.length && worst <= selfTestTolerance) {
      const error = worst.toExponential(0);
      return { name, status: 'ok', detail: `convolution and gradients agree with TensorFlow.js, worst error ${error}` };
    }
    return {
      name,
      status: 'failed',
      detail: `a convolution differs from TensorFlow.js by ${worst}, expected at most ${selfTestTolerance}`,
      remedy: 'Rebuild the engine: npm run build. Until then, train with backend=cpu. Please report this.',
    };
  } catch (error) {
    return {
      name,
      status: 'failed',
      detail: `a convolution failed: ${error instanceof Error ? error.message : String(error)}`,
      remedy: 'Please report this with the line above. Until then, train with backend=cpu.',
    };
  } finally {
    await tf.setBackend('cpu');
  }
}

async function convolutionWithGradients(backend: string): Promise<number[]> {
  await tf.setBackend(backend);
  const wave = (shape: [number, number, number, number]) =>
    tf.tensor4d(
      Float32Array.from({ length: shape.reduce((product, side) => product * side, 1) }, (_, i) => Math.sin(i * 0.7)),
      shape,
    );
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
