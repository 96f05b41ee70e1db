// Ctrl-C in a long command: the first one asks to stop cleanly, the second one stops at once.
import { exitCodes } from './user-error.ts';

export interface Interruption {
  /** Fires at the first Ctrl-C, or when the system asks the process to end (SIGTERM). */
  readonly signal: AbortSignal;
  /** Gives Ctrl-C its usual meaning back. */
  release(): void;
}

/** @param onFirst  what to tell; runs once. */
export function catchInterruption(onFirst: () => void): Interruption {
  const controller = new AbortController();
  const handle = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
    onFirst();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return {
    signal: controller.signal,
    release() {
      process.off('SIGINT', handle);
      process.off('SIGTERM', handle);
    },
  };
}
