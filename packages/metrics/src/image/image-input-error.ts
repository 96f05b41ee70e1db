/** Pixels that a metric cannot score: sizes that do not fit, an image below the window, an empty mask. */
export class ImageInputError extends Error {
  override readonly name = 'ImageInputError';

  constructor(
    /** The function that was called, e.g. 'ssim'. */
    readonly operation: string,
    readonly argument: string,
    readonly expected: string,
    readonly received: string,
    advice: string,
  ) {
    super(`${operation}: ${argument}: expected ${expected}, received ${received}. ${advice}`);
  }
}
