// Structural similarity in float64: the reference that faster implementations are held against.
//
// It works on the sum s = a + b and the difference d = a - b of the images instead of on a and b, because
//   2 mean(a) mean(b)       = (mean(s)^2 - mean(d)^2) / 2        mean(a)^2 + mean(b)^2 = (mean(s)^2 + mean(d)^2) / 2
//   2 cov(a, b)             = (var(s) - var(d)) / 2              var(a) + var(b)       = (var(s) + var(d)) / 2
// needs four filtered planes instead of five, and makes three properties hold to the last bit: equal images score exactly
// 1, swapping the images changes nothing, no score leaves [-1, 1].
import { ImageInputError } from '../image/image-input-error.ts';
import { checkMask, checkSameSize, type Mask, maskThreshold, type RgbImage } from '../image/rgb-image.ts';
import { type SsimProtocol, type SsimWindow, tf } from '../protocols/ssim-protocol.ts';

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
export function ssim(a: RgbImage, b: RgbImage, protocol: SsimProtocol = tf): number {
  return meanOfMap(ssimMap(a, b, protocol));
}

/**
 * Mean of the SSIM map over the windows whose centre pixel is in the mask. The windows themselves are whole: they see
 * pixels outside of the mask too. Pixels of the mask nearer to the border of the image than half a window have no score
 * and do not count.
 *
 * @throws ImageInputError  as {@link ssim}; if the mask has another size, or no pixel that is the centre of a window.
 */
export function ssimInside(a: RgbImage, b: RgbImage, mask: Mask, protocol: SsimProtocol = tf): number {
  return meanOfMapInside(ssimMap(a, b, protocol), mask);
}

/**
 * SSIM of every window, before averaging.
 *
 * @throws ImageInputError  if the images differ in size or are smaller than the window.
 */
export function ssimMap(a: RgbImage, b: RgbImage, protocol: SsimProtocol = tf): SsimMap {
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

/** Windowed sums of a + b, a - b and of their squares; [height, width, 3] each, interleaved as the images are. */
interface WindowSums {
  readonly sum: Float64Array;
  readonly difference: Float64Array;
  readonly sumSquares: Float64Array;
  readonly differenceSquares: Float64Array;
}

function windowSums(a: RgbImage, b: RgbImage, window: SsimWindow): WindowSums {
  const kernel = separableKernel(window);
  const rowLength = 3 * a.width;
  const columns = 3 * (a.width - window.size + 1);
  const rows = a.height - window.size + 1;
  const plane = new Float64Array(a.data.length);
  const filteredRows = new Float64Array(a.height * columns);
  const filter = () => {
    const result = new Float64Array(rows * columns);
    correlate(plane, filteredRows, a.height, columns, rowLength, 3, kernel);
    correlate(filteredRows, result, rows, columns, columns, columns, kernel);
    return result;
  };
  // Squares of integers: exact, and for uniform windows so are all sums.
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

/** Weights along one axis. Uniform windows get ones, {@link similarities} divides once at the end. */
function separableKernel(window: SsimWindow): Float64Array {
  const { size } = window;
  if (window.kind === 'uniform') return new Float64Array(size).fill(1);
  const centre = (size - 1) / 2;
  const kernel = Float64Array.from({ length: size }, (_, i) => Math.exp(-0.5 * ((i - centre) / window.sigma) ** 2));
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  return kernel.map((weight) => weight / total);
}

/**
 * output[row, j] = sum over k of kernel[k] * input[row * inputRowLength + j + k * tapStride]: along a row of interleaved
 * pixels with tapStride 3, down the columns with the length of a row. The kernel is symmetric.
 */
function correlate(
  input: Float64Array,
  output: Float64Array,
  rows: number,
  columns: number,
  inputRowLength: number,
  tapStride: number,
  kernel: Float64Array,
): void {
  if (kernel.length === 11) {
    correlate11(input, output, rows, columns, inputRowLength, tapStride, kernel);
    return;
  }
  const last = kernel.length - 1;
  const middle = last / 2;
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < columns; j++) {
      const start = row * inputRowLength + j;
      let value = (kernel[middle] as number) * (input[start + middle * tapStride] as number);
      for (let k = 0; k < middle; k++) {
        const pair = (input[start + k * tapStride] as number) + (input[start + (last - k) * tapStride] as number);
        value += (kernel[k] as number) * pair;
      }
      output[row * columns + j] = value;
    }
  }
}

/** The usual window, written out: 3 times as fast as the loop over taps. */
function correlate11(
  input: Float64Array,
  output: Float64Array,
  rows: number,
  columns: number,
  inputRowLength: number,
  tapStride: number,
  kernel: Float64Array,
): void {
  const [w0, w1, w2, w3, w4, w5] = kernel as unknown as [number, number, number, number, number, number];
  for (let row = 0; row < rows; row++) {
    const start = row * inputRowLength;
    const out = row * columns;
    for (let j = 0; j < columns; j++) {
      const i = start + j;
      output[out + j] =
        w0 * ((input[i] as number) + (input[i + 10 * tapStride] as number)) +
        w1 * ((input[i + tapStride] as number) + (input[i + 9 * tapStride] as number)) +
        w2 * ((input[i + 2 * tapStride] as number) + (input[i + 8 * tapStride] as number)) +
        w3 * ((input[i + 3 * tapStride] as number) + (input[i + 7 * tapStride] as number)) +
        w4 * ((input[i + 4 * tapStride] as number) + (input[i + 6 * tapStride] as number)) +
        w5 * (input[i + 5 * tapStride] as number);
    }
  }
}

function similarities(sums: WindowSums, positions: number, protocol: SsimProtocol): Float64Array {
  const { window, statistics, dataRange } = protocol;
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
