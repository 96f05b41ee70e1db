// Cases of the elementwise family. Sizes cross the vector widths (4, 8, 16 floats) and the thread thresholds (1024
// elements for libm functions, 16384 for plain arithmetic).
import {
  exactly,
  type InputSpec,
  type OpCase,
  oneRounding,
  type ValueKind,
} from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

const libm = {
  absolute: 1e-37,
  relative: 6e-7,
  why: 'float32 libm is right to one unit in the last place, JavaScript rounds a float64 result; inputs are float32 in both',
};

interface UnaryRow {
  readonly kernel: string;
  readonly run: (x: tf.Tensor) => tf.Tensor;
  readonly tolerance: OpCase['tolerance'];
  /** Inputs away from kinks and poles, for the gradient; none when the function has no gradient. */
  readonly smooth?: ValueKind;
}

const unaryRows: readonly UnaryRow[] = [
  { kernel: 'Abs', run: tf.abs, tolerance: exactly, smooth: 'off-zero' },
  { kernel: 'Acos', run: tf.acos, tolerance: libm, smooth: 'unit' },
  {
    kernel: 'Acosh',
    run: (x) => tf.acosh(x.add(1)),
    tolerance: {
      ...libm,
      absolute: 4e-4,
      why: 'near 1 acosh has a pole of the slope: JavaScript computes it by the logarithm formula',
    },
  },
  { kernel: 'Asin', run: tf.asin, tolerance: libm, smooth: 'unit' },
  { kernel: 'Asinh', run: tf.asinh, tolerance: libm, smooth: 'normal' },
  { kernel: 'Atan', run: tf.atan, tolerance: libm, smooth: 'normal' },
  { kernel: 'Atanh', run: tf.atanh, tolerance: libm, smooth: 'unit' },
  { kernel: 'Ceil', run: tf.ceil, tolerance: exactly },
  { kernel: 'Cos', run: tf.cos, tolerance: libm, smooth: 'normal' },
  { kernel: 'Cosh', run: tf.cosh, tolerance: libm, smooth: 'normal' },
  {
    kernel: 'Elu',
    run: tf.elu,
    tolerance: { ...libm, absolute: 6e-8, why: 'expm1 here, exp - 1 in JavaScript' },
    smooth: 'off-zero',
  },
  {
    kernel: 'Erf',
    run: tf.erf,
    tolerance: { absolute: 2e-7, relative: 2e-7, why: 'TF.js uses Abramowitz and Stegun 7.1.26, error 1.5e-7' },
    smooth: 'normal',
  },
  { kernel: 'Exp', run: tf.exp, tolerance: libm, smooth: 'unit' },
  { kernel: 'Expm1', run: tf.expm1, tolerance: libm, smooth: 'unit' },
  { kernel: 'Floor', run: tf.floor, tolerance: exactly },
  { kernel: 'IsFinite', run: tf.isFinite, tolerance: exactly },
  { kernel: 'IsInf', run: tf.isInf, tolerance: exactly },
  { kernel: 'IsNan', run: tf.isNaN, tolerance: exactly },
  { kernel: 'LeakyRelu', run: (x) => tf.leakyRelu(x, 0.2), tolerance: oneRounding, smooth: 'off-zero' },
  { kernel: 'Log', run: tf.log, tolerance: libm, smooth: 'positive' },
  { kernel: 'Log1p', run: tf.log1p, tolerance: libm, smooth: 'positive' },
  { kernel: 'Neg', run: tf.neg, tolerance: exactly, smooth: 'normal' },
  { kernel: 'Reciprocal', run: tf.reciprocal, tolerance: oneRounding, smooth: 'off-zero' },
  { kernel: 'Relu', run: tf.relu, tolerance: exactly, smooth: 'off-zero' },
  { kernel: 'Relu6', run: tf.relu6, tolerance: exactly, smooth: 'off-zero' },
  { kernel: 'Round', run: tf.round, tolerance: exactly },
  { kernel: 'Rsqrt', run: tf.rsqrt, tolerance: libm, smooth: 'positive' },
  {
    kernel: 'Selu',
    run: tf.selu,
    tolerance: { ...libm, absolute: 2e-7, why: 'expm1 here, exp - 1 in JavaScript' },
    smooth: 'off-zero',
  },
  { kernel: 'Sigmoid', run: tf.sigmoid, tolerance: libm, smooth: 'normal' },
  { kernel: 'Sign', run: tf.sign, tolerance: exactly },
  { kernel: 'Sin', run: tf.sin, tolerance: libm, smooth: 'normal' },
  { kernel: 'Sinh', run: tf.sinh, tolerance: libm, smooth: 'normal' },
  {
    kernel: 'Softplus',
    run: tf.softplus,
    tolerance: { ...libm, absolute: 1e-7, why: 'log1p here, log(1 + e) in JavaScript' },
    smooth: 'normal',
  },
  { kernel: 'Sqrt', run: tf.sqrt, tolerance: oneRounding, smooth: 'positive' },
  { kernel: 'Square', run: tf.square, tolerance: oneRounding, smooth: 'normal' },
  { kernel: 'Step', run: (x) => tf.step(x, 0.3), tolerance: exactly },
  { kernel: 'Tan', run: tf.tan, tolerance: libm, smooth: 'unit' },
  { kernel: 'Tanh', run: tf.tanh, tolerance: libm, smooth: 'normal' },
  { kernel: 'ClipByValue', run: (x) => tf.clipByValue(x, -0.1, 0.2), tolerance: exactly, smooth: 'off-zero' },
];

interface BinaryRow {
  readonly kernel: string;
  readonly run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;
  readonly tolerance: OpCase['tolerance'];
  readonly smooth?: readonly [ValueKind, ValueKind];
  /** Inputs of the parity cases, where not every value makes sense. */
  readonly domain?: readonly [ValueKind, ValueKind];
}

const binaryRows: readonly BinaryRow[] = [
  { kernel: 'Add', run: tf.add, tolerance: oneRounding, smooth: ['normal', 'normal'] },
  { kernel: 'Sub', run: tf.sub, tolerance: oneRounding, smooth: ['normal', 'normal'] },
  { kernel: 'Multiply', run: tf.mul, tolerance: oneRounding, smooth: ['normal', 'normal'] },
  { kernel: 'RealDiv', run: tf.div, tolerance: oneRounding, smooth: ['normal', 'off-zero'] },
  {
    kernel: 'Mod',
    run: tf.mod,
    tolerance: { absolute: 3e-7, relative: 0, why: 'remainders of at most 2 in float32 and float64' },
    domain: ['normal', 'off-zero'],
  },
  { kernel: 'Pow', run: tf.pow, tolerance: libm, smooth: ['positive', 'normal'], domain: ['positive', 'normal'] },
  { kernel: 'Maximum', run: tf.maximum, tolerance: exactly, smooth: ['off-zero', 'distinct'] },
  { kernel: 'Minimum', run: tf.minimum, tolerance: exactly, smooth: ['off-zero', 'distinct'] },
  {
    kernel: 'SquaredDifference',
    run: tf.squaredDifference,
    tolerance: { absolute: 1e-37, relative: 5e-7, why: 'difference and square are rounded here' },
    smooth: ['normal', 'normal'],
  },
  { kernel: 'Atan2', run: tf.atan2, tolerance: libm, smooth: ['positive', 'positive'] },
  { kernel: 'Prelu', run: (x, alpha) => tf.prelu(x, alpha), tolerance: oneRounding, smooth: ['off-zero', 'normal'] },
  { kernel: 'Equal', run: tf.equal, tolerance: exactly },
  { kernel: 'NotEqual', run: tf.notEqual, tolerance: exactly },
  { kernel: 'Greater', run: tf.greater, tolerance: exactly },
  { kernel: 'GreaterEqual', run: tf.greaterEqual, tolerance: exactly },
  { kernel: 'Less', run: tf.less, tolerance: exactly },
  { kernel: 'LessEqual', run: tf.lessEqual, tolerance: exactly },
];

const intBinaryRows = ['Add', 'Sub', 'Multiply', 'Maximum', 'Minimum', 'SquaredDifference', 'Equal', 'Less'];

/** Every way axes can repeat: none, scalar on either side, rows, columns, both, inner axes, more than one run of axes. */
const broadcasts: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [7, 5],
    [7, 5],
  ],
  [[], [3]],
  [[2, 3, 4, 5], []],
  [[2, 3, 4, 5], [5]],
  [[5], [2, 3, 4, 5]],
  [
    [2, 3, 4, 5],
    [2, 1, 1, 5],
  ],
  [
    [2, 3, 1, 5],
    [3, 4, 1],
  ],
  [
    [4, 1],
    [1, 6],
  ],
  [
    [2, 1, 3, 1, 2, 1],
    [1, 4, 1, 3, 1, 5],
  ],
  [
    [0, 3],
    [1, 3],
  ],
  [[130, 129], [129]],
  [
    [3, 8200],
    [3, 1],
  ],
];

function unaryCases(row: UnaryRow): OpCase[] {
  const { kernel, run, tolerance } = row;
  const sizes = [0, 1, 17, 1025, 2500];
  const cases: OpCase[] = sizes.map((size) => ({
    name: `${kernel} of ${size} values with NaN and infinities`,
    inputs: [{ shape: [size], values: 'special' }],
    run,
    kernels: [kernel],
    tolerance,
  }));
  cases.push({
    name: `${kernel} over the thread threshold`,
    inputs: [{ shape: [5, 41, 167] }],
    run,
    kernels: [kernel],
    tolerance,
  });
  if (row.smooth !== undefined) {
    cases.push({
      name: `${kernel}, differentiable inputs`,
      inputs: [{ shape: [3, 7], values: row.smooth }],
      run,
      kernels: [kernel],
      tolerance,
      gradient: {},
    });
  }
  return cases;
}

function binaryCases(row: BinaryRow): OpCase[] {
  const { kernel, run, tolerance, domain = ['special', 'special'] } = row;
  const cases: OpCase[] = broadcasts.map(([a, b]) => ({
    name: `${kernel} of [${a}] and [${b}]`,
    inputs: [
      { shape: a, values: domain[0] },
      { shape: b, values: domain[1] },
    ],
    run,
    kernels: [kernel],
    tolerance,
  }));
  if (row.smooth !== undefined) {
    const [first, second] = row.smooth;
    const inputs: InputSpec[] = [
      { shape: [2, 3, 4], values: first },
      { shape: [3, 1], values: second },
    ];
    cases.push({ name: `${kernel}, differentiable inputs`, inputs, run, kernels: [kernel], tolerance, gradient: {} });
  }
  return cases;
}

const infinities = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

const intCases: readonly OpCase[] = [
  ...intBinaryRows.map((kernel): OpCase => {
    const row = binaryRows.find((candidate) => candidate.kernel === kernel) as BinaryRow;
    const inputs: InputSpec[] = [
      { shape: [130, 129], dtype: 'int32' },
      { shape: [129], dtype: 'int32', values: 'positions' },
    ];
    return { name: `${kernel} of int32`, inputs, run: row.run, kernels: [kernel], tolerance: exactly };
  }),
  {
    name: 'FloorDiv of int32, by zero too',
    inputs: [
      { shape: [6], dtype: 'int32', values: [7, -7, 7, -7, 6, 5] },
      { shape: [6], dtype: 'int32', values: [3, 3, -3, -3, -1, 0] },
    ],
    run: tf.floorDiv,
    kernels: ['FloorDiv'],
    tolerance: exactly,
  },
  {
    name: 'Mod of negative and positive int32',
    inputs: [
      { shape: [6], dtype: 'int32', values: [7, -7, 7, -7, 6, -6] },
      { shape: [6], dtype: 'int32', values: [3, 3, -3, -3, 3, -3] },
    ],
    run: tf.mod,
    kernels: ['Mod'],
    tolerance: exactly,
  },
  {
    name: 'Pow as Math.pow has it, not as C has it',
    inputs: [
      { shape: [9], values: [1, 1, 1, -1, -1, -1, Number.NaN, 2, 0] },
      { shape: [9], values: [Number.NaN, ...infinities, Number.NaN, ...infinities, 0, Number.POSITIVE_INFINITY, 0] },
    ],
    // Not the CPU kernel alone: the values are those of ECMA-262.
    reference: () => tf.tensor1d([...new Array<number>(6).fill(Number.NaN), 1, Number.POSITIVE_INFINITY, 1]),
    run: tf.pow,
    kernels: ['Pow'],
    tolerance: exactly,
  },
  ...(['LogicalAnd', 'LogicalOr'] as const).map(
    (kernel): OpCase => ({
      name: `${kernel} with broadcasting`,
      inputs: [
        { shape: [130, 129], dtype: 'bool' },
        { shape: [129], dtype: 'bool' },
      ],
      run: kernel === 'LogicalAnd' ? tf.logicalAnd : tf.logicalOr,
      kernels: [kernel],
      tolerance: exactly,
    }),
  ),
  {
    name: 'LogicalNot',
    inputs: [{ shape: [17], dtype: 'bool' }],
    run: tf.logicalNot,
    kernels: ['LogicalNot'],
    tolerance: exactly,
  },
  ...(['Abs', 'Neg', 'Square', 'Sign', 'Relu'] as const).map(
    (kernel): OpCase => ({
      name: `${kernel} of int32`,
      inputs: [{ shape: [17], dtype: 'int32' }],
      run: (unaryRows.find((row) => row.kernel === kernel) as UnaryRow).run,
      kernels: [kernel],
      tolerance: exactly,
    }),
  ),
];

export const elementwiseCases: readonly OpCase[] = [
  ...unaryRows.flatMap(unaryCases),
  ...binaryRows.flatMap(binaryCases),
  ...intCases,
];
