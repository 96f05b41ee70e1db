// Cases of pooling. Channels cross the vector widths and the step of 256 channels; images cross the thread threshold.
import { exactly, type OpCase, type ValueKind } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

interface Geometry {
  readonly shape: readonly [number, number, number, number];
  readonly filter: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: 'same' | 'valid' | number | tf.backend_util.ExplicitPadding;
  readonly rounding?: 'floor' | 'ceil' | 'round';
}

const geometries: readonly Geometry[] = [
  { shape: [1, 4, 4, 1], filter: 2, strides: 2, pad: 'valid' },
  { shape: [2, 5, 7, 3], filter: 3, strides: 1, pad: 'same' },
  { shape: [2, 5, 7, 3], filter: [2, 3], strides: [2, 1], pad: 'same' },
  { shape: [1, 6, 5, 17], filter: 3, strides: 2, pad: 'valid' },
  { shape: [1, 7, 8, 5], filter: [1, 4], strides: [3, 2], pad: 'valid' },
  { shape: [2, 6, 6, 2], filter: 2, strides: 3, pad: 'same' },
  { shape: [1, 6, 6, 2], filter: 3, strides: 2, pad: 1, rounding: 'floor' },
  { shape: [1, 6, 6, 2], filter: 3, strides: 2, pad: [[0, 0], [1, 1], [2, 1], [0, 0]], rounding: 'ceil' },
  { shape: [1, 5, 5, 1], filter: 3, strides: 2, pad: [[0, 0], [1, 0], [0, 1], [0, 0]], rounding: 'ceil' },
  { shape: [1, 5, 5, 300], filter: 2, strides: 1, pad: 'valid' },
  { shape: [1, 5, 5, 3], filter: 5, strides: 1, pad: 'valid' },
  { shape: [3, 33, 35, 24], filter: 2, strides: 2, pad: 'same' },
  { shape: [2, 40, 41, 19], filter: 3, strides: 2, pad: 'same' },
  { shape: [0, 4, 4, 2], filter: 2, strides: 2, pad: 'valid' },
]; // biome-ignore format: a table

const average: OpCase['tolerance'] = {
  absolute: 1e-37,
  relative: 1.2e-7,
  why: 'both sum a window in float64 and round once',
};
const gathered: OpCase['tolerance'] = {
  absolute: 1e-6,
  relative: 1e-6,
  why: 'up to nine windows are added in float32, in float64 on the CPU',
};

type Pool = (x: tf.Tensor, geometry: Geometry) => tf.Tensor;

const averagePool: Pool = (x, { filter, strides, pad, rounding }) =>
  tf.avgPool(x as tf.Tensor4D, filter, strides, pad, rounding);
const maxPool: Pool = (x, { filter, strides, pad, rounding }) =>
  tf.maxPool(x as tf.Tensor4D, filter, strides, pad, rounding);

function describeGeometry({ shape, filter, strides, pad, rounding }: Geometry): string {
  return `[${shape}], filter ${filter}, strides ${strides}, pad ${pad}${rounding ? `, ${rounding}` : ''}`;
}

function casesOf(kernel: string, pool: Pool, tolerance: OpCase['tolerance'], smooth: ValueKind): OpCase[] {
  return geometries.flatMap((geometry): OpCase[] => {
    const { shape } = geometry;
    const small = shape.reduce((product, size) => product * size, 1);
    const forward = (values: ValueKind): OpCase => ({
      name: `${kernel} of ${describeGeometry(geometry)}, ${values} values`,
      inputs: [{ shape, values }],
      run: (x) => pool(x as tf.Tensor, geometry),
      kernels: [kernel],
      tolerance,
      // Maxima: distinct values are 4 / size apart, so that only small images keep their order under a step.
      gradient: values === smooth && small > 0 && (kernel === 'AvgPool' ? small < 500 : small <= 25) ? {} : false,
    });
    const gradient = (values: ValueKind): OpCase => ({
      name: `gradient of ${kernel} of ${describeGeometry(geometry)}, ${values} values`,
      inputs: [{ shape, values }],
      run: (x) => tf.grad((v) => tf.sum(tf.mul(pool(v, geometry), weightsOf(pool(v, geometry)))))(x as tf.Tensor),
      kernels: [`${kernel}Grad`],
      tolerance: gathered,
    });
    const cases = [forward('special'), forward(smooth)];
    if (small === 0) return cases;
    // TF.js forgets the rounding mode in the gradient, so its CPU kernels read dy under another shape than it has.
    return geometry.rounding === 'ceil' ? cases : [...cases, gradient('normal'), gradient('positions')];
  });
}

/** Different weights for every output, exact in float32. */
function weightsOf(y: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.add(tf.mod(tf.range(0, y.size), 7), 1), y.shape));
}

const identity: OpCase = {
  name: 'MaxPool with windows of one pixel keeps NaN',
  inputs: [{ shape: [1, 3, 3, 2], values: 'special' }],
  run: (x) => tf.maxPool(x as tf.Tensor4D, 1, 1, 'valid'),
  kernels: ['MaxPool'],
  tolerance: exactly,
};

const smoothMax: OpCase[] = (['valid', 'same'] as const).map((pad) => ({
  name: `MaxPool, differentiable inputs, ${pad}`,
  inputs: [{ shape: [1, 3, 4, 2], values: 'distinct' }],
  run: (x) => tf.maxPool(x as tf.Tensor4D, 2, 1, pad),
  kernels: ['MaxPool'],
  tolerance: exactly,
  gradient: {},
}));

export const poolCases: readonly OpCase[] = [
  ...casesOf('AvgPool', averagePool, average, 'normal'),
  ...casesOf('MaxPool', maxPool, exactly, 'distinct'),
  identity,
  ...smoothMax,
];
