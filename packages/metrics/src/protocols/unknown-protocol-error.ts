/** A protocol that nobody here knows by this name. */
export class UnknownProtocolError extends Error {
  override readonly name = 'UnknownProtocolError';

  constructor(
    readonly received: string,
    readonly known: readonly string[],
    /** The known name that was probably meant. */
    readonly nearest: string | undefined,
  ) {
    super(
      `Unknown protocol "${received}".${nearest === undefined ? '' : ` Did you mean "${nearest}"?`} Known: ${known.join(', ')}.`,
    );
  }
}
