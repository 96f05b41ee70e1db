/** A step was replayed on something that it was not recorded for. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';

  constructor(
    readonly argument: string,
    readonly expected: string,
    readonly received: string,
  ) {
    super(`replay: ${argument}: expected ${expected}, received ${received}.`);
  }
}
