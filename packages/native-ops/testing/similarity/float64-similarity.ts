// Structural similarity in float64, written out: what the kernels are held against. Test support, exported from nowhere.
import {
  type SimilaritySettings,
  type SimilarityWindow,
  windowWeights,
} from '../../src/ops/fused/windowed-ssim/similarity-settings.ts';

export interface Pixels {
  readonly data: ArrayLike<number>;
  readonly width: number;
  readonly height: number;
}

/** Similarity of each window and channel, [map height, map width, channels]; `mean` is what has derivatives. */
export function float64Similarity(
  a: Pixels,
  b: Pixels,
  settings: Required<SimilaritySettings>,
): { map: Float64Array; mean: number } {
  const { window, statistics, dataRange, k1, k2 } = settings;
  const channels = a.data.length / (a.width * a.height);
  const weights = windowWeights(window);
  const n = window.size ** 2;
  const covarianceFactor = statistics === 'sample' ? n / (n - 1) : 1;
  const [c1, c2] = [(k1 * dataRange) ** 2, (k2 * dataRange) ** 2];
  // Around a pixel of the image: the variances of a flat bright image keep their digits.
  const [pivotA, pivotB] = [a.data[0] as number, b.data[0] as number];
  const [x, y] = [around(a.data, pivotA), around(b.data, pivotB)];
  const filter = (values: Float64Array) => filtered(values, a.width, a.height, channels, window, weights);
  const [mx, my, xx, yy, xy] = [x, y, product(x, x), product(y, y), product(x, y)].map(filter) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const map = mx;
  let sum = 0;
  for (let i = 0; i < map.length; i++) {
    const p = mx[i] as number;
    const q = my[i] as number;
    const u = p + pivotA;
    const v = q + pivotB;
    const variances = covarianceFactor * ((xx[i] as number) - p * p + (yy[i] as number) - q * q);
    const covariance = covarianceFactor * ((xy[i] as number) - p * q);
    const similarity = ((2 * u * v + c1) * (2 * covariance + c2)) / ((u * u + v * v + c1) * (variances + c2));
    map[i] = similarity;
    sum += similarity;
  }
  return { map, mean: sum / map.length };
}

function around(values: ArrayLike<number>, pivot: number): Float64Array {
  const moved = new Float64Array(values.length);
  for (let i = 0; i < moved.length; i++) moved[i] = (values[i] as number) - pivot;
  return moved;
}

function product(p: Float64Array, q: Float64Array): Float64Array {
  const values = new Float64Array(p.length);
  for (let i = 0; i < values.length; i++) values[i] = (p[i] as number) * (q[i] as number);
  return values;
}

function filtered(
  values: Float64Array,
  width: number,
  height: number,
  channels: number,
  { size }: SimilarityWindow,
  weights: readonly number[],
): Float64Array {
  const [length, columns, rows] = [width * channels, (width - size + 1) * channels, height - size + 1];
  const along = new Float64Array(height * columns);
  for (let row = 0; row < height; row++) {
    for (let k = 0; k < size; k++) {
      const weight = weights[k] as number;
      const from = row * length + k * channels;
      for (let j = 0; j < columns; j++) {
        along[row * columns + j] = (along[row * columns + j] as number) + weight * (values[from + j] as number);
      }
    }
  }
  const result = new Float64Array(rows * columns);
  for (let k = 0; k < size; k++) {
    const weight = weights[k] as number;
    for (let i = 0; i < result.length; i++) {
      result[i] = (result[i] as number) + weight * (along[i + k * columns] as number);
    }
  }
  return result;
}
