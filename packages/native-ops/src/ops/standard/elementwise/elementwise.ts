// Elementwise kernels of TF.js: y = f(x), and y = f(a, b) with broadcasting. All are rows of two tables; the functions
// themselves are in elementwise.portable.cc.
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { backend_util, util } from '../../../tfjs/registered-core.ts';
import { broadcastStrides, collapse, maxRank } from '../../strides.ts';

// float32 -> float32; the names in commands are these in lower case.
const floatUnary = [
  'Acos',
  'Acosh',
  'Asin',
  'Asinh',
  'Atan',
  'Atanh',
  'Ceil',
  'Cos',
  'Cosh',
  'Elu',
  'Erf',
  'Exp',
  'Expm1',
  'Floor',
  'Log',
  'Log1p',
  'Reciprocal',
  'Relu6',
  'Round',
  'Rsqrt',
  'Selu',
  'Sigmoid',
  'Sin',
  'Sinh',
  'Softplus',
  'Sqrt',
  'Tan',
  'Tanh',
];
const floatOrIntUnary = ['Abs', 'Neg', 'Relu', 'Sign', 'Square'];
const testUnary = ['IsFinite', 'IsInf', 'IsNan'];
const floatBinary = ['RealDiv', 'Atan2'];
const floatOrIntBinary = ['Add', 'Sub', 'Multiply', 'Mod', 'Pow', 'Maximum', 'Minimum', 'SquaredDifference'];
// FloorDiv of float32 gives int32 in TF.js; that mixture stays with the CPU kernel.
const intBinary = ['BitwiseAnd', 'FloorDiv'];
const comparisons = ['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'];
const logical = ['LogicalAnd', 'LogicalOr'];

function unary(kernelName: string, types: readonly DataType[], result?: DataType): NativeKernel {
  return nativeKernel<{ x: TensorInfo }>({
    kernelName,
    accepts: ({ x }) => types.includes(x.dtype),
    run: ({ x }, _attrs, runtime) => mapUnary(runtime, kernelName.toLowerCase(), x, result ?? x.dtype, 0, 0),
  });
}

/** One command of elementwise_unary; p0 and p1 are what the function takes besides x. */
export function mapUnary(
  runtime: KernelRuntime,
  variant: string,
  x: TensorInfo,
  result: DataType,
  p0: number,
  p1: number,
): TensorInfo {
  const y = runtime.output(x.shape, result);
  runtime
    .command('elementwise_unary')
    .variant(variant)
    .elementType(x.dtype)
    .elementType(result)
    .size(util.sizeFromShape(x.shape))
    .float(p0)
    .float(p1)
    .input(x)
    .output(y)
    .end();
  return y;
}

function binary(kernelName: string, types: readonly DataType[], result?: DataType): NativeKernel {
  return nativeKernel<{ a: TensorInfo; b: TensorInfo }>({
    kernelName,
    accepts: ({ a, b }) => isBinaryPair(a, b, types),
    run: ({ a, b }, _attrs, runtime) => mapBinary(runtime, kernelName.toLowerCase(), a, b, result ?? a.dtype),
  });
}

function isBinaryPair(a: TensorInfo, b: TensorInfo, types: readonly DataType[]): boolean {
  return a.dtype === b.dtype && types.includes(a.dtype) && a.shape.length <= maxRank && b.shape.length <= maxRank;
}

/** One command of elementwise_binary. */
export function mapBinary(
  runtime: KernelRuntime,
  variant: string,
  a: TensorInfo,
  b: TensorInfo,
  result: DataType,
): TensorInfo {
  const shape = backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
  const loop = collapse(shape, [broadcastStrides(a.shape, shape), broadcastStrides(b.shape, shape)]);
  const y = runtime.output(shape, result);
  runtime
    .command('elementwise_binary')
    .variant(variant)
    .elementType(a.dtype)
    .elementType(result)
    .shape(loop.sizes)
    .shape(loop.strides[0] as number[])
    .shape(loop.strides[1] as number[])
    .input(a)
    .input(b)
    .output(y)
    .end();
  return y;
}

const isFloat = (x: TensorInfo) => x.dtype === 'float32';

const withParameters: readonly NativeKernel[] = [
  nativeKernel<{ x: TensorInfo }, { alpha: number }>({
    kernelName: 'LeakyRelu',
    accepts: ({ x }) => isFloat(x),
    run: ({ x }, { alpha }, runtime) => mapUnary(runtime, 'leakyrelu', x, 'float32', alpha, 0),
  }),
  nativeKernel<{ x: TensorInfo }, { alpha: number }>({
    kernelName: 'Step',
    accepts: ({ x }) => isFloat(x),
    run: ({ x }, { alpha }, runtime) => mapUnary(runtime, 'step', x, 'float32', alpha, 0),
  }),
  nativeKernel<{ x: TensorInfo }, { clipValueMin: number; clipValueMax: number }>({
    kernelName: 'ClipByValue',
    accepts: ({ x }) => isFloat(x),
    run: ({ x }, { clipValueMin, clipValueMax }, runtime) =>
      mapUnary(runtime, 'clip', x, 'float32', clipValueMin, clipValueMax),
  }),
  nativeKernel<{ x: TensorInfo; alpha: TensorInfo }>({
    kernelName: 'Prelu',
    accepts: ({ x, alpha }) => isBinaryPair(x, alpha, ['float32']),
    run: ({ x, alpha }, _attrs, runtime) => mapBinary(runtime, 'prelu', x, alpha, 'float32'),
  }),
  nativeKernel<{ dy: TensorInfo; y: TensorInfo }>({
    kernelName: 'EluGrad',
    accepts: ({ dy, y }) => isBinaryPair(dy, y, ['float32']),
    run: ({ dy, y }, _attrs, runtime) => mapBinary(runtime, 'elugrad', dy, y, 'float32'),
  }),
];

export const elementwiseKernels: readonly NativeKernel[] = [
  ...floatUnary.map((name) => unary(name, ['float32'])),
  ...floatOrIntUnary.map((name) => unary(name, ['float32', 'int32'])),
  ...testUnary.map((name) => unary(name, ['float32'], 'bool')),
  unary('LogicalNot', ['bool'], 'bool'),
  ...floatBinary.map((name) => binary(name, ['float32'])),
  ...floatOrIntBinary.map((name) => binary(name, ['float32', 'int32'])),
  ...intBinary.map((name) => binary(name, ['int32'])),
  ...comparisons.map((name) => binary(name, ['float32', 'int32', 'bool'], 'bool')),
  ...logical.map((name) => binary(name, ['bool'], 'bool')),
  ...withParameters,
];
