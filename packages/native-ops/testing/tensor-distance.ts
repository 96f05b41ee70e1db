// How far apart two tensors are, said so that a failure can be understood without running it again.

/** Values with their shape: a tf.Tensor is one, so is a plain object (for references computed without TF.js). */
export interface TensorLike {
  readonly shape: readonly number[];
  dataSync(): ArrayLike<number>;
}

export interface Tolerance {
  /** Largest error allowed where the expected value is 0. */
  readonly absolute: number;
  /** Largest error allowed in addition, as a part of the expected value's size. */
  readonly relative: number;
}

export interface ElementDifference {
  readonly index: readonly number[];
  readonly expected: number;
  readonly received: number;
  /** |received - expected|; infinite when one of them is NaN or infinite and the other is not the same. */
  readonly error: number;
}

export interface TensorDistance {
  /** Same shape, NaN and infinities in the same places, every element within the tolerance. */
  readonly withinTolerance: boolean;
  /** The element that exceeds its allowance most, or comes nearest to it; undefined for empty tensors and unequal shapes. */
  readonly worst: ElementDifference | undefined;
  /** Number of elements outside the tolerance, misplaced NaN and infinities included. */
  readonly exceeding: number;
  /** Number of elements where exactly one side is NaN or infinite, or both are but differ. */
  readonly misplacedNonFinite: number;
  /** ||received - expected|| / ||expected|| over the elements finite on both sides; 0 when both norms are 0. */
  readonly relativeL2: number;
  /** Largest |received - expected| over the elements finite on both sides. */
  readonly largestError: number;
  readonly size: number;
  /** One or two lines for people. */
  readonly summary: string;
}

/** Thrown by {@link assertTensorsClose}. */
export class TensorMismatchError extends Error {
  override readonly name = 'TensorMismatchError';

  constructor(
    readonly what: string,
    readonly distance: TensorDistance,
  ) {
    super(`${what}: ${distance.summary}`);
  }
}

/**
 * Compares two tensors element by element: |received - expected| <= absolute + relative * |expected|.
 * NaN equals NaN, an infinity equals itself; -0 equals 0. Neither tensor is kept or disposed.
 */
export function compareTensors(actual: TensorLike, expected: TensorLike, tolerance: Tolerance): TensorDistance {
  if (actual.shape.length !== expected.shape.length || actual.shape.some((size, axis) => size !== expected.shape[axis])) {
    return {
      withinTolerance: false,
      worst: undefined,
      exceeding: sizeOf(expected.shape),
      misplacedNonFinite: 0,
      relativeL2: Number.POSITIVE_INFINITY,
      largestError: Number.POSITIVE_INFINITY,
      size: sizeOf(expected.shape),
      summary: `shapes differ: expected [${expected.shape}], received [${actual.shape}]`,
    };
  }
  const receivedValues = actual.dataSync();
  const expectedValues = expected.dataSync();
  const size = expectedValues.length;
  let worstAt = -1;
  let worstRatio = -1;
  let exceeding = 0;
  let misplacedNonFinite = 0;
  let squaredError = 0;
  let squaredNorm = 0;
  let largestError = 0;
  for (let i = 0; i < size; i++) {
    const want = expectedValues[i] as number;
    const got = receivedValues[i] as number;
    const error = elementError(got, want);
    // How many times its allowance the error is; exact equality is 0 even under a tolerance of 0.
    const ratio = error === 0 ? 0 : error / (tolerance.absolute + tolerance.relative * Math.abs(want));
    const isOutside = error !== 0 && !(ratio <= 1);
    if (isOutside) exceeding++;
    if (error === Number.POSITIVE_INFINITY) misplacedNonFinite++;
    else if (Number.isFinite(want)) {
      squaredError += error * error;
      squaredNorm += want * want;
      largestError = Math.max(largestError, error);
    }
    const rank = Number.isNaN(ratio) || error === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : ratio;
    if (rank > worstRatio) {
      worstRatio = rank;
      worstAt = i;
    }
  }
  const worst =
    worstAt < 0
      ? undefined
      : {
          index: indexAt(worstAt, expected.shape),
          expected: expectedValues[worstAt] as number,
          received: receivedValues[worstAt] as number,
          error: elementError(receivedValues[worstAt] as number, expectedValues[worstAt] as number),
        };
  const relativeL2 = squaredError === 0 ? 0 : Math.sqrt(squaredError / squaredNorm);
  return {
    withinTolerance: exceeding === 0,
    worst,
    exceeding,
    misplacedNonFinite,
    relativeL2,
    largestError,
    size,
    summary: describe({ worst, exceeding, misplacedNonFinite, relativeL2, size }, tolerance),
  };
}

/** @throws TensorMismatchError  whose message names the worst element, when the tensors differ by more than the tolerance. */
export function assertTensorsClose(
  actual: TensorLike,
  expected: TensorLike,
  tolerance: Tolerance,
  what = 'tensors differ',
): TensorDistance {
  const distance = compareTensors(actual, expected, tolerance);
  if (!distance.withinTolerance) throw new TensorMismatchError(what, distance);
  return distance;
}

/** Cosine of the angle between two equally long vectors, in float64; 1 when both are zero. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let product = 0;
  let squaredA = 0;
  let squaredB = 0;
  for (let i = 0; i < a.length; i++) {
    product += (a[i] as number) * (b[i] as number);
    squaredA += (a[i] as number) ** 2;
    squaredB += (b[i] as number) ** 2;
  }
  if (squaredA === 0 && squaredB === 0) return 1;
  return product / Math.sqrt(squaredA * squaredB);
}

/** Position of a flat index in a row-major tensor. */
export function indexAt(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}

function elementError(received: number, expected: number): number {
  if (Object.is(received, expected) || received === expected) return 0;
  if (!Number.isFinite(received) || !Number.isFinite(expected)) return Number.POSITIVE_INFINITY;
  return Math.abs(received - expected);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function describe(
  found: Pick<TensorDistance, 'worst' | 'exceeding' | 'misplacedNonFinite' | 'relativeL2' | 'size'>,
  { absolute, relative }: Tolerance,
): string {
  if (!found.worst) return 'both are empty';
  const { index, expected, received, error } = found.worst;
  const nonFinite = found.misplacedNonFinite > 0 ? `, ${found.misplacedNonFinite} with misplaced NaN or infinity` : '';
  return (
    `${found.exceeding} of ${found.size} elements exceed ${absolute} + ${relative} * |expected|${nonFinite}; ` +
    `relative L2 error ${found.relativeL2.toExponential(2)}\n` +
    `  worst element [${index}]: expected ${expected}, received ${received}, error ${error.toExponential(2)}`
  );
}
