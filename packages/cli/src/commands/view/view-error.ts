// Why a request is not answered with what it asks for. The text goes to the page, which shows it.

/** HTTP statuses that the viewer's server gives. */
export type ViewStatus = 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 421 | 500;

export class ViewError extends Error {
  override readonly name = 'ViewError';

  constructor(
    readonly status: ViewStatus,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
