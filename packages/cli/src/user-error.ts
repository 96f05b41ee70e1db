// What a person can put right themselves, and how every error that leaves a command is shown. A bug is everything else.

/** Exit codes of `ggb`. 130 is the shell's own for a process that Ctrl-C ended. */
export const exitCodes = { ok: 0, bug: 1, userError: 2, interrupted: 130 } as const;

export interface UserErrorDetails {
  /** `file`, `file:line` or `file:line:column`, or the argument as it was typed. */
  readonly where?: string;
  readonly expected?: string;
  readonly received?: string;
  /** What to do. */
  readonly remedy?: string;
}

/** Something the user can put right: a key, a file, a machine. Printed without a stack; exit code 2. */
export class UserError extends Error {
  override readonly name = 'UserError';

  constructor(
    readonly problem: string,
    readonly details: UserErrorDetails = {},
    options?: ErrorOptions,
  ) {
    const { where, expected, received, remedy } = details;
    const place = where === undefined ? '' : `${where}: `;
    const comparison = [
      ...(expected === undefined ? [] : [`expected ${expected}`]),
      ...(received === undefined ? [] : [`received ${received}`]),
    ].join(', ');
    const sentence = `${place}${problem}${comparison === '' ? '' : `: ${comparison}`}`;
    super(`${endSentence(sentence)}${remedy === undefined ? '' : `\n  ${remedy.replaceAll('\n', '\n  ')}`}`, options);
  }
}

/**
 * Errors of the packages below that tell of the user's data, files, settings or machine. By name: importing the classes
 * would load TensorFlow.js for `ggb --help`.
 */
const userErrorNames = new Set([
  'UserError',
  'ConfigError',
  'BackendUnavailableError',
  'PrecisionUnavailableError',
  'InvalidSettingError',
  'TfjsVersionError',
  'EngineConflictError',
  'DataProblems',
  'ImageError',
  'SharpMissingError',
  'ImageInputError',
  'UnknownProtocolError',
  'ConditionError',
  'RunFolderError',
  'RunInUseError',
  'RunRecordError',
  'CheckpointError',
  'SafetensorsError',
  'CheckpointSourceError',
  'SynthesisBackendError',
  'SynthesisInputError',
  'TrainingDivergedError',
  'FiguresSettingError',
  'FolderNotEmptyError',
  'UnknownProtocolError',
  'UnknownMetricError',
  'UnsupportedScoringError',
  'ImageSetError',
  'ImageFolderError',
  'ImageReadError',
  'JournalError',
  'ReportError',
  'InceptionWeightsError',
  'FeatureStatisticsError',
  'FeatureShapeError',
  'ImageFeaturesError',
  'StatisticsUnavailableError',
]);

/** System calls that fail because of the machine or of a path, in words. */
const systemProblems: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'is a folder, not a file',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EEXIST: 'exists already',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many open files',
};

export function isUserError(error: unknown): error is Error {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isUserError);
  return error instanceof Error && (userErrorNames.has(error.name) || systemProblemOf(error) !== undefined);
}

/** What to print for an error that ends a command, and the exit code. */
export function describeError(error: unknown, debug = process.env.GGB_DEBUG === '1'): { text: string; code: number } {
  // What an AbortSignal throws: the user pressed Ctrl-C before there was anything to save.
  if (error instanceof Error && error.name === 'AbortError') {
    return { text: 'ggb: stopped before it was done.', code: exitCodes.interrupted };
  }
  if (isUserError(error)) {
    const message = systemProblemOf(error) ?? error.message;
    const stack = debug ? `\n${error.stack}` : '';
    return { text: `ggb: ${message}${stack}`, code: exitCodes.userError };
  }
  const shown = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const causes: string[] = [];
  for (let cause = error instanceof Error ? error.cause : undefined; cause instanceof Error; cause = cause.cause) {
    causes.push(`\nCaused by: ${cause.stack ?? cause.message}`);
  }
  return {
    text: `${shown}${causes.join('')}\nggb: this is a bug in ggb, not a mistake of yours. Please report it with the lines above.`,
    code: exitCodes.bug,
  };
}

function systemProblemOf(error: Error): string | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  const problem = systemProblems[code];
  if (problem === undefined) return undefined;
  return `${path === undefined ? '' : `${path}: `}${problem} (${code}, ${syscall}).`;
}

function endSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
