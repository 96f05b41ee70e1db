/** A TF.js package is present in another version than the one this package is written against. */
export class TfjsVersionError extends Error {
  override readonly name = 'TfjsVersionError';
  readonly packageName: string;
  readonly expected: string;
  readonly received: string;

  constructor(packageName: string, expected: string, received: string) {
    super(
      `@ggb/native-ops: ${packageName} is version ${received}, but version ${expected} is needed exactly.\n` +
        `  Install it with: npm install ${packageName}@${expected}`,
    );
    this.packageName = packageName;
    this.expected = expected;
    this.received = received;
  }
}

/** One copy of tfjs-core: its version and, where it can be known, the file it was loaded from. */
export interface CoreCopy {
  readonly version: string;
  readonly path: string;
}

/**
 * Two TF.js cores meet in one process that must not: either two versions share one engine, so that each sees the other's
 * tensors and kernels, or two engines exist, so that tensors of one are unknown to the other.
 */
export class EngineConflictError extends Error {
  override readonly name = 'EngineConflictError';
  readonly conflict: 'two versions' | 'two engines';
  readonly expected: CoreCopy;
  readonly received: CoreCopy;

  constructor(conflict: 'two versions' | 'two engines', expected: CoreCopy, received: CoreCopy) {
    const what =
      conflict === 'two versions'
        ? 'two versions of @tensorflow/tfjs-core share one engine'
        : 'a second TF.js engine exists in this process, tensors of one are unknown to the other';
    super(
      `@ggb/native-ops: ${what}.\n` +
        `  expected: ${expected.version} from ${expected.path}\n` +
        `  also loaded: ${received.version} from ${received.path}\n` +
        `  Keep one: depend on @tensorflow/tfjs ${expected.version} (or @tensorflow/tfjs-core ${expected.version}), ` +
        `add it to "overrides" in package.json when a dependency brings the other, run "npm dedupe", ` +
        `and see who asks for it with "npm ls @tensorflow/tfjs-core".`,
    );
    this.conflict = conflict;
    this.expected = expected;
    this.received = received;
  }
}
