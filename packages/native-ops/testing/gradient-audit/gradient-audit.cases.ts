// Which gradients of TF.js 4.22.0 are right: every kernel a U-Net GAN uses, and what common programs add, with the options
// and shapes (not square, batches, borders, broadcasting) where a gradient can go wrong. `stock` is what was found; the spec
// checks that it is still so, and that the gradient in use is right in every case.
import * as tf from '../../src/tfjs/registered-core.ts';
import { distinctValues, seededValues } from '../seeded-random.ts';

export interface AuditCase {
  /** The kernel whose gradient is checked. */
  readonly kernel: string;
  readonly name: string;
  readonly f: (...inputs: tf.Tensor[]) => tf.Tensor;
  readonly inputs: () => tf.Tensor[];
  /** TF.js's own gradient: right, a wrong value or shape, an exception, or not there. 'costly': right, but see gradients.md. */
  readonly stock: 'right' | 'wrong' | 'throws' | 'missing' | 'costly';
  /** The same for the gradient in use, where it is not right; gradients.md says why and what to do instead. */
  readonly inUse?: 'wrong' | 'throws' | 'missing';
  /** Default 1e-3 of the largest difference quotient: float32 gives about 1e-5, no error worth the name is below 1e-2. */
  readonly tolerance?: number;
}

/** Uniform values. */
const uniform = (shape: number[], min = -1, max = 1, seed = 1) =>
  tf.tensor(seededValues(seed + shape.length, tf.util.sizeFromShape(shape), min, max), shape);
/** Values no two of which are near each other: for max, min and pooling. */
const distinct = (shape: number[], min = -4, max = 4, seed = 1) =>
  tf.tensor(distinctValues(seed, tf.util.sizeFromShape(shape), min, max), shape);
/** Values at least 0.125 from zero, of both signs: for functions with a kink at 0. */
const awayFromZero = (shape: number[], seed = 1) => {
  const values = seededValues(seed, tf.util.sizeFromShape(shape)).map((v) => (v < 0 ? v - 0.125 : v + 0.125));
  return tf.tensor(values, shape);
};

function of(
  kernel: string,
  name: string,
  f: (...inputs: never[]) => tf.Tensor,
  inputs: () => tf.Tensor[],
  stock: AuditCase['stock'] = 'right',
  tolerance?: number,
): AuditCase {
  const common = { kernel, name, f: f as AuditCase['f'], inputs, stock };
  return tolerance === undefined ? common : { ...common, tolerance };
}

type Image = tf.Tensor4D;
type Filter = tf.Tensor4D;
type Paddings = [number, number][];

const elementwise: AuditCase[] = (
  [
    ['LeakyRelu', (x) => tf.leakyRelu(x, 0.2), awayFromZero],
    ['Relu', tf.relu, awayFromZero],
    ['Relu6', (x) => tf.relu6(tf.mul(x, 2)), awayFromZero],
    ['Elu', tf.elu, awayFromZero],
    ['Selu', tf.selu, awayFromZero],
    ['Sigmoid', tf.sigmoid],
    ['Tanh', tf.tanh],
    ['Softplus', tf.softplus],
    ['Log1p', tf.log1p, (s) => uniform(s, -0.5, 2)],
    ['Log', tf.log, (s) => uniform(s, 0.5, 2)],
    ['Exp', tf.exp],
    ['Expm1', tf.expm1],
    ['Sqrt', tf.sqrt, (s) => uniform(s, 0.5, 2)],
    ['Rsqrt', tf.rsqrt, (s) => uniform(s, 0.5, 2)],
    ['Square', tf.square],
    ['Reciprocal', tf.reciprocal, (s) => uniform(s, 0.5, 2)],
    ['Neg', tf.neg],
    ['Abs', tf.abs, awayFromZero],
    ['Sin', tf.sin],
    ['Cos', tf.cos],
    ['Tan', tf.tan],
    ['Sinh', tf.sinh],
    ['Cosh', tf.cosh],
    ['Asin', tf.asin, (s) => uniform(s, -0.7, 0.7)],
    ['Acos', tf.acos, (s) => uniform(s, -0.7, 0.7)],
    ['Atan', tf.atan],
    ['Asinh', tf.asinh],
    ['Acosh', tf.acosh, (s) => uniform(s, 1.5, 3)],
    ['Atanh', tf.atanh, (s) => uniform(s, -0.7, 0.7)],
    ['Erf', tf.erf],
    [
      'ClipByValue',
      (x) => tf.clipByValue(tf.mul(x, 2), -0.6, 0.9),
      () => tf.tensor1d([-2, -1, -0.5, -0.1, 0, 0.3, 0.6, 2]),
    ],
    ['Step', (x) => tf.step(x, 0.3), awayFromZero],
    ['Identity', (x) => tf.clone(x)],
    ['Cast', (x) => tf.cast(x, 'float32')],
  ] as [string, (x: tf.Tensor) => tf.Tensor, ((shape: number[]) => tf.Tensor)?][]
).map(([kernel, f, values = uniform]) => of(kernel, 'values of both branches', f, () => [values([3, 7])]));

const binary: AuditCase[] = (
  [
    ['Add', tf.add],
    ['Sub', tf.sub],
    ['Multiply', tf.mul],
    ['RealDiv', tf.div],
    ['SquaredDifference', tf.squaredDifference],
    ['Pow', (a, b) => tf.pow(a, b)],
    ['Atan2', tf.atan2],
    ['Maximum', tf.maximum],
    ['Minimum', tf.minimum],
  ] as [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor][]
).flatMap(([kernel, f]) => {
  const forgetsSums = ['Maximum', 'Minimum', 'SquaredDifference'].includes(kernel);
  const pair = (a: number[], b: number[]) => () => {
    // Different from each other everywhere, and positive for Pow and RealDiv.
    const all = distinctValues(3, tf.util.sizeFromShape(a) + tf.util.sizeFromShape(b), 0.5, 4.5);
    const sizeA = tf.util.sizeFromShape(a);
    return [tf.tensor(all.slice(0, sizeA), a), tf.tensor(all.slice(sizeA), b)];
  };
  return [
    of(kernel, 'same shapes', f, pair([2, 3, 2], [2, 3, 2])),
    of(kernel, 'second input broadcast from lower rank', f, pair([2, 3, 2], [2]), forgetsSums ? 'throws' : 'right'),
    of(kernel, 'both inputs broadcast', f, pair([3, 1, 2], [4, 1]), forgetsSums ? 'throws' : 'right'),
    of(kernel, 'first input a scalar', f, pair([], [2, 3]), forgetsSums ? 'throws' : 'right'),
  ];
});

const other: AuditCase[] = [
  of(
    'Prelu',
    'alpha per channel',
    (x, alpha) => tf.prelu(x, alpha),
    () => [awayFromZero([2, 3, 2, 4]), uniform([4], 0.1, 0.5)],
  ),
  of(
    'Prelu',
    "alpha of x's shape",
    (x, alpha) => tf.prelu(x, alpha),
    () => [awayFromZero([3, 4]), uniform([3, 4], 0.1, 0.5)],
  ),
  of(
    'Select',
    'both branches',
    (a, b) => tf.where(tf.tensor2d([1, 0, 1, 0, 0, 1], [2, 3], 'bool'), a, b),
    () => [uniform([2, 3]), uniform([2, 3], 0, 3)],
  ),
  of(
    'Select',
    'one branch broadcast',
    (a, b) => tf.where(tf.tensor2d([1, 0, 1, 0, 0, 1], [2, 3], 'bool'), a, b),
    () => [uniform([2, 3]), uniform([3])],
  ),
  of(
    'AddN',
    'three inputs',
    (a, b, c) => tf.addN([a, b, c]),
    () => [uniform([2, 3]), uniform([2, 3]), uniform([2, 3])],
  ),
];

const reductions: AuditCase[] = [
  ...(['Sum', 'Mean'] as const).flatMap((kernel) => {
    const reduce = kernel === 'Sum' ? tf.sum : tf.mean;
    return [
      of(
        kernel,
        'all axes',
        (x) => reduce(x),
        () => [uniform([2, 3, 4])],
        'costly',
      ),
      of(
        kernel,
        'one axis',
        (x) => reduce(x, 1),
        () => [uniform([2, 3, 4])],
        'costly',
      ),
      of(
        kernel,
        'negative axis',
        (x) => reduce(x, -2),
        () => [uniform([2, 3, 4])],
        'costly',
      ),
      of(
        kernel,
        'several axes',
        (x) => reduce(x, [0, 2]),
        () => [uniform([2, 3, 4])],
        'costly',
      ),
      of(
        kernel,
        'axes out of order',
        (x) => reduce(x, [2, -3]),
        () => [uniform([2, 3, 4])],
        'costly',
      ),
      of(
        kernel,
        'axes kept',
        (x) => reduce(x, [1, 2], true),
        () => [uniform([2, 3, 4, 2])],
        'costly',
      ),
      of(
        kernel,
        'an axis of size 1',
        (x) => reduce(x, 1),
        () => [uniform([2, 1, 4])],
        'costly',
      ),
      of(
        kernel,
        'rank 5',
        (x) => reduce(x, [1, 3]),
        () => [uniform([2, 2, 3, 2, 2])],
        'costly',
      ),
      of(
        kernel,
        'a scalar',
        (x) => reduce(x),
        () => [uniform([])],
        'costly',
      ),
    ];
  }),
  of(
    'Max',
    'one axis',
    (x) => tf.max(x, 1),
    () => [distinct([3, 4, 2])],
  ),
  of(
    'Max',
    'axes kept',
    (x) => tf.max(x, [0, 2], true),
    () => [distinct([3, 4, 2])],
  ),
  of(
    'Min',
    'one axis',
    (x) => tf.min(x, 1),
    () => [distinct([3, 4, 2])],
  ),
  of(
    'Min',
    'last two axes',
    (x) => tf.min(x, [1, 2]),
    () => [distinct([3, 4, 2])],
  ),
  of(
    'Prod',
    'all axes',
    (x) => tf.prod(x),
    () => [uniform([2, 3], 0.5, 1.5)],
  ),
  of(
    'Prod',
    'first axis',
    (x) => tf.prod(x, 0),
    () => [uniform([3, 4], 0.5, 1.5)],
  ),
  of(
    'Prod',
    'last axis',
    (x) => tf.prod(x, 1),
    () => [uniform([3, 4], 0.5, 1.5)],
  ),
  of(
    'Prod',
    'middle axis of rank 3',
    (x) => tf.prod(x, 1),
    () => [uniform([2, 3, 4], 0.5, 1.5)],
  ),
  of(
    'Prod',
    'two axes of rank 3',
    (x) => tf.prod(x, [0, 1]),
    () => [uniform([2, 3, 4], 0.5, 1.5)],
  ),
  of(
    'Prod',
    'axis kept',
    (x) => tf.prod(x, 0, true),
    () => [uniform([3, 4], 0.5, 1.5)],
  ),
  of(
    'Cumsum',
    'last axis',
    (x) => tf.cumsum(x, 1),
    () => [uniform([3, 4])],
  ),
  of(
    'Cumsum',
    'first axis',
    (x) => tf.cumsum(x, 0),
    () => [uniform([3, 4])],
    'throws',
  ),
  of(
    'Cumsum',
    'first axis of a square',
    (x) => tf.cumsum(x, 0),
    () => [uniform([3, 3])],
    'wrong',
  ),
  of(
    'Cumsum',
    'exclusive, reversed',
    (x) => tf.cumsum(x, 1, true, true),
    () => [uniform([3, 4])],
  ),
  {
    ...of(
      'Cumprod',
      'last axis',
      (x) => tf.cumprod(x, 1),
      () => [uniform([3, 4], 0.5, 1.5)],
      'missing',
    ),
    inUse: 'missing',
  },
  of(
    'Softmax',
    'last axis',
    (x) => tf.softmax(x),
    () => [uniform([3, 5])],
  ),
  of(
    'LogSoftmax',
    'last axis',
    (x) => tf.logSoftmax(x),
    () => [uniform([3, 5])],
  ),
  of(
    'LogSoftmax',
    'composed logSumExp',
    (x) => tf.logSumExp(x, 1),
    () => [uniform([3, 5])],
  ),
  of(
    'LRN',
    'four channels',
    (x: Image) => tf.localResponseNormalization(x, 1, 1, 0.5, 0.75),
    () => [uniform([1, 2, 3, 4])],
  ),
];

const layout: AuditCase[] = [
  of(
    'Reshape',
    'to another rank',
    (x) => tf.reshape(x, [4, 3]),
    () => [uniform([2, 6])],
  ),
  of(
    'ExpandDims',
    'in the middle',
    (x) => tf.expandDims(x, 1),
    () => [uniform([2, 3])],
  ),
  of(
    'Transpose',
    'rank 4',
    (x) => tf.transpose(x, [3, 1, 0, 2]),
    () => [uniform([2, 3, 4, 5])],
  ),
  of(
    'Concat',
    'middle axis',
    (a, b) => tf.concat([a, b], 1),
    () => [uniform([2, 3, 2]), uniform([2, 2, 2])],
  ),
  of(
    'Slice',
    'rank 4',
    (x) => tf.slice(x, [0, 1, 2, 0], [2, 2, 1, 2]),
    () => [uniform([2, 3, 4, 2])],
  ),
  of(
    'StridedSlice',
    'stride 2 and a negative stride',
    (x) => tf.stridedSlice(x, [0, 4], [4, 0], [2, -2]),
    () => [uniform([4, 5])],
    'missing',
  ),
  of(
    'StridedSlice',
    'masks and a removed axis',
    // Steps of 1: with others TF.js's CPU kernel confuses the axes (layout.cases.ts has that case).
    (x) => tf.stridedSlice(x, [0, 1, 0], [2, 2, 3], [1, 1, 1], 1, 1, 0, 0, 2),
    () => [uniform([2, 3, 4])],
    'missing',
  ),
  of(
    'StridedSlice',
    'stride 1',
    (x) => tf.stridedSlice(x, [1, 1], [3, 4], [1, 1]),
    () => [uniform([4, 5])],
    'missing',
  ),
  of(
    'PadV2',
    'constant',
    (x) =>
      tf.pad(
        x,
        [
          [1, 0],
          [2, 1],
        ],
        0.5,
      ),
    () => [uniform([2, 3])],
  ),
  of(
    'SplitV',
    'unequal parts',
    (x) => tf.concat([...tf.split(x, [1, 3, 2], 1)].reverse(), 1),
    () => [uniform([2, 6])],
  ),
  of(
    'SplitV',
    'one part used',
    (x) => tf.square(tf.split(x, 3, 1)[1] as tf.Tensor),
    () => [uniform([2, 6])],
  ),
  of(
    'Tile',
    'rank 1',
    (x) => tf.tile(x, [3]),
    () => [uniform([4])],
    'costly',
  ),
  of(
    'Tile',
    'rank 2',
    (x) => tf.tile(x, [3, 2]),
    () => [uniform([2, 3])],
    'costly',
  ),
  of(
    'Tile',
    'rank 4',
    (x) => tf.tile(x, [2, 1, 3, 2]),
    () => [uniform([1, 2, 2, 3])],
    'costly',
  ),
  of(
    'Tile',
    'rank 5',
    (x) => tf.tile(x, [1, 2, 1, 2, 1]),
    () => [uniform([2, 1, 2, 2, 1])],
    'throws',
  ),
  of(
    'Tile',
    'broadcastTo',
    (x) => tf.broadcastTo(x, [2, 3, 4]),
    () => [uniform([3, 1])],
    'costly',
  ),
  of(
    'GatherV2',
    'repeated indices',
    (x) => tf.gather(x, tf.tensor1d([2, 0, 2, 1], 'int32'), 1),
    () => [uniform([2, 3, 2])],
  ),
  of(
    'GatherV2',
    'indices of rank 2',
    (x) => tf.gather(x, tf.tensor2d([2, 0, 2, 1], [2, 2], 'int32'), 0),
    () => [uniform([3, 2])],
  ),
  of(
    'GatherV2',
    'batch dimension',
    (x) => tf.gather(x, tf.tensor2d([2, 0, 1, 1], [2, 2], 'int32'), 1, 1),
    () => [uniform([2, 3, 2])],
  ),
  of(
    'GatherNd',
    'rows',
    (x) => tf.gatherND(x, tf.tensor2d([1, 0, 1], [3, 1], 'int32')),
    () => [uniform([2, 3])],
    'missing',
  ),
  of(
    'Reverse',
    'two axes',
    (x) => tf.reverse(x, [0, -1]),
    () => [uniform([2, 3, 4])],
  ),
  of(
    'Pack',
    'new middle axis',
    (a, b) => tf.stack([a, b], 1),
    () => [uniform([2, 3]), uniform([2, 3])],
  ),
  of(
    'Unpack',
    'all parts used',
    (x) => tf.addN(tf.unstack(x, 1).map((part, i) => tf.mul(part, i + 1))),
    () => [uniform([2, 3, 4])],
  ),
  of(
    'Unpack',
    'one part used',
    (x) => tf.square(tf.unstack(x, 1)[1] as tf.Tensor),
    () => [uniform([2, 3, 4])],
  ),
  of(
    'SpaceToBatchND',
    'with paddings',
    (x) =>
      tf.spaceToBatchND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    () => [uniform([1, 3, 5, 2])],
  ),
  of(
    'BatchToSpaceND',
    'with crops',
    (x) =>
      tf.batchToSpaceND(
        x,
        [2, 2],
        [
          [1, 0],
          [0, 1],
        ],
      ),
    () => [uniform([4, 2, 3, 2])],
  ),
  of(
    'DepthToSpace',
    'blocks of 2, not square',
    (x: Image) => tf.depthToSpace(x, 2),
    () => [uniform([2, 2, 3, 8])],
    'missing',
  ),
  of(
    'DepthToSpace',
    'blocks of 3',
    (x: Image) => tf.depthToSpace(x, 3),
    () => [uniform([1, 2, 1, 9])],
    'missing',
  ),
  of(
    'MirrorPad',
    'reflect',
    (x) =>
      tf.mirrorPad(
        x,
        [
          [2, 1],
          [1, 3],
        ],
        'reflect',
      ),
    () => [uniform([3, 4])],
    'wrong',
  ),
  of(
    'MirrorPad',
    'symmetric',
    (x) =>
      tf.mirrorPad(
        x,
        [
          [3, 1],
          [1, 4],
        ],
        'symmetric',
      ),
    () => [uniform([3, 4])],
    'wrong',
  ),
  of(
    'MirrorPad',
    'reflect, images',
    (x) =>
      tf.mirrorPad(
        x,
        [
          [0, 0],
          [1, 1],
          [2, 1],
          [0, 0],
        ] as Paddings,
        'reflect',
      ),
    () => [uniform([2, 3, 4, 2])],
    'wrong',
  ),
];

const resize = (kernel: 'ResizeBilinear' | 'ResizeNearestNeighbor'): AuditCase[] => {
  const isBilinear = kernel === 'ResizeBilinear';
  const resizeTo = (size: [number, number], align = false, half = false) =>
    ((x: Image) =>
      (isBilinear ? tf.image.resizeBilinear : tf.image.resizeNearestNeighbor)(x, size, align, half)) as AuditCase['f'];
  const images =
    (height: number, width: number, batch = 1) =>
    () => [uniform([batch, height, width, 2])];
  const wrongInBatches = isBilinear ? 'right' : 'wrong';
  const throwsNotSquare = isBilinear ? 'throws' : 'right';
  return [
    of(kernel, 'square, larger', resizeTo([7, 7]), images(4, 4)),
    of(kernel, 'square, smaller', resizeTo([3, 3]), images(5, 5)),
    of(kernel, 'square, batch of 2', resizeTo([6, 6]), images(3, 3, 2), wrongInBatches),
    of(kernel, 'not square, larger', resizeTo([6, 5]), images(3, 4), throwsNotSquare),
    of(kernel, 'not square, smaller', resizeTo([2, 3]), images(5, 4), throwsNotSquare),
    of(kernel, 'alignCorners', resizeTo([7, 7], true), images(4, 4)),
    of(kernel, 'alignCorners, to one pixel', resizeTo([1, 1], true), images(4, 4)),
    of(
      kernel,
      'alignCorners, not square, batch of 2',
      resizeTo([5, 7], true),
      images(3, 4, 2),
      isBilinear ? 'throws' : 'wrong',
    ),
    of(kernel, 'halfPixelCenters, larger', resizeTo([7, 7], false, true), images(4, 4), isBilinear ? 'wrong' : 'wrong'),
    of(
      kernel,
      'halfPixelCenters, doubled',
      resizeTo([8, 8], false, true),
      images(4, 4),
      isBilinear ? 'wrong' : 'right',
    ),
    of(kernel, 'halfPixelCenters, smaller', resizeTo([3, 3], false, true), images(7, 7), 'wrong'),
    of(
      kernel,
      'halfPixelCenters, not square, batch of 2',
      resizeTo([3, 9], false, true),
      images(5, 4, 2),
      isBilinear ? 'throws' : 'wrong',
    ),
  ];
};

const convolutions: AuditCase[] = [
  of(
    'Conv2D',
    'same, stride 1',
    (x: Image, w: Filter) => tf.conv2d(x, w, 1, 'same'),
    () => [uniform([2, 5, 4, 3]), uniform([3, 3, 3, 2])],
  ),
  of(
    'Conv2D',
    'same, 4x4 filter, stride 2, even size',
    (x: Image, w: Filter) => tf.conv2d(x, w, 2, 'same'),
    () => [uniform([2, 6, 4, 2]), uniform([4, 4, 2, 3])],
  ),
  of(
    'Conv2D',
    'same, stride 2, odd size',
    (x: Image, w: Filter) => tf.conv2d(x, w, 2, 'same'),
    () => [uniform([1, 7, 5, 2]), uniform([3, 3, 2, 3])],
  ),
  of(
    'Conv2D',
    'valid, stride 2, left-over rows',
    (x: Image, w: Filter) => tf.conv2d(x, w, 2, 'valid'),
    () => [uniform([1, 6, 7, 2]), uniform([3, 2, 2, 3])],
  ),
  of(
    'Conv2D',
    '1x1 filter, stride 2, left-over rows',
    (x: Image, w: Filter) => tf.conv2d(x, w, 2, 'valid'),
    () => [uniform([1, 6, 6, 3]), uniform([1, 1, 3, 2])],
  ),
  of(
    'Conv2D',
    'strides differ',
    (x: Image, w: Filter) => tf.conv2d(x, w, [2, 1], 'same'),
    () => [uniform([1, 6, 5, 2]), uniform([3, 3, 2, 2])],
  ),
  of(
    'Conv2D',
    'explicit padding',
    (x: Image, w: Filter) =>
      tf.conv2d(x, w, 1, [
        [0, 0],
        [1, 2],
        [0, 1],
        [0, 0],
      ]),
    () => [uniform([1, 4, 5, 2]), uniform([3, 2, 2, 2])],
  ),
  of(
    'Conv2D',
    'dilation 2, same',
    (x: Image, w: Filter) => tf.conv2d(x, w, 1, 'same', 'NHWC', 2),
    () => [uniform([2, 6, 5, 2]), uniform([3, 3, 2, 3])],
    'throws',
  ),
  of(
    'Conv2D',
    'dilation 2, valid',
    (x: Image, w: Filter) => tf.conv2d(x, w, 1, 'valid', 'NHWC', 2),
    () => [uniform([1, 7, 6, 2]), uniform([3, 2, 2, 2])],
    'throws',
  ),
  of(
    'Conv2D',
    'dilations differ, 4x2 filter',
    (x: Image, w: Filter) => tf.conv2d(x, w, 1, 'same', 'NHWC', [1, 3]),
    () => [uniform([1, 5, 6, 2]), uniform([4, 2, 2, 2])],
    'throws',
  ),
  of(
    'Conv2D',
    'dilation 2, padding wider than the filter',
    (x: Image, w: Filter) => tf.conv2d(x, w, 1, 3, 'NHWC', 2, 'floor'),
    () => [uniform([1, 4, 5, 1]), uniform([2, 2, 1, 2])],
    'throws',
  ),
  of(
    'Conv2DBackpropInput',
    'conv2dTranspose, stride 2',
    (dy: Image, w: Filter) => tf.conv2dTranspose(dy, w, [2, 6, 8, 2], 2, 'same'),
    () => [uniform([2, 3, 4, 3]), uniform([4, 4, 2, 3])],
  ),
  of(
    'Conv2DBackpropInput',
    'conv2dTranspose, valid',
    (dy: Image, w: Filter) => tf.conv2dTranspose(dy, w, [1, 7, 6, 2], 2, 'valid'),
    () => [uniform([1, 3, 2, 2]), uniform([3, 4, 2, 2])],
  ),
  of(
    'Conv2DBackpropFilter',
    'a filter gradient differentiated',
    (x: Image, dy: Image) =>
      tf
        .engine()
        .runKernel(
          tf.Conv2DBackpropFilter,
          { x, dy },
          { strides: [2, 2], pad: 'same', dataFormat: 'NHWC', filterShape: [3, 3, 2, 3] },
        ) as tf.Tensor,
    () => [uniform([1, 5, 4, 2]), uniform([1, 3, 2, 3])],
    'missing',
  ),
  of(
    'DepthwiseConv2dNative',
    'same, stride 1',
    (x: Image, w: Filter) => tf.depthwiseConv2d(x, w, 1, 'same'),
    () => [uniform([2, 5, 4, 3]), uniform([3, 3, 3, 2])],
  ),
  of(
    'DepthwiseConv2dNative',
    'same, stride 2',
    (x: Image, w: Filter) => tf.depthwiseConv2d(x, w, 2, 'same'),
    () => [uniform([1, 5, 6, 2]), uniform([3, 2, 2, 1])],
  ),
  of(
    'DepthwiseConv2dNative',
    'dilation 2, multiplier 2',
    (x: Image, w: Filter) => tf.depthwiseConv2d(x, w, 1, 'same', 'NHWC', 2),
    () => [uniform([2, 5, 4, 2]), uniform([3, 3, 2, 2])],
    'throws',
  ),
  of(
    'DepthwiseConv2dNative',
    'dilations differ, valid',
    (x: Image, w: Filter) => tf.depthwiseConv2d(x, w, 1, 'valid', 'NHWC', [1, 2]),
    () => [uniform([1, 5, 6, 3]), uniform([2, 3, 3, 1])],
    'throws',
  ),
  of(
    'FusedConv2D',
    'bias, linear',
    (x: Image, w: Filter, bias) => tf.fused.conv2d({ x, filter: w, strides: 1, pad: 'same', bias }),
    () => [uniform([1, 4, 5, 2]), uniform([3, 3, 2, 3]), uniform([3])],
  ),
  of(
    'FusedConv2D',
    'bias, leaky relu',
    (x: Image, w: Filter, bias) =>
      tf.fused.conv2d({ x, filter: w, strides: 1, pad: 'same', bias, activation: 'leakyrelu', leakyreluAlpha: 0.2 }),
    () => [uniform([1, 2, 2, 1]), uniform([2, 2, 1, 2]), tf.tensor1d([4, -5])],
  ),
  of(
    'SeparableConv2D',
    'depth multiplier 2',
    (x: Image, d: Filter, p: Filter) => tf.separableConv2d(x, d, p as tf.Tensor4D, 1, 'same'),
    () => [uniform([1, 4, 3, 2]), uniform([3, 3, 2, 2]), uniform([1, 1, 4, 3])],
  ),
  of(
    'Conv3D',
    'same',
    (x: tf.Tensor5D, w: tf.Tensor5D) => tf.conv3d(x, w, 1, 'same'),
    () => [uniform([1, 3, 2, 4, 1]), uniform([2, 2, 2, 1, 2])],
  ),
  of(
    'AvgPool',
    'valid',
    (x: Image) => tf.avgPool(x, 2, 2, 'valid'),
    () => [uniform([2, 4, 6, 2])],
  ),
  of(
    'AvgPool',
    'same, windows overlap the border',
    (x: Image) => tf.avgPool(x, 3, 2, 'same'),
    () => [uniform([2, 5, 6, 2])],
    'wrong',
  ),
  of(
    'AvgPool',
    'same, stride 1',
    (x: Image) => tf.avgPool(x, [3, 2], 1, 'same'),
    () => [uniform([1, 4, 3, 2])],
    'wrong',
  ),
  of(
    'AvgPool',
    'explicit padding',
    (x: Image) => tf.avgPool(x, 3, 2, 1, 'floor'),
    () => [uniform([1, 5, 5, 2])],
    'wrong',
  ),
  of(
    'AvgPool',
    'explicit padding of one side',
    (x: Image) =>
      tf.avgPool(x, 3, 1, [
        [0, 0],
        [0, 2],
        [1, 0],
        [0, 0],
      ]),
    () => [uniform([1, 3, 4, 2])],
    'wrong',
  ),
  of(
    'MaxPool',
    'valid',
    (x: Image) => tf.maxPool(x, 2, 2, 'valid'),
    () => [distinct([2, 4, 6, 2])],
  ),
  of(
    'MaxPool',
    'same, overlapping windows',
    (x: Image) => tf.maxPool(x, 3, 2, 'same'),
    () => [distinct([1, 5, 6, 2])],
  ),
  of(
    'AvgPool3D',
    'valid',
    (x: tf.Tensor5D) => tf.avgPool3d(x, 2, 2, 'valid'),
    () => [uniform([1, 4, 2, 4, 2])],
  ),
  {
    ...of(
      'AvgPool3D',
      'same, windows overlap the border',
      (x: tf.Tensor5D) => tf.avgPool3d(x, 3, 2, 'same'),
      () => [uniform([1, 3, 4, 5, 1])],
      'wrong',
    ),
    inUse: 'wrong',
  },
  of(
    'MaxPool3D',
    'valid',
    (x: tf.Tensor5D) => tf.maxPool3d(x, 2, 2, 'valid'),
    () => [distinct([1, 4, 2, 4, 2])],
  ),
  of(
    'Dilation2D',
    'same',
    (x: Image, w: tf.Tensor3D) => tf.dilation2d(x, w, 1, 'same'),
    () => [distinct([1, 4, 3, 2]), uniform([2, 2, 2], 0, 0.1)],
  ),
];

const matrices: AuditCase[] = [
  of(
    'BatchMatMul',
    'matrices',
    (a, b) => tf.matMul(a, b),
    () => [uniform([3, 4]), uniform([4, 2])],
  ),
  of(
    'BatchMatMul',
    'first transposed',
    (a, b) => tf.matMul(a, b, true, false),
    () => [uniform([4, 3]), uniform([4, 2])],
  ),
  of(
    'BatchMatMul',
    'second transposed',
    (a, b) => tf.matMul(a, b, false, true),
    () => [uniform([3, 4]), uniform([2, 4])],
  ),
  of(
    'BatchMatMul',
    'both transposed',
    (a, b) => tf.matMul(a, b, true, true),
    () => [uniform([4, 3]), uniform([2, 4])],
  ),
  of(
    'BatchMatMul',
    'batch',
    (a, b) => tf.matMul(a, b),
    () => [uniform([2, 3, 4]), uniform([2, 4, 2])],
  ),
  of(
    'BatchMatMul',
    'second matrix for the whole batch',
    (a, b) => tf.matMul(a, b),
    () => [uniform([2, 3, 4]), uniform([4, 2])],
    'throws',
  ),
  of(
    'BatchMatMul',
    'first matrix for the whole batch',
    (a, b) => tf.matMul(a, b),
    () => [uniform([1, 3, 4]), uniform([2, 4, 2])],
    'throws',
  ),
  {
    ...of(
      'Einsum',
      'batched product',
      (a, b) => tf.einsum('bij,bjk->bik', a, b),
      () => [uniform([2, 3, 4]), uniform([2, 4, 2])],
      'missing',
    ),
    inUse: 'missing',
  },
  of(
    '_FusedMatMul',
    'bias and sigmoid',
    (a: tf.Tensor2D, b: tf.Tensor2D, bias) => tf.fused.matMul({ a, b, bias, activation: 'sigmoid' }),
    () => [uniform([3, 4]), uniform([4, 2]), uniform([2])],
  ),
];

const normalisation: AuditCase[] = [
  of(
    'FusedBatchNorm',
    'statistics per channel',
    (x: Image, m: tf.Tensor1D, v: tf.Tensor1D, o: tf.Tensor1D, s: tf.Tensor1D) => tf.batchNorm(x, m, v, o, s),
    () => [uniform([2, 3, 2, 4]), uniform([4]), uniform([4], 0.5, 1.5), uniform([4]), uniform([4], 0.5, 1.5)],
  ),
  {
    ...of(
      'FusedBatchNorm',
      'no scale and offset',
      (x: Image, m: tf.Tensor1D, v: tf.Tensor1D) => tf.batchNorm(x, m, v),
      () => [uniform([2, 3, 2, 4]), uniform([4]), uniform([4], 0.5, 1.5)],
      'throws',
    ),
    inUse: 'throws',
  },
  of(
    'FusedBatchNorm',
    'rank 2',
    (x: tf.Tensor2D, m: tf.Tensor1D, v: tf.Tensor1D, o: tf.Tensor1D, s: tf.Tensor1D) => tf.batchNorm2d(x, m, v, o, s),
    () => [uniform([5, 3]), uniform([3]), uniform([3], 0.5, 1.5), uniform([3]), uniform([3], 0.5, 1.5)],
  ),
  of(
    'FusedBatchNorm',
    'rank 3',
    (x: tf.Tensor3D, m: tf.Tensor1D, v: tf.Tensor1D, o: tf.Tensor1D, s: tf.Tensor1D) => tf.batchNorm3d(x, m, v, o, s),
    () => [uniform([2, 2, 3]), uniform([3]), uniform([3], 0.5, 1.5), uniform([3]), uniform([3], 0.5, 1.5)],
  ),
  {
    ...of(
      'FusedBatchNorm',
      'statistics of the batch',
      (x: Image) => {
        const { mean, variance } = tf.moments(x, [0, 1, 2]);
        return tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D);
      },
      () => [uniform([2, 3, 2, 2])],
      'throws',
    ),
    inUse: 'throws',
  },
  of(
    'Mean',
    'instance norm by moments',
    (x: Image) => {
      const { mean, variance } = tf.moments(x, [1, 2], true);
      return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3)));
    },
    () => [uniform([2, 3, 4, 2])],
    'costly',
  ),
];

/** The gradient of the sum of squares of `f`'s gradient: wrong or missing second derivatives show here. */
const second = (f: (x: tf.Tensor) => tf.Tensor) => (x: tf.Tensor) =>
  tf.square(tf.grad((y: tf.Tensor) => tf.sum(tf.square(f(y))))(x));

const secondDerivatives: AuditCase[] = [
  of(
    'Sum',
    'second derivative',
    second((x) => tf.sum(tf.square(x), [0, 2])),
    () => [uniform([2, 3, 2])],
    'costly',
  ),
  of(
    'Mean',
    'second derivative',
    second((x) => tf.mean(tf.square(x), 1, true)),
    () => [uniform([2, 3, 2])],
    'costly',
  ),
  of(
    'Mean',
    'second derivative at rank 5',
    second((x) => tf.mean(tf.square(x), [1, 3])),
    () => [uniform([2, 2, 1, 2, 2])],
    'costly',
  ),
  of(
    'MirrorPad',
    'second derivative',
    second((x) =>
      tf.square(
        tf.mirrorPad(
          x,
          [
            [2, 1],
            [1, 2],
          ],
          'reflect',
        ),
      ),
    ),
    () => [uniform([3, 3])],
    'right',
  ),
  of(
    'ResizeBilinear',
    'second derivative',
    second((x) => tf.square(tf.image.resizeBilinear(x as Image, [5, 3], false, true))),
    () => [uniform([1, 3, 4, 1])],
    'throws',
  ),
  of(
    'ResizeNearestNeighbor',
    'second derivative',
    second((x) => tf.square(tf.image.resizeNearestNeighbor(x as Image, [4, 6]))),
    () => [uniform([2, 2, 3, 1])],
    'missing',
  ),
  of(
    'DepthToSpace',
    'second derivative',
    second((x) => tf.square(tf.depthToSpace(x as Image, 2))),
    () => [uniform([1, 2, 3, 4])],
    'missing',
  ),
  of(
    'Conv2D',
    'second derivative',
    second((x) => tf.square(tf.conv2d(x as Image, uniform([3, 3, 2, 2]) as Filter, 2, 'same'))),
    () => [uniform([1, 4, 5, 2])],
  ),
  of(
    'Conv2D',
    'second derivative by the filter',
    second((w) => tf.square(tf.conv2d(uniform([1, 4, 5, 2]) as Image, w as Filter, 2, 'same'))),
    () => [uniform([3, 3, 2, 2])],
    'missing',
  ),
  of(
    'Conv2D',
    'second derivative, dilation 2',
    second((x) => tf.square(tf.conv2d(x as Image, uniform([3, 3, 2, 2]) as Filter, 1, 'same', 'NHWC', 2))),
    () => [uniform([1, 4, 5, 2])],
    'throws',
  ),
  of(
    'DepthwiseConv2dNative',
    'second derivative, dilation 2',
    second((x) => tf.square(tf.depthwiseConv2d(x as Image, uniform([2, 2, 2, 2]) as Filter, 1, 'same', 'NHWC', 2))),
    () => [uniform([1, 4, 3, 2])],
    'throws',
  ),
  of(
    'AvgPool',
    'second derivative',
    second((x) => tf.square(tf.avgPool(x as Image, 3, 2, 'same'))),
    () => [uniform([1, 5, 4, 2])],
    'missing',
  ),
  of(
    'Cumsum',
    'second derivative',
    second((x) => tf.square(tf.cumsum(x, 0))),
    () => [uniform([3, 2])],
    'throws',
  ),
  of(
    'Maximum',
    'second derivative',
    second((x) => tf.square(tf.maximum(x, tf.tensor1d([0.5, -0.5])))),
    () => [distinct([4, 2])],
  ),
];

export const auditCases: readonly AuditCase[] = [
  ...elementwise,
  ...binary,
  ...other,
  ...reductions,
  ...layout,
  ...resize('ResizeBilinear'),
  ...resize('ResizeNearestNeighbor'),
  ...convolutions,
  ...matrices,
  ...normalisation,
  ...secondDerivatives,
];
