// On which of TensorFlow.js's backends a Synthesizer runs, without taking the current one from the rest of the program.
import * as tf from '@ggb/native-ops/tf';
import { SynthesisBackendError } from './errors.ts';

export interface SynthesisBackend {
  readonly name: string;
  /** Why it is this one, in words. */
  readonly reason: string;
}

/**
 * Starts the backend asked for, or else the current one; afterwards the current backend is what it was, if there was one.
 *
 * @throws SynthesisBackendError  if TensorFlow.js does not know it, or it does not start.
 */
export async function startBackend(asked: string | undefined): Promise<SynthesisBackend> {
  if (asked === undefined) {
    await tf.ready();
    return { name: tf.getBackend(), reason: "TensorFlow.js's current backend when the checkpoint was loaded" };
  }
  const { registry, registryFactory } = tf.engine();
  if (!Object.hasOwn(registryFactory, asked)) {
    throw new SynthesisBackendError(asked, 'not registered', Object.keys(registryFactory), tf.version_core);
  }
  if (!Object.hasOwn(registry, asked)) {
    const current: string | undefined = tf.getBackend();
    const hasStarted = await tf.setBackend(asked);
    if (current !== undefined && current !== asked) await tf.setBackend(current);
    if (!hasStarted) {
      throw new SynthesisBackendError(asked, 'did not start', Object.keys(registryFactory), tf.version_core);
    }
  }
  return { name: asked, reason: 'asked for' };
}

/** Runs synchronous operations on a backend that has been started. */
export function onBackend<T>(name: string, run: () => T): T {
  const current: string | undefined = tf.getBackend();
  if (current === name) return run();
  // For a backend that has been started, setBackend is done when it returns; its promise has nothing more to tell.
  void tf.setBackend(name);
  try {
    return run();
  } finally {
    if (current !== undefined) void tf.setBackend(current);
  }
}
