// Errors of the native backend. Callers branch on the class and its fields; people read the message.

/** What went wrong in a native kernel; the order is that of `StatusCode` in runtime/status.h. */
export const statusNames = [
  'ok',
  'invalid-command',
  'invalid-handle',
  'invalid-shape',
  'out-of-memory',
  'unsupported',
  'library-failure',
  'memory-corrupted',
] as const;

export type StatusName = (typeof statusNames)[number];

/** A native kernel refused or failed. `kernel` is the TF.js kernel that caused it, also when it ran later than called. */
export class NativeKernelError extends Error {
  override readonly name = 'NativeKernelError';

  constructor(
    readonly kernel: string,
    readonly status: StatusName,
    readonly detail: string,
    options?: ErrorOptions,
  ) {
    super(`${kernel}: ${detail} [${status}]`, options);
  }
}

/** The backend cannot run here. `reason` says why, `remedy` what to do. */
export class BackendUnavailableError extends Error {
  override readonly name = 'BackendUnavailableError';

  constructor(
    readonly backend: string,
    readonly reason: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`Backend ${backend} is not available: ${reason}.\n  ${remedy}`, options);
  }
}

/** A setting (environment variable or option) has a value that cannot be used. */
export class InvalidSettingError extends Error {
  override readonly name = 'InvalidSettingError';

  constructor(
    readonly setting: string,
    readonly received: string,
    readonly expected: string,
  ) {
    super(`${setting} is "${received}", expected ${expected}.`);
  }
}
