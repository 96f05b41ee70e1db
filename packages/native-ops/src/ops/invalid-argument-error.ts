/** An op was called with an argument it cannot use. Callers branch on the fields; people read the message. */
export class InvalidArgumentError extends Error {
  override readonly name = 'InvalidArgumentError';

  constructor(
    readonly op: string,
    readonly argument: string,
    readonly expected: string,
    readonly received: unknown,
  ) {
    super(`${op}: ${argument} must be ${expected}, received ${String(received)}.`);
  }
}
