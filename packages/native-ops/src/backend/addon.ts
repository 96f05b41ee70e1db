// The addon as TypeScript sees it, and how it is found.
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
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

/** A command that ran while times were taken. */
export interface CommandTime {
  readonly opcode: number;
  readonly nanoseconds: number;
  /** Its arguments. */
  readonly words: Int32Array;
}

export interface NativeEngine {
  run(words: Int32Array): NativeFailure | null;
  upload(index: number, generation: number, values: ArrayBufferView): NativeFailure | null;
  download(index: number, generation: number, values: ArrayBufferView): NativeFailure | null;
  statistics(): EngineStatistics;
  /** The commands since the last call; measured from now on if `enabled`. */
  profile(enabled: boolean): CommandTime[];
  /** Why the engine cannot multiply in bfloat16 here, null if it can. */
  bfloat16Problem(): { readonly reason: string; readonly remedy: string } | null;
  trim(): void;
  dispose(): void;
}

export interface NativeAddon {
  readonly Engine: new (threads: number, instructionSet: string, guarded: boolean) => NativeEngine;
  /**
   * Structural similarity of `count` pairs of 8-bit images that lie one after another; needs no engine.
   * settings: gaussian, size, sigma, sample covariance, k1, k2, data range. means: [count]; perChannel: [count, channels];
   * map: [count, map height, map width]. Returns 0, or the Outcome of windowed-ssim.h.
   */
  readonly scoreImages: (
    first: Uint8Array,
    second: Uint8Array,
    sizes: readonly [count: number, height: number, width: number, channels: number],
    settings: Float64Array,
    means: Float64Array,
    perChannel: Float64Array | null,
    map: Float32Array | null,
    threads: number,
    instructionSet: string,
  ) => number;
  readonly ops: readonly { readonly name: string; readonly opcode: number; readonly variants: readonly string[] }[];
  readonly streamVersion: number;
  readonly convolutionLibrary: string;
  readonly bestInstructionSet: string;
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
  let addon: Partial<NativeAddon>;
  try {
    checkLength(file);
    addon = require(file) as Partial<NativeAddon>;
  } catch (error) {
    if (error instanceof BackendUnavailableError) throw error;
    throw new BackendUnavailableError(
      'native-cpu',
      `${file} could not be loaded: ${error instanceof Error ? error.message : String(error)}`,
      'Rebuild it for this machine: npx nx run native-ops:build-addon. A missing libdnnl comes with: apt-get install libdnnl-dev.',
      { cause: error },
    );
  }
  if (typeof addon.Engine !== 'function' || !Array.isArray(addon.ops) || typeof addon.streamVersion !== 'number') {
    throw new BackendUnavailableError(
      'native-cpu',
      `${file} is not the native-ops addon: it exports [${Object.keys(addon).slice(0, 5).join(', ')}]`,
      path
        ? "Correct GGB_NATIVE_OPS_ADDON, or unset it to use the package's own build."
        : 'Rebuild it: npx nx run native-ops:build-addon.',
    );
  }
  return addon as NativeAddon;
}

/**
 * Refuses an ELF file that ends before its section headers do: a copy or a link that was cut off. The loader would map
 * what is missing, and the first access ends the process with SIGBUS, which nobody can catch. Other files are the
 * loader's to judge. Offsets: System V ABI, "ELF Header", 64 bits.
 */
function checkLength(file: string): void {
  const header = Buffer.alloc(64);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, header, 0, header.length, 0) < 6 || header.readUInt32BE(0) !== 0x7f454c46) return;
  } finally {
    closeSync(descriptor);
  }
  const [is64Bits, isLittleEndian] = [header[4] === 2, header[5] === 1];
  if (!is64Bits || !isLittleEndian) return;
  const { size } = statSync(file);
  const expected = Math.max(
    header.length,
    Number(header.readBigUInt64LE(0x28)) + header.readUInt16LE(0x3a) * header.readUInt16LE(0x3c),
  );
  if (size >= expected) return;
  throw new BackendUnavailableError(
    'native-cpu',
    `${file} is truncated (${size} bytes, ${expected} expected)`,
    'Remove it and rebuild: npx nx run native-ops:build-addon.',
  );
}
