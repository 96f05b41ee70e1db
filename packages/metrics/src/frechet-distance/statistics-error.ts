/** Features or statistics from which no score can be computed: too few, of another network, not finite, or an unreadable file. */
export class FeatureStatisticsError extends Error {
  override readonly name = 'FeatureStatisticsError';

  constructor(
    /** The set, file or argument at fault. */
    readonly where: string,
    readonly expected: string,
    readonly received: string,
    readonly advice: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: expected ${expected}, received ${received}. ${advice}`, options);
  }
}
