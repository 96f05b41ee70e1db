// The one file that loads native code: turns the `backend` of a config into TF.js's current backend, and says why it is
// that one. Everything is imported when it is asked for, so that a machine without the addon never sees it.
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import type { BackendName } from '@ggb/core';
import { BackendUnavailableError } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { ggb } from './command-name.ts';

export interface SelectedBackend {
  /** TF.js's name: native-cpu, tensorflow, wasm or cpu. */
  readonly name: Exclude<BackendName, 'auto' | 'native-cuda'>;
  /** Why it is this one, in words. */
  readonly reason: string;
  /** Threads of the native engine. */
  readonly threads?: number;
}

/** Training needs the gradients' kernels as well. */
export type BackendPurpose = 'training' | 'synthesis';

export interface BackendRequest {
  readonly backend: BackendName;
  readonly purpose: BackendPurpose;
  /** Threads of the native engine; without it GGB_THREADS, else all cores. */
  readonly threads?: number;
  /** Told once, when `auto` has chosen. */
  readonly announce?: (text: string) => void;
}

type Concrete = SelectedBackend['name'];

/** Fastest first. `auto` takes the first that works here for the purpose. */
const preference: readonly Concrete[] = ['native-cpu', 'tensorflow', 'wasm', 'cpu'];

/**
 * What a training step runs and TF.js's wasm backend (4.22.0) has no kernel for: the gradient of a convolution by its
 * filter. Synthesis needs no gradient.
 */
const trainingKernels = ['Conv2DBackpropFilter', 'Conv2DBackpropInput', 'FusedBatchNorm'];

const loaders: Readonly<Record<Concrete, (threads?: number) => Promise<{ detail: string; threads?: number }>>> = {
  'native-cpu': loadNative,
  tensorflow: loadTensorFlow,
  wasm: loadWasm,
  cpu: async () => ({ detail: 'plain TypeScript, slow' }),
};

/**
 * Makes the requested backend TF.js's current one.
 *
 * @throws BackendUnavailableError  if it cannot run here or has not all kernels; `auto` never throws this.
 * @throws InvalidSettingError  if a GGB_* variable of the environment has a value nobody understands.
 */
export async function selectBackend(request: BackendRequest): Promise<SelectedBackend> {
  const { backend, purpose, threads, announce } = request;
  if (backend === 'native-cuda') {
    throw new BackendUnavailableError(
      'native-cuda',
      'it is not built yet',
      'Continue on the CPU with backend=native-cpu (or backend=auto).',
    );
  }
  if (backend !== 'auto') return use(backend, purpose, threads, 'asked for');
  const passedOver: string[] = [];
  for (const name of preference) {
    try {
      const selected = await use(name, purpose, threads, 'auto');
      const because = passedOver.length === 0 ? 'the fastest' : passedOver.join('; ');
      const reason = `${selected.reason}; ${because}`;
      announce?.(`Backend: ${name} (${reason}).`);
      return { ...selected, reason };
    } catch (error) {
      // A setting that nobody understands is the user's to put right, not a reason for a slower backend.
      if (!(error instanceof Error) || error.name !== 'BackendUnavailableError') throw error;
      passedOver.push(`no ${name}: ${(error as BackendUnavailableError).reason}`);
    }
  }
  throw new Error('selectBackend: the plain cpu backend did not start.');
}

async function use(
  name: Concrete,
  purpose: BackendPurpose,
  wantedThreads: number | undefined,
  why: string,
): Promise<SelectedBackend> {
  const { detail, threads } = await loaders[name](wantedThreads);
  const missing = purpose === 'training' ? trainingKernels.filter((kernel) => !tf.getKernel(kernel, name)) : [];
  if (missing.length > 0) {
    throw new BackendUnavailableError(
      name,
      `it cannot train: it has no kernel ${missing.join(', ')}`,
      'Train with backend=native-cpu, backend=tensorflow or backend=cpu.',
    );
  }
  if (!(await tf.setBackend(name))) {
    throw new BackendUnavailableError(name, 'TensorFlow.js could not start it', `${ggb} doctor says more.`);
  }
  return { name, reason: `${why}: ${detail}`, ...(threads === undefined ? {} : { threads }) };
}

async function loadNative(threads?: number): Promise<{ detail: string; threads: number }> {
  // The engine reads its settings once, when its module is loaded.
  if (threads !== undefined) process.env.GGB_THREADS = String(threads);
  const { nativeBackend } = await import('@ggb/native-ops/node');
  const { description } = nativeBackend();
  const { instructionSet, convolutionLibrary } = description;
  return {
    detail: `${description.threads} threads, ${instructionSet}, ${convolutionLibrary}`,
    threads: description.threads,
  };
}

/** Versions other than tfjs-core's own would bring a second engine. */
const tensorFlowPackages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

async function loadTensorFlow(): Promise<{ detail: string }> {
  const require = createRequire(import.meta.url);
  const failures: string[] = [];
  for (const name of tensorFlowPackages) {
    try {
      require.resolve(name);
    } catch {
      continue;
    }
    try {
      require(name);
      tf.assertOneEngine();
      if (tf.engine().registryFactory.tensorflow === undefined) {
        throw new Error(`it brought no backend into TensorFlow.js ${tf.version_core}`);
      }
      return { detail: name };
    } catch (error) {
      failures.push(`${name} is installed and does not load: ${firstLine(error)}`);
    }
  }
  const command = `npm install @tensorflow/tfjs-node@${tf.version_core}`;
  throw new BackendUnavailableError(
    'tensorflow',
    failures.length > 0 ? failures.join('; ') : `neither ${tensorFlowPackages.join(' nor ')} is installed`,
    `Install it: ${command} (with an NVIDIA GPU: ${command.replace('tfjs-node', 'tfjs-node-gpu')}). Its install script downloads from storage.googleapis.com; without that host: docs/how-to/tensorflow-backend.md.`,
  );
}

async function loadWasm(): Promise<{ detail: string }> {
  const require = createRequire(import.meta.url);
  let file: string;
  try {
    file = require.resolve('@tensorflow/tfjs-backend-wasm');
  } catch (error) {
    throw new BackendUnavailableError(
      'wasm',
      '@tensorflow/tfjs-backend-wasm is not installed',
      `Install it: npm install @tensorflow/tfjs-backend-wasm@${tf.version_core}`,
      { cause: error },
    );
  }
  const wasm = require(file) as typeof import('@tensorflow/tfjs-backend-wasm');
  // Without a path the module would look beside the file that was started.
  wasm.setWasmPaths(dirname(file) + sep);
  tf.assertOneEngine();
  return { detail: "TensorFlow.js's WebAssembly" };
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').replace(/\.$/, '');
}
