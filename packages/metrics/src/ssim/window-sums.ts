// The sums over windows that SSIM and MS-SSIM are made of, in float64.
import type { Planes } from '../protocols/prepared-pair.ts';
import type { SsimWindow } from '../protocols/protocol.ts';

/**
 * Sums over windows of a + b, a - b and of their squares, [height, width, channels] each, interleaved; uniform windows have
 * the weight 1. Valid until the next call ({@link scratch}).
 */
export interface WindowSums {
  readonly sum: Float64Array;
  readonly difference: Float64Array;
  readonly sumSquares: Float64Array;
  readonly differenceSquares: Float64Array;
}

export function windowSums(a: Planes, b: Planes, window: SsimWindow): WindowSums {
  const correlate = lineCorrelation(window);
  const { channels } = a;
  const rowLength = channels * a.width;
  const columns = channels * (a.width - window.size + 1);
  const rows = a.height - window.size + 1;
  const [plane, filteredRows, ...results] = scratch([
    a.data.length,
    a.height * columns,
    ...Array.from({ length: 4 }, () => rows * columns),
  ]) as [Float64Array, Float64Array, ...Float64Array[]];
  const filter = () => {
    const result = results.shift() as Float64Array;
    for (let row = 0; row < a.height; row++) {
      for (let channel = 0; channel < channels; channel++) {
        correlate(
          plane,
          row * rowLength + channel,
          channels,
          filteredRows,
          row * columns + channel,
          columns / channels,
        );
      }
    }
    for (let column = 0; column < columns; column++) {
      correlate(filteredRows, column, columns, result, column, rows);
    }
    return result;
  };
  const square = () => {
    for (let i = 0; i < plane.length; i++) plane[i] = (plane[i] as number) * (plane[i] as number);
  };
  const { data: first } = a;
  const { data: second } = b;
  for (let i = 0; i < plane.length; i++) plane[i] = (first[i] as number) + (second[i] as number);
  const sum = filter();
  square();
  const sumSquares = filter();
  for (let i = 0; i < plane.length; i++) plane[i] = (first[i] as number) - (second[i] as number);
  const difference = filter();
  square();
  const differenceSquares = filter();
  return { sum, difference, sumSquares, differenceSquares };
}

const { max } = Math;

/** What a variance is; rounding can make it negative by 1e-11 in flat windows. */
export function notNegative(variance: number): number {
  return max(0, variance);
}

let scratchMemory = new Float64Array(0);

/**
 * Arrays of these lengths, contents arbitrary, valid until the next call. Kept from call to call: fresh memory would cost
 * as much time as filtering (page faults). 64 x 64 pixels need half a megabyte, 256 x 256 nine.
 */
function scratch(lengths: readonly number[]): Float64Array[] {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (scratchMemory.length < total) scratchMemory = new Float64Array(total);
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return scratchMemory.subarray(end - length, end);
  });
}

/**
 * One axis of the window, along one line: for n < count,
 * output[outputStart + n * step] = sum over k of weight[k] * input[inputStart + (n + k) * step].
 */
type LineCorrelation = (
  input: Float64Array,
  inputStart: number,
  step: number,
  output: Float64Array,
  outputStart: number,
  count: number,
) => void;

function lineCorrelation(window: SsimWindow): LineCorrelation {
  if (window.kind === 'uniform') return runningSum(window.size);
  const weights = gaussian(window.size, window.sigma);
  return window.size === 11 ? symmetric11(weights) : symmetric(weights);
}

/** Weights with the sum 1. */
function gaussian(size: number, sigma: number): number[] {
  const centre = (size - 1) / 2;
  const weights = Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - centre) / sigma) ** 2));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Weights 1; whoever reads the sums divides once at the end. Sums of integers, so adding and subtracting stays exact. */
function runningSum(size: number): LineCorrelation {
  return (input, inputStart, step, output, outputStart, count) => {
    let sum = 0;
    for (let k = 0; k < size - 1; k++) sum += input[inputStart + k * step] as number;
    let leaving = inputStart;
    let entering = inputStart + (size - 1) * step;
    let out = outputStart;
    for (let n = 0; n < count; n++) {
      sum += input[entering] as number;
      output[out] = sum;
      sum -= input[leaving] as number;
      leaving += step;
      entering += step;
      out += step;
    }
  };
}

function symmetric(weights: readonly number[]): LineCorrelation {
  const last = weights.length - 1;
  const middle = last / 2;
  return (input, inputStart, step, output, outputStart, count) => {
    for (let n = 0; n < count; n++) {
      const start = inputStart + n * step;
      let value = (weights[middle] as number) * (input[start + middle * step] as number);
      for (let k = 0; k < middle; k++) {
        const pair = (input[start + k * step] as number) + (input[start + (last - k) * step] as number);
        value += (weights[k] as number) * pair;
      }
      output[outputStart + n * step] = value;
    }
  };
}

/**
 * The usual window. Each value is read once and moves through eleven variables, which V8 keeps in registers: half the
 * time of reading eleven values for each result (62 against 127 us for both axes of a 64 x 64 x 3 plane, Node 20).
 */
function symmetric11(weights: readonly number[]): LineCorrelation {
  return (input, inputStart, step, output, outputStart, count) => {
    // Here and with "| 0" below: V8 keeps locals in registers and skips overflow checks, a third of the time of an SSIM.
    const [w0, w1, w2, w3, w4, w5] = weights as [number, number, number, number, number, number];
    let x0 = input[inputStart] as number;
    let x1 = input[inputStart + step] as number;
    let x2 = input[inputStart + 2 * step] as number;
    let x3 = input[inputStart + 3 * step] as number;
    let x4 = input[inputStart + 4 * step] as number;
    let x5 = input[inputStart + 5 * step] as number;
    let x6 = input[inputStart + 6 * step] as number;
    let x7 = input[inputStart + 7 * step] as number;
    let x8 = input[inputStart + 8 * step] as number;
    let x9 = input[inputStart + 9 * step] as number;
    let next = inputStart + 10 * step;
    let out = outputStart;
    for (let n = 0; n < count; n++) {
      const x10 = input[next] as number;
      output[out] = w0 * (x0 + x10) + w1 * (x1 + x9) + w2 * (x2 + x8) + w3 * (x3 + x7) + w4 * (x4 + x6) + w5 * x5;
      next = (next + step) | 0;
      out = (out + step) | 0;
      x0 = x1;
      x1 = x2;
      x2 = x3;
      x3 = x4;
      x4 = x5;
      x5 = x6;
      x6 = x7;
      x7 = x8;
      x8 = x9;
      x9 = x10;
    }
  };
}
