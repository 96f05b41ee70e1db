// How precisely convolutions multiply. Everything else stays float32, and so do the tensors: only the products inside of a
// convolution are of rounded numbers.
import * as tf from '../tfjs/registered-core.ts';

/**
 * `bfloat16`: convolutions and their gradients round what they multiply to bfloat16 (8 bits of mantissa) and sum up in float32.
 * Their results, and all other operations, are float32.
 */
export type ConvolutionPrecision = 'float32' | 'bfloat16';

/** Why a backend cannot use a precision, and what to do. */
export interface PrecisionProblem {
  readonly reason: string;
  readonly remedy: string;
}

/** What a backend must offer for another precision than float32. */
export interface PrecisionBackend {
  convolutionPrecision: ConvolutionPrecision;
  precisionProblem(precision: ConvolutionPrecision): PrecisionProblem | undefined;
}

/** A precision was asked for that the current backend, or this machine, does not have. */
export class PrecisionUnavailableError extends Error {
  override readonly name = 'PrecisionUnavailableError';

  constructor(
    readonly precision: ConvolutionPrecision,
    readonly reason: string,
    readonly remedy: string,
  ) {
    super(`Precision ${precision} is not available: ${reason}.\n  ${remedy}`);
  }
}

/** What is in the way of a precision on TensorFlow.js's current backend; undefined if nothing is. */
export function convolutionPrecisionProblem(precision: ConvolutionPrecision): PrecisionProblem | undefined {
  if (precision === 'float32') return undefined;
  const backend = precisionBackend();
  if (backend !== undefined) return backend.precisionProblem(precision);
  return {
    reason: `backend ${tf.getBackend()} computes in float32 alone`,
    remedy: 'Use backend native-cpu on a processor with avx512_bf16, or precision float32.',
  };
}

/**
 * Runs `compute`, whose convolutions and gradients of convolutions multiply in `precision`. Operations are queued in order, so
 * those of before and after keep theirs; a compiled step keeps the precision in which it was recorded.
 *
 * @throws PrecisionUnavailableError  if the current backend cannot.
 */
export function inConvolutionPrecision<Result>(precision: ConvolutionPrecision, compute: () => Result): Result {
  const problem = convolutionPrecisionProblem(precision);
  if (problem !== undefined) throw new PrecisionUnavailableError(precision, problem.reason, problem.remedy);
  const backend = precisionBackend();
  if (backend === undefined) return compute();
  const before = backend.convolutionPrecision;
  backend.convolutionPrecision = precision;
  try {
    return compute();
  } finally {
    backend.convolutionPrecision = before;
  }
}

/** That of convolutions that are run now. */
export function convolutionPrecision(): ConvolutionPrecision {
  return precisionBackend()?.convolutionPrecision ?? 'float32';
}

function precisionBackend(): PrecisionBackend | undefined {
  const backend = tf.backend() as Partial<PrecisionBackend>;
  return typeof backend.precisionProblem === 'function' ? (backend as PrecisionBackend) : undefined;
}
