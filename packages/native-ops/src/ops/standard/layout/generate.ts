// Tensors from numbers (constants, ranges, one-hot rows), and the choice between two tensors.
import type { DataType, FillAttrs, LinSpaceAttrs, OneHotAttrs, RangeAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import { NativeKernelError } from '../../../backend/errors.ts';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { util } from '../../../tfjs/registered-core.ts';
import { doubleWords, elementBits } from './element-bits.ts';
import { isNative } from './strided-copy.ts';

const isNumeric = (dtype: string) => dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

/** A tensor whose elements are all `value`. */
export function filled(runtime: KernelRuntime, shape: readonly number[], value: number, dtype: DataType): TensorInfo {
  const y = runtime.output(shape, dtype);
  runtime
    .command('fill')
    .elementType(dtype)
    .size(util.sizeFromShape(shape as number[]))
    .int(elementBits(value, dtype))
    .output(y)
    .end();
  return y;
}

const fillType = ({ dtype, value }: FillAttrs) => dtype || util.inferDtype(value);

const fill = nativeKernel<object, FillAttrs>({
  kernelName: 'Fill',
  accepts: (_inputs, attrs) => isNumeric(fillType(attrs)),
  run: (_inputs, attrs, runtime) => filled(runtime, attrs.shape, Number(attrs.value), fillType(attrs)),
});

const like = (kernelName: string, value: number) =>
  nativeKernel<{ x: TensorInfo }>({
    kernelName,
    accepts: ({ x }) => isNative(x),
    run: ({ x }, _attrs, runtime) => filled(runtime, x.shape, value, x.dtype),
  });

function rangeOf(runtime: KernelRuntime, count: number, start: number, step: number, dtype: DataType): TensorInfo {
  const y = runtime.output([count], dtype);
  const [startLow, startHigh] = doubleWords(start);
  const [stepLow, stepHigh] = doubleWords(step);
  runtime
    .command('range')
    .elementType(dtype)
    .size(count)
    .int(startLow)
    .int(startHigh)
    .int(stepLow)
    .int(stepHigh)
    .output(y)
    .end();
  return y;
}

const range = nativeKernel<object, RangeAttrs>({
  kernelName: 'Range',
  // int32 with fractions truncates after every addition in TF.js; that stays with its own kernel.
  accepts: (_inputs, { dtype, start, step }) =>
    dtype === 'float32' || (dtype === 'int32' && Number.isInteger(start) && Number.isInteger(step)),
  run: (_inputs, { start, stop, step, dtype }, runtime) => {
    // TF.js's rules: nothing when the step leads away, and a step of 1 turns round by itself.
    const isEmpty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
    const count = isEmpty ? 0 : Math.abs(Math.ceil((stop - start) / step));
    if (!Number.isSafeInteger(count)) {
      throw new NativeKernelError('Range', 'invalid-shape', `from ${start} to ${stop} by ${step} are ${count} numbers`);
    }
    return rangeOf(runtime, count, start, stop < start && step === 1 ? -1 : step, dtype);
  },
});

const linSpace = nativeKernel<object, LinSpaceAttrs>({
  kernelName: 'LinSpace',
  run: (_inputs, { start, stop, num }, runtime) =>
    rangeOf(runtime, num, start, num > 1 ? (stop - start) / (num - 1) : 0, 'float32'),
});

const oneHot = nativeKernel<{ indices: TensorInfo }, OneHotAttrs>({
  kernelName: 'OneHot',
  accepts: ({ indices }, { dtype }) => indices.dtype === 'int32' && isNumeric(dtype),
  run: ({ indices }, { depth, onValue, offValue, dtype }, runtime) => {
    const y = runtime.output([...indices.shape, depth], dtype);
    runtime
      .command('one_hot')
      .elementType(dtype)
      .shape([util.sizeFromShape(indices.shape), depth])
      .int(elementBits(onValue, dtype))
      .int(elementBits(offValue, dtype))
      .input(indices)
      .output(y)
      .end();
    return y;
  },
});

const select = nativeKernel<{ condition: TensorInfo; t: TensorInfo; e: TensorInfo }>({
  kernelName: 'Select',
  accepts: ({ condition, t, e }) => condition.dtype === 'bool' && isNative(t) && isNative(e) && t.dtype === e.dtype,
  run: ({ condition, t, e }, _attrs, runtime) => {
    const conditions = util.sizeFromShape(condition.shape);
    const isWhole = util.arraysEqual(condition.shape, t.shape);
    // A single condition decides for all, one per position of the first axis for what lies there.
    const decides =
      isWhole || condition.shape.length === 0 || (condition.shape.length === 1 && conditions === t.shape[0]);
    if (!decides || !util.arraysEqual(t.shape, e.shape)) {
      throw new NativeKernelError(
        'Select',
        'invalid-shape',
        `condition [${condition.shape}] must have the shape of t [${t.shape}] and e [${e.shape}], or decide for whole ` +
          'positions of their first axis',
      );
    }
    const y = runtime.output(t.shape, t.dtype);
    const size = util.sizeFromShape(t.shape);
    runtime
      .command('select')
      .elementType(t.dtype)
      .shape([conditions, conditions > 0 ? size / conditions : 0])
      .input(condition)
      .input(t)
      .input(e)
      .output(y)
      .end();
    return y;
  },
});

export const generateKernels: readonly NativeKernel[] = [
  fill,
  like('ZerosLike', 0),
  like('OnesLike', 1),
  range,
  linSpace,
  oneHot,
  select,
];
