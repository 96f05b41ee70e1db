/** A model could not be saved to or loaded from the file system. */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';
  readonly operation: 'save' | 'load';
  readonly path: string;

  constructor(operation: 'save' | 'load', path: string, reason: string, nextStep: string, options?: ErrorOptions) {
    super(`Cannot ${operation} the model ${path}: ${reason}.\n  ${nextStep}`, options);
    this.operation = operation;
    this.path = path;
  }
}
