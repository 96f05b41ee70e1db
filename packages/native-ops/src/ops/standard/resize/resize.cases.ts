// Cases of resizing: up, down, both; square and not; every combination of corner options; sizes over the thread threshold.
import { exactly, type OpCase } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

type Size = [number, number];

const bilinear: OpCase['tolerance'] = {
  absolute: 1e-6,
  relative: 1e-6,
  why: 'fractions are rounded to float32, positions are computed in float64 on both sides',
};
const gradient: OpCase['tolerance'] = {
  absolute: 4e-6,
  relative: 4e-6,
  why: 'the transposed weights are summed in float32, in another order than the matrix products of the reference',
};

const geometries: readonly (readonly [shape: readonly [number, number, number, number], size: Size])[] = [
  [[1, 2, 3, 1], [4, 6]],
  [[2, 3, 5, 3], [7, 4]],
  [[1, 8, 8, 2], [4, 4]],
  [[1, 5, 4, 17], [1, 1]],
  [[1, 1, 1, 2], [3, 5]],
  [[2, 4, 6, 3], [4, 6]],
  [[1, 9, 2, 1], [3, 11]],
  [[2, 31, 33, 5], [64, 48]],
  [[3, 32, 24, 16], [64, 48]],
  [[0, 3, 3, 1], [5, 5]],
]; // biome-ignore format: a table

const options = [
  [false, false],
  [true, false],
  [false, true],
] as const;

export const resizeCases: readonly OpCase[] = geometries.flatMap(([shape, size]) =>
  options.flatMap(([alignCorners, halfPixelCenters]): OpCase[] => {
    const what =
      `[${shape}] to [${size}]` +
      `${alignCorners ? ', aligned corners' : ''}${halfPixelCenters ? ', half pixels' : ''}`;
    const small = shape.reduce((product, length) => product * length, 1);
    const resizeBilinear = (x: tf.Tensor) =>
      tf.image.resizeBilinear(x as tf.Tensor4D, size, alignCorners, halfPixelCenters);
    const resizeNearest = (x: tf.Tensor) =>
      tf.image.resizeNearestNeighbor(x as tf.Tensor4D, size, alignCorners, halfPixelCenters);
    const weighted = (f: (x: tf.Tensor) => tf.Tensor) => (x?: tf.Tensor, dy?: tf.Tensor) =>
      tf.grad(f)(x as tf.Tensor, dy as tf.Tensor);
    const inputs = [{ shape }, { shape: [shape[0], ...size, shape[3]] }];
    return [
      {
        name: `bilinear ${what}`,
        inputs: [{ shape }],
        run: (x) => resizeBilinear(x as tf.Tensor),
        kernels: ['ResizeBilinear'],
        tolerance: bilinear,
        gradient: small > 0 && small < 200 ? {} : false,
      },
      {
        name: `nearest ${what}`,
        inputs: [{ shape, values: 'special' }],
        run: (x) => resizeNearest(x as tf.Tensor),
        kernels: ['ResizeNearestNeighbor'],
        tolerance: exactly,
      },
      {
        name: `nearest ${what}, differentiable inputs`,
        inputs: [{ shape }],
        run: (x) => resizeNearest(x as tf.Tensor),
        kernels: ['ResizeNearestNeighbor'],
        tolerance: exactly,
        gradient: small > 0 && small < 200 ? {} : false,
      },
      // On the CPU backend these are the reference formula of gradients/resize.gradient.ts.
      {
        name: `gradient of bilinear ${what}`,
        inputs,
        run: weighted(resizeBilinear),
        kernels: ['ResizeBilinearExactGrad'],
        tolerance: gradient,
      },
      {
        name: `gradient of nearest ${what}`,
        inputs,
        run: weighted(resizeNearest),
        kernels: ['ResizeNearestNeighborExactGrad'],
        tolerance: gradient,
      },
    ];
  }),
);
