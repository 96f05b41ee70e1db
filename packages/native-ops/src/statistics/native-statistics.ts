// native_statistics.node as TypeScript sees it. `@ggb/metrics` takes it as its statistics engine; who composes the two is
// the program above.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { settingsFromEnvironment } from '../backend/settings.ts';

interface StatisticsAddon {
  addCentredProducts(
    rows: Float64Array,
    count: number,
    dimensions: number,
    mean: Float64Array,
    comoments: Float64Array,
    threads: number,
    instructionSet: string,
  ): void;
  productEigenvalues(
    a: Float64Array,
    b: Float64Array,
    dimensions: number,
    threads: number,
    instructionSet: string,
  ): Promise<Float64Array>;
  readonly bestInstructionSet: string;
  readonly library: string;
}

/** native_statistics.node is not there or does not load. `remedy` says what to do. */
export class StatisticsUnavailableError extends Error {
  override readonly name = 'StatisticsUnavailableError';

  constructor(
    readonly reason: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`Native statistics are not available: ${reason}.\n  ${remedy}`, options);
  }
}

/** Matrices are row-major; of symmetric ones the lower triangle is read and written. Same values for any number of threads. */
export class NativeStatistics {
  /** For reports, e.g. 'Eigen 3.4.0, avx512, 2 threads'. */
  readonly description: string;

  constructor(
    private readonly addon: StatisticsAddon,
    private readonly threads: number,
    private readonly instructionSet: string,
  ) {
    const instructions = instructionSet === '' ? addon.bestInstructionSet : instructionSet;
    this.description = `${addon.library}, ${instructions}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  }

  /**
   * rows [count, dimensions] become their differences from their mean, which goes to `mean`; the sum of the products of those
   * differences is added to the lower triangle of `comoments` [dimensions, dimensions]; the upper one is left undefined. Blocks the calling thread.
   */
  addCentredProducts(
    rows: Float64Array,
    count: number,
    dimensions: number,
    mean: Float64Array,
    comoments: Float64Array,
  ): void {
    this.addon.addCentredProducts(rows, count, dimensions, mean, comoments, this.threads, this.instructionSet);
  }

  /**
   * The eigenvalues of a b, ascending, without those that are zero for want of rank; a and b [dimensions, dimensions]
   * symmetric, positive semidefinite, unchanged until the promise settles. Computed on another thread.
   */
  productEigenvalues(a: Float64Array, b: Float64Array, dimensions: number): Promise<Float64Array> {
    return this.addon.productEigenvalues(a, b, dimensions, this.threads, this.instructionSet);
  }
}

const require = createRequire(import.meta.url);
const rebuild = 'Install Eigen (Debian: apt-get install libeigen3-dev) and build: npx nx run native-ops:build-addon';

/**
 * @param settings  `threads` and `instructionSet` where they shall not come from GGB_THREADS and GGB_ISA; `path` of another
 *   build of the addon.
 * @throws StatisticsUnavailableError  if the addon was not built or does not load.
 */
export function nativeStatistics(
  settings: { readonly threads?: number; readonly instructionSet?: string; readonly path?: string } = {},
): NativeStatistics {
  const fromEnvironment = settingsFromEnvironment();
  const { threads = fromEnvironment.threads, instructionSet = fromEnvironment.instructionSet } = settings;
  const file = settings.path ?? fileURLToPath(new URL('../../build/Release/native_statistics.node', import.meta.url));
  if (!existsSync(file)) throw new StatisticsUnavailableError(`the addon ${file} does not exist`, rebuild);
  let addon: Partial<StatisticsAddon>;
  try {
    addon = require(file) as Partial<StatisticsAddon>;
  } catch (cause) {
    throw new StatisticsUnavailableError(`${file} could not be loaded: ${(cause as Error).message}`, rebuild, {
      cause,
    });
  }
  if (typeof addon.addCentredProducts !== 'function' || typeof addon.productEigenvalues !== 'function') {
    throw new StatisticsUnavailableError(`${file} is another addon`, rebuild);
  }
  return new NativeStatistics(addon as StatisticsAddon, threads, instructionSet);
}
