// Gradients checked against what the function itself does when its inputs move a little.
//
// The scalar that is differentiated is L = sum(w * f(x)) with random weights w, so that every output element matters and
// none cancels another. It is summed in float64; f itself runs in float32 on whatever backend is active. Differences are
// central and of fourth order, (8 (L(h) - L(-h)) - (L(2h) - L(-2h))) / 12h, so that h can be large enough for float32:
// the rounding error of f, about 6e-8 |f|, is divided by h; the truncation error is of the order h^4.
import * as tf from '../src/tfjs/registered-core.ts';
import { seededUniform, seededValues } from './seeded-random.ts';

export type DifferentiableFunction = (...inputs: tf.Tensor[]) => tf.Tensor;

export interface GradientCheckOptions {
  /** Step h. A power of two, so that moving an input adds no rounding of its own. Default 2^-6. */
  readonly epsilon?: number;
  /** Largest error allowed, as a part of the input's largest difference quotient (or of 1, if that is smaller). Default 1e-3. */
  readonly tolerance?: number;
  /** Seed of the weights w, of the directions and of the elements that are tried. Default 1. */
  readonly seed?: number;
  /** Which inputs to differentiate by; the others are held constant. Default: all. */
  readonly inputs?: readonly number[];
  /** Inputs larger than this are tried at this many random elements, and along `directions` random directions. Default 64. */
  readonly elements?: number;
  /** Default 4. */
  readonly directions?: number;
}

/** Where a gradient and the difference quotient were compared, and how they compare. */
export interface GradientDifference {
  /** Position in the input; for a directional derivative the number of the direction. */
  readonly index: readonly number[];
  /** The difference quotient. */
  readonly expected: number;
  /** What TF.js computed as gradient. */
  readonly received: number;
  readonly error: number;
}

export interface InputGradientReport {
  readonly input: number;
  /** Element with the largest error. */
  readonly worst: GradientDifference;
  /** Direction with the largest error; undefined when every element was tried. */
  readonly worstDirection: GradientDifference | undefined;
  /** Cosine between gradient and difference quotients over the elements tried. */
  readonly cosine: number;
  /** Number of elements tried. */
  readonly tried: number;
  /** Largest error as a part of the scale the tolerance refers to. */
  readonly relativeError: number;
}

export interface GradientReport {
  readonly withinTolerance: boolean;
  readonly inputs: readonly InputGradientReport[];
  /** Largest relative error over all inputs: what the tolerance is compared with. */
  readonly relativeError: number;
  /** A line per input for people. */
  readonly summary: string;
}

/** Thrown by {@link assertGradient}. */
export class GradientMismatchError extends Error {
  override readonly name = 'GradientMismatchError';
  readonly what: string;
  readonly report: GradientReport;

  constructor(what: string, report: GradientReport) {
    super(`${what}: the gradient is not what finite differences predict.\n${report.summary}`);
    this.what = what;
    this.report = report;
  }
}

/**
 * Compares the gradient of `f` that TF.js computes with finite differences of `f`.
 *
 * `inputs` are float32 tensors of any shape, not disposed; keep them further than 2 epsilon from kinks of `f`.
 * What `f` throws, also while its gradient is computed, is thrown. Leaves no tensors behind.
 */
export function checkGradient(
  f: DifferentiableFunction,
  inputs: readonly tf.Tensor[],
  options: GradientCheckOptions = {},
): GradientReport {
  const { epsilon = 2 ** -6, tolerance = 1e-3, seed = 1, elements = 64, directions = 4 } = options;
  const wanted = options.inputs ?? inputs.map((_, i) => i);
  const values = inputs.map((input) => Float32Array.from(input.dataSync()));
  const outputShape = tf.tidy(() => f(...inputs).shape);
  const outputSize = outputShape.reduce((product, size) => product * size, 1);
  const weights = seededValues(seed, outputSize);

  const gradients: Float64Array[] = [];
  tf.tidy(() => {
    const differentiated = wanted.map((i) => inputs[i] as tf.Tensor);
    const asFunctionOfWanted = (...moving: tf.Tensor[]) => {
      const all = [...inputs];
      wanted.forEach((i, position) => {
        all[i] = moving[position] as tf.Tensor;
      });
      return f(...all);
    };
    const dy = tf.tensor(weights, outputShape, 'float32');
    tf.grads(asFunctionOfWanted)(differentiated, dy).forEach((gradient, position) => {
      const input = differentiated[position] as tf.Tensor;
      if (!tf.util.arraysEqual(gradient.shape, input.shape)) {
        throw new Error(`gradient has shape [${gradient.shape}], its input [${input.shape}]`);
      }
      gradients.push(Float64Array.from(gradient.dataSync()));
    });
  });

  /** L with input number `input` moved by `step` along `direction` (an element, or a vector of +-1). */
  const lossAt = (input: number, step: number, direction: number | Float32Array): number =>
    tf.tidy(() => {
      const moved = Float32Array.from(values[input] as Float32Array);
      if (typeof direction === 'number') moved[direction] = (moved[direction] as number) + step;
      else for (let i = 0; i < moved.length; i++) moved[i] = (moved[i] as number) + step * (direction[i] as number);
      const all = [...inputs];
      all[input] = tf.tensor(moved, (inputs[input] as tf.Tensor).shape, 'float32');
      const output = f(...all).dataSync();
      let loss = 0;
      for (let i = 0; i < outputSize; i++) loss += (weights[i] as number) * (output[i] as number);
      return loss;
    });
  const quotient = (input: number, direction: number | Float32Array): number => {
    const near = lossAt(input, epsilon, direction) - lossAt(input, -epsilon, direction);
    const far = lossAt(input, 2 * epsilon, direction) - lossAt(input, -2 * epsilon, direction);
    return (8 * near - far) / (12 * epsilon);
  };

  const reports = wanted.map((input, position): InputGradientReport => {
    const gradient = gradients[position] as Float64Array;
    const { shape } = inputs[input] as tf.Tensor;
    const tried = elementsToTry(gradient.length, elements, seed + input);
    const expected = tried.map((element) => quotient(input, element));
    const received = tried.map((element) => gradient[element] as number);
    const scale = Math.max(1, ...expected.map(Math.abs));
    const at = indexOfWorst(expected, received);
    const worst: GradientDifference = {
      index: indexAt(tried[at] ?? 0, shape),
      expected: expected[at] ?? 0,
      received: received[at] ?? 0,
      error: errorOf(expected[at] ?? 0, received[at] ?? 0),
    };
    let relativeError = worst.error / scale;
    let worstDirection: GradientDifference | undefined;
    if (tried.length < gradient.length) {
      for (let d = 0; d < directions; d++) {
        const direction = randomSigns(gradient.length, seed + 1000 * (d + 1) + input);
        const along = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
        const predicted = quotient(input, direction);
        const error = errorOf(predicted, along);
        if (!worstDirection || error > worstDirection.error) {
          worstDirection = { index: [d], expected: predicted, received: along, error };
        }
        // A derivative along n signs is a sum of n terms of random sign: about sqrt(n) times one of them.
        relativeError = Math.max(relativeError, error / (scale * Math.sqrt(gradient.length)));
      }
    }
    return { input, worst, worstDirection, cosine: cosine(expected, received), tried: tried.length, relativeError };
  });

  const relativeError = Math.max(0, ...reports.map((report) => report.relativeError));
  return {
    withinTolerance: relativeError <= tolerance,
    inputs: reports,
    relativeError,
    summary: reports.map((report) => describe(report, tolerance)).join('\n'),
  };
}

/** @throws GradientMismatchError  whose message names the worst element of every input, unless {@link checkGradient} is content. */
export function assertGradient(
  f: DifferentiableFunction,
  inputs: readonly tf.Tensor[],
  options: GradientCheckOptions & { readonly what?: string } = {},
): GradientReport {
  const report = checkGradient(f, inputs, options);
  if (!report.withinTolerance) throw new GradientMismatchError(options.what ?? 'gradient', report);
  return report;
}

function elementsToTry(size: number, most: number, seed: number): number[] {
  if (size <= most) return Array.from({ length: size }, (_, i) => i);
  const uniform = seededUniform(seed);
  const chosen = new Set<number>([0, size - 1]);
  while (chosen.size < most) chosen.add(Math.floor(uniform() * size));
  return [...chosen].sort((a, b) => a - b);
}

function randomSigns(size: number, seed: number): Float32Array {
  const uniform = seededUniform(seed);
  return Float32Array.from({ length: size }, () => (uniform() < 0.5 ? -1 : 1));
}

function errorOf(expected: number, received: number): number {
  const error = Math.abs(received - expected);
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}

function indexOfWorst(expected: number[], received: number[]): number {
  let worst = 0;
  expected.forEach((value, i) => {
    if (errorOf(value, received[i] as number) > errorOf(expected[worst] as number, received[worst] as number))
      worst = i;
  });
  return worst;
}

function describe(report: InputGradientReport, tolerance: number): string {
  const { worst, worstDirection } = report;
  const direction = worstDirection
    ? `; along a random direction: expected ${worstDirection.expected.toPrecision(6)}, received ${worstDirection.received.toPrecision(6)}`
    : '';
  return (
    `  input ${report.input}, ${report.tried} elements tried: relative error ${report.relativeError.toExponential(2)} ` +
    `(tolerance ${tolerance}), cosine ${report.cosine.toFixed(6)}\n` +
    `    worst element [${worst.index}]: expected ${worst.expected.toPrecision(6)}, received ${worst.received.toPrecision(6)}${direction}`
  );
}

/** Cosine of the angle between two equally long vectors; 1 when both are zero. */
function cosine(a: number[], b: number[]): number {
  const product = (x: number[], y: number[]) => x.reduce((sum, value, i) => sum + value * (y[i] as number), 0);
  const squares = product(a, a) * product(b, b);
  if (squares === 0) return product(a, a) === product(b, b) ? 1 : 0;
  return product(a, b) / Math.sqrt(squares);
}

/** Position of a flat index in a row-major tensor. */
function indexAt(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis] as number;
    index.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return index;
}
