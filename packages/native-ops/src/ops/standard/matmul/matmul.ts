// Matrix products of TF.js: BatchMatMul with broadcasting batch axes, and _FusedMatMul (product, bias, activation).
import type { BatchMatMulAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { backend_util, util } from '../../../tfjs/registered-core.ts';
import { broadcastStrides, collapse, maxRank } from '../../strides.ts';
import { mapBinary, mapUnary } from '../elementwise/elementwise.ts';

interface MatMulInputs {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
}

interface FusedMatMulInputs extends MatMulInputs {
  readonly bias?: TensorInfo;
  readonly preluActivationWeights?: TensorInfo;
}

interface FusedMatMulAttrs extends BatchMatMulAttrs {
  readonly activation?: string;
  readonly leakyreluAlpha?: number;
}

const activations = ['linear', 'relu', 'elu', 'relu6', 'sigmoid', 'leakyrelu', 'prelu'];

function isPair({ a, b }: MatMulInputs): boolean {
  return [a, b].every(({ dtype, shape }) => dtype === 'float32' && shape.length >= 2 && shape.length <= maxRank);
}

/** One command of `matmul`. */
export function matMul(
  runtime: KernelRuntime,
  { a, b }: MatMulInputs,
  { transposeA, transposeB }: BatchMatMulAttrs,
): TensorInfo {
  const [m, depth] = lastTwo(a.shape, transposeA);
  const [depthOfB, n] = lastTwo(b.shape, transposeB);
  util.assert(
    depth === depthOfB,
    () =>
      `matMul: a has ${depth} columns, but b has ${depthOfB} rows: shapes [${a.shape}] and [${b.shape}], ` +
      `transposeA=${transposeA}, transposeB=${transposeB}.`,
  );
  const batchOfA = a.shape.slice(0, -2);
  const batchOfB = b.shape.slice(0, -2);
  const batch = backend_util.assertAndGetBroadcastShape(batchOfA, batchOfB);
  const loop = collapse(batch, [broadcastStrides(batchOfA, batch), broadcastStrides(batchOfB, batch)]);
  const c = runtime.output([...batch, m, n], 'float32');
  runtime
    .command('matmul')
    .int(transposeA ? 1 : 0)
    .int(transposeB ? 1 : 0)
    .size(m)
    .size(n)
    .size(depth)
    .shape(loop.sizes)
    .shape(loop.strides[0] as number[])
    .shape(loop.strides[1] as number[])
    .input(a)
    .input(b)
    .output(c)
    .end();
  return c;
}

/** Rows and columns of the matrices as they are multiplied. */
function lastTwo(shape: readonly number[], transposed: boolean): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}

function fusedMatMul(
  inputs: FusedMatMulInputs,
  { activation, leakyreluAlpha, ...transposes }: FusedMatMulAttrs,
  runtime: KernelRuntime,
): TensorInfo {
  let result = matMul(runtime, inputs, transposes);
  const replace = (next: TensorInfo) => {
    runtime.release(result);
    result = next;
  };
  if (inputs.bias !== undefined) replace(mapBinary(runtime, 'add', result, inputs.bias, 'float32'));
  if (activation === 'prelu') {
    replace(mapBinary(runtime, 'prelu', result, inputs.preluActivationWeights as TensorInfo, 'float32'));
  } else if (activation !== undefined && activation !== null && activation !== 'linear') {
    // TF.js's default slope; only leakyrelu reads it.
    replace(mapUnary(runtime, activation, result, 'float32', leakyreluAlpha ?? 0.2, 0));
  }
  return result;
}

export const matmulKernels: readonly NativeKernel[] = [
  nativeKernel<MatMulInputs, BatchMatMulAttrs>({
    kernelName: 'BatchMatMul',
    accepts: isPair,
    run: (inputs, attrs, runtime) => matMul(runtime, inputs, attrs),
  }),
  nativeKernel<FusedMatMulInputs, FusedMatMulAttrs>({
    kernelName: '_FusedMatMul',
    accepts: (inputs, { activation }) =>
      isPair(inputs) &&
      (inputs.bias?.dtype ?? 'float32') === 'float32' &&
      (activation === undefined || activation === null || activations.includes(activation)) &&
      (activation !== 'prelu' || inputs.preluActivationWeights?.dtype === 'float32'),
    run: fusedMatMul,
  }),
];
