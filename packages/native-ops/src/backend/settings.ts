// Settings of the native backend, from the environment. Read once, when the backend starts.
import { availableParallelism } from 'node:os';
import { InvalidSettingError } from './errors.ts';

export interface NativeSettings {
  /** Threads of the one OpenMP team. Same number, same bits. */
  readonly threads: number;
  /** 'eager' runs each kernel when it is called; 'batched' collects commands until a value is read. Same results. */
  readonly flush: 'eager' | 'batched';
  /** Instruction set to use, or '' for the best one this processor has. */
  readonly instructionSet: string;
  /** Surround every buffer with guard bytes and fill new ones with NaN. Slow; for tests. */
  readonly guarded: boolean;
  /** Path of another build of the addon, or '' for the package's own. */
  readonly addonPath: string;
}

/** Reads GGB_THREADS, GGB_FLUSH, GGB_ISA, GGB_GUARD and GGB_NATIVE_OPS_ADDON. Throws InvalidSettingError. */
export function settingsFromEnvironment(environment: NodeJS.ProcessEnv = process.env): NativeSettings {
  return {
    threads: threadCount(environment.GGB_THREADS),
    flush: oneOf('GGB_FLUSH', environment.GGB_FLUSH, ['batched', 'eager']),
    instructionSet: environment.GGB_ISA ? oneOf('GGB_ISA', environment.GGB_ISA, ['baseline', 'avx2', 'avx512']) : '',
    guarded: oneOf('GGB_GUARD', environment.GGB_GUARD, ['0', '1']) === '1',
    addonPath: environment.GGB_NATIVE_OPS_ADDON ?? '',
  };
}

function threadCount(text: string | undefined): number {
  if (text === undefined || text === '') return availableParallelism();
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    throw new InvalidSettingError('GGB_THREADS', text, 'a whole number from 1 to 1024');
  }
  return threads;
}

function oneOf<T extends string>(setting: string, text: string | undefined, choices: readonly [T, ...T[]]): T {
  if (text === undefined || text === '') return choices[0];
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new InvalidSettingError(setting, text, `one of ${choices.join(', ')}`);
  return found;
}
