// The addon as TypeScript sees it, and how it is found.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { BackendUnavailableError } from './errors.ts';

export interface NativeFailure {
  readonly code: number;
  readonly message: string;
  readonly opcode: number;
  /** Sequence number of the command that failed, -1 when there was none. */
  readonly sequence: number;
}

export interface EngineStatistics {
  readonly buffers: number;
  readonly liveBytes: number;
  readonly peakBytes: number;
  readonly cachedBytes: number;
  readonly threads: number;
  readonly instructionSet: string;
  readonly guarded: boolean;
}

export interface NativeEngine {
  run(words: Int32Array): NativeFailure | null;
  upload(index: number, generation: number, values: ArrayBufferView): NativeFailure | null;
  download(index: number, generation: number, values: ArrayBufferView): NativeFailure | null;
  statistics(): EngineStatistics;
  trim(): void;
  dispose(): void;
}

export interface NativeAddon {
  readonly Engine: new (threads: number, instructionSet: string, guarded: boolean) => NativeEngine;
  readonly ops: readonly { readonly name: string; readonly opcode: number; readonly variants: readonly string[] }[];
  readonly streamVersion: number;
  readonly convolutionLibrary: string;
  readonly bestInstructionSet: string;
  readonly availableThreads: number;
}

const require = createRequire(import.meta.url);

/** The file that `loadAddon` loads: `path`, or this package's own build. */
export function addonFile(path = ''): string {
  return path || fileURLToPath(new URL('../../build/Release/native_ops.node', import.meta.url));
}

/** Loads the addon from `path`, or from this package's own build. Throws BackendUnavailableError with the reason. */
export function loadAddon(path = ''): NativeAddon {
  const file = addonFile(path);
  if (!existsSync(file)) {
    throw new BackendUnavailableError(
      'native-cpu',
      `the addon ${file} does not exist`,
      path
        ? "Correct GGB_NATIVE_OPS_ADDON, or unset it to use the package's own build."
        : 'Build it: npx nx run native-ops:build-addon (npm test and npm run demo do so themselves).',
    );
  }
  try {
    return require(file) as NativeAddon;
  } catch (error) {
    throw new BackendUnavailableError(
      'native-cpu',
      `${file} could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      'Rebuild it for this machine: npx nx run native-ops:build-addon. A missing libdnnl comes with: apt-get install libdnnl-dev.',
      { cause: error },
    );
  }
}
