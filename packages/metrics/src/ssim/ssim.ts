// Structural similarity in float64: the reference that faster implementations are held against.
//
// It works on the sum s = a + b and the difference d = a - b of the images instead of on a and b, because
//   2 mean(a) mean(b)       = (mean(s)^2 - mean(d)^2) / 2        mean(a)^2 + mean(b)^2 = (mean(s)^2 + mean(d)^2) / 2
//   2 cov(a, b)             = (var(s) - var(d)) / 2              var(a) + var(b)       = (var(s) + var(d)) / 2
// needs four filtered planes instead of five, and makes three properties hold to the last bit: equal images score exactly
// 1, swapping the images changes nothing, no score leaves [-1, 1].
import { ImageInputError } from '../image/image-input-error.ts';
import { checkMask, checkSameSize, type Mask, maskThreshold, type RgbImage } from '../image/rgb-image.ts';
import type { Protocol, SsimWindow } from '../protocols/protocol.ts';
import { ssimProtocols } from '../protocols/protocols.ts';

/** One score for each window that lies within the image, mean of the three channels, row by row. */
export interface SsimMap {
  readonly data: Float64Array;
  /** `image.width - window.size + 1`. */
  readonly width: number;
  readonly height: number;
  /** Row i, column j of the map is the window centred at row i + offset, column j + offset of the image. */
  readonly offset: number;
}

/**
 * Mean structural similarity of two 8-bit RGB images, in [-1, 1]; exactly 1 when they are equal. Symmetric.
 *
 * @throws ImageInputError  if the images differ in size or are smaller than the window.
 * @see Wang et al. 2004, "Image quality assessment", equation 13. Equals scikit-image to 1e-12 (ssim.golden.json).
 */
export function ssim(a: RgbImage, b: RgbImage, protocol: Protocol = ssimProtocols.tf): number {
  return meanOfMap(ssimMap(a, b, protocol));
}

/**
 * Mean of the SSIM map over the windows whose centre pixel is in the mask. The windows themselves are whole: they see
 * pixels outside of the mask too. Pixels of the mask nearer to the border of the image than half a window have no score
 * and do not count.
 *
 * @throws ImageInputError  as {@link ssim}; if the mask has another size, or no pixel that is the centre of a window.
 */
export function ssimInside(a: RgbImage, b: RgbImage, mask: Mask, protocol: Protocol = ssimProtocols.tf): number {
  return meanOfMapInside(ssimMap(a, b, protocol), mask);
}

/**
 * SSIM of every window, before averaging.
 *
 * @throws ImageInputError  if the images differ in size or are smaller than the window.
 */
export function ssimMap(a: RgbImage, b: RgbImage, protocol: Protocol = ssimProtocols.tf): SsimMap {
  checkSameSize('ssim', ['first image', 'second image'], a, b);
  const { size } = protocol.window;
  if (!Number.isInteger(size) || size < 1 || size % 2 === 0) {
    throw new RangeError(`ssim: protocol ${protocol.name}: the window is ${size} wide; windows have an odd size.`);
  }
  if (a.width < size || a.height < size) {
    throw new ImageInputError(
      'ssim',
      'images',
      `at least ${size} x ${size} pixels, the window of protocol ${protocol.name}`,
      `${a.width} x ${a.height}`,
      'Choose a protocol with a smaller window.',
    );
  }
  const width = a.width - size + 1;
  const height = a.height - size + 1;
  const sums = windowSums(a, b, protocol.window);
  const data = similarities(sums, width * height, protocol);
  return { data, width, height, offset: (size - 1) / 2 };
}

export function meanOfMap({ data }: SsimMap): number {
  let sum = 0;
  for (const value of data) sum += value;
  return sum / data.length;
}

/** As {@link ssimInside}, when the map is at hand. The mask is as large as the images that were compared. */
export function meanOfMapInside(map: SsimMap, mask: Mask): number {
  const { data, width, height, offset } = map;
  const image = { width: width + 2 * offset, height: height + 2 * offset, data: mask.data };
  checkMask('ssimInside', 'mask', mask, image, 'the images');
  let sum = 0;
  let count = 0;
  for (let i = 0; i < height; i++) {
    const maskRow = (i + offset) * mask.width + offset;
    for (let j = 0; j < width; j++) {
      if ((mask.data[maskRow + j] as number) <= maskThreshold) continue;
      sum += data[i * width + j] as number;
      count++;
    }
  }
  if (count === 0) {
    throw new ImageInputError(
      'ssimInside',
      'mask',
      `a pixel above ${maskThreshold} that is at least ${offset} pixels from the border`,
      'none',
      'Without a figure there is no score inside it: check the silhouettes, or leave the mask out.',
    );
  }
  return sum / count;
}

/** Windowed sums of a + b, a - b and of their squares; [height, width, 3] each, interleaved. In {@link scratch} memory. */
interface WindowSums {
  readonly sum: Float64Array;
  readonly difference: Float64Array;
  readonly sumSquares: Float64Array;
  readonly differenceSquares: Float64Array;
}

function windowSums(a: RgbImage, b: RgbImage, window: SsimWindow): WindowSums {
  const correlate = lineCorrelation(window);
  const rowLength = 3 * a.width;
  const columns = 3 * (a.width - window.size + 1);
  const rows = a.height - window.size + 1;
  const [plane, filteredRows, ...results] = scratch([
    a.data.length,
    a.height * columns,
    ...Array.from({ length: 4 }, () => rows * columns),
  ]) as [Float64Array, Float64Array, ...Float64Array[]];
  const filter = () => {
    const result = results.shift() as Float64Array;
    for (let row = 0; row < a.height; row++) {
      for (let channel = 0; channel < 3; channel++) {
        correlate(plane, row * rowLength + channel, 3, filteredRows, row * columns + channel, columns / 3);
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

/** Weights 1; {@link similarities} divides once at the end. Sums of integers, so adding and subtracting stays exact. */
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

function similarities(sums: WindowSums, positions: number, protocol: Protocol): Float64Array {
  const { window, statistics } = protocol;
  const dataRange = protocol.dataRange as number;
  const n = window.size * window.size;
  const scale = window.kind === 'uniform' ? 1 / n : 1;
  const covariance = statistics === 'sample' ? n / (n - 1) : 1;
  // Twice, as everything below is twice the quantity of equation 13.
  const c1 = 2 * (protocol.k1 * dataRange) ** 2;
  const c2 = 2 * (protocol.k2 * dataRange) ** 2;
  const { sum, difference, sumSquares, differenceSquares } = sums;
  const map = new Float64Array(positions);
  for (let position = 0; position < positions; position++) {
    let score = 0;
    for (let i = 3 * position; i < 3 * position + 3; i++) {
      const meanS = (sum[i] as number) * scale;
      const meanD = (difference[i] as number) * scale;
      const meanS2 = meanS * meanS;
      const meanD2 = meanD * meanD;
      // A variance is not negative; rounding can make it so by 1e-11 in flat windows.
      const varianceS = covariance * Math.max(0, (sumSquares[i] as number) * scale - meanS2);
      const varianceD = covariance * Math.max(0, (differenceSquares[i] as number) * scale - meanD2);
      score +=
        ((meanS2 - meanD2 + c1) * (varianceS - varianceD + c2)) /
        ((meanS2 + meanD2 + c1) * (varianceS + varianceD + c2));
    }
    map[position] = score / 3;
  }
  return map;
}
