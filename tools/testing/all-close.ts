// Element-wise comparison for tests. Its product is a report that says where two arrays differ most, not just that they do.

/** Anything with numbers in row-major order: typed arrays, nested arrays, TensorFlow.js tensors. */
export type NumericArray = ArrayLike<number> | NestedNumbers | TensorLike;
export type NestedNumbers = readonly (number | boolean | NestedNumbers)[];
export interface TensorLike {
  readonly shape: readonly number[];
  dataSync(): ArrayLike<number>;
}

/** An element is close when |received - expected| <= absolute + relative * |expected|. Both default to 0. */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
}

export interface ElementDifference {
  /** Position in row-major order. */
  readonly index: number;
  /** The same position by axis; absent for arrays without a shape. */
  readonly coordinates?: readonly number[];
  readonly expected: number;
  readonly received: number;
  /** Absolute difference; Infinity if only one of the two is NaN or infinite. */
  readonly error: number;
}

export interface Comparison {
  readonly elements: number;
  /** How many elements are not close. */
  readonly exceeded: number;
  /** The element that misses its limit by the largest factor; of those that do not, the one that comes nearest. */
  readonly worst?: ElementDifference;
  /** Of the two arrays as vectors; 1 for the same direction. NaN when one has no length or is not finite. */
  readonly cosine: number;
  /** Set when the arrays cannot be compared element by element. */
  readonly shapeMismatch?: { readonly expected: readonly number[]; readonly received: readonly number[] };
}

/**
 * Compares every element. NaN equals NaN and an infinity equals itself; nothing else is close to either.
 * Shapes are compared when both sides have one (tensors, nested arrays), else only the lengths.
 */
export function compareArrays(received: NumericArray, expected: NumericArray, tolerance: Tolerance = {}): Comparison {
  const a = flatten(received);
  const b = flatten(expected);
  const shapesDiffer = a.shape !== undefined && b.shape !== undefined && a.shape.join() !== b.shape.join();
  if (shapesDiffer || a.values.length !== b.values.length) {
    return {
      elements: a.values.length,
      exceeded: 0,
      cosine: Number.NaN,
      shapeMismatch: { expected: b.shape ?? [b.values.length], received: a.shape ?? [a.values.length] },
    };
  }
  const { absolute = 0, relative = 0 } = tolerance;
  let exceeded = 0;
  let worstIndex = -1;
  let worstRatio = -1;
  let worstError = 0;
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.values.length; i++) {
    const r = a.values[i] as number;
    const e = b.values[i] as number;
    dot += r * e;
    squaresA += r * r;
    squaresB += e * e;
    const error = elementError(r, e);
    // An infinite expected value would make the relative limit infinite and everything close.
    const limit = Number.isFinite(e) ? absolute + relative * Math.abs(e) : 0;
    if (error > limit) exceeded++;
    const ratio = error === 0 ? 0 : error / limit;
    if (ratio > worstRatio || (ratio === worstRatio && error > worstError)) {
      worstRatio = ratio;
      worstError = error;
      worstIndex = i;
    }
  }
  const cosine = dot / Math.sqrt(squaresA * squaresB);
  if (worstIndex < 0) return { elements: 0, exceeded, cosine };
  const shape = b.shape ?? a.shape;
  return {
    elements: a.values.length,
    exceeded,
    cosine,
    worst: {
      index: worstIndex,
      ...(shape && shape.length > 1 ? { coordinates: coordinatesOf(worstIndex, shape) } : {}),
      expected: b.values[worstIndex] as number,
      received: a.values[worstIndex] as number,
      error: worstError,
    },
  };
}

/** The comparison in the words of a test failure. */
export function describeComparison(comparison: Comparison, tolerance: Tolerance): string {
  if (comparison.shapeMismatch) {
    const { expected, received } = comparison.shapeMismatch;
    return `shapes differ: expected [${expected.join(', ')}], received [${received.join(', ')}]`;
  }
  if (!comparison.worst) return 'both arrays are empty';
  const { index, coordinates, expected, received, error } = comparison.worst;
  const where = coordinates ? `[${coordinates.join(', ')}] (element ${index})` : `[${index}]`;
  return [
    `${comparison.exceeded} of ${comparison.elements} elements exceed ${describeTolerance(tolerance)}`,
    `worst at ${where}:`,
    `  expected ${expected}`,
    `  received ${received}`,
    `  error    ${error}${expected !== 0 && Number.isFinite(error) ? ` (relative ${(error / Math.abs(expected)).toExponential(2)})` : ''}`,
    `cosine ${comparison.cosine}`,
  ].join('\n');
}

function describeTolerance({ absolute = 0, relative = 0 }: Tolerance): string {
  if (absolute === 0 && relative === 0) return 'exact equality';
  return `absolute ${absolute} + relative ${relative}`;
}

function elementError(received: number, expected: number): number {
  if (received === expected) return 0;
  if (Number.isNaN(received) && Number.isNaN(expected)) return 0;
  const error = Math.abs(received - expected);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

function flatten(array: NumericArray): { values: ArrayLike<number>; shape?: readonly number[] } {
  if (isTensor(array)) return { values: array.dataSync(), shape: array.shape };
  if (!Array.isArray(array)) return { values: array as ArrayLike<number> };
  const shape: number[] = [];
  for (let level: unknown = array; Array.isArray(level); level = level[0]) shape.push(level.length);
  const values: number[] = [];
  collect(array as NestedNumbers, shape, 0, values);
  return { values, shape };
}

function collect(level: NestedNumbers, shape: readonly number[], depth: number, values: number[]): void {
  if (level.length !== shape[depth]) {
    throw new RangeError(
      `compareArrays: nested array is ragged: axis ${depth} has length ${level.length}, expected ${shape[depth]}.`,
    );
  }
  for (const item of level) {
    if (Array.isArray(item)) collect(item, shape, depth + 1, values);
    else if (depth + 1 !== shape.length)
      throw new RangeError(`compareArrays: nested array is ragged at axis ${depth}.`);
    else values.push(Number(item));
  }
}

function isTensor(array: NumericArray): array is TensorLike {
  return typeof (array as TensorLike).dataSync === 'function';
}

function coordinatesOf(index: number, shape: readonly number[]): number[] {
  const coordinates: number[] = [];
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    coordinates.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return coordinates;
}
