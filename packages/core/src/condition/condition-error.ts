/** A variation from which the configured condition map cannot be drawn. `field` is the one at fault. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';

  constructor(
    readonly field: string,
    readonly expected: string,
    readonly received: string,
    /** What to do, where it is known. */
    readonly advice?: string,
  ) {
    super(
      `condition: ${field}: expected ${expected}, received ${received}.${advice === undefined ? '' : ` ${advice}`}`,
    );
  }
}
