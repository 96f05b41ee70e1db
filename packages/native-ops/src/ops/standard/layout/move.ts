// Kernels that move values without changing them: slice, concat, transpose, reverse, tile, space and depth, batch and
// space. Each only describes views; strided_copy does the work.
import type {
  BatchToSpaceNDAttrs,
  ConcatAttrs,
  DepthToSpaceAttrs,
  PackAttrs,
  ReverseAttrs,
  SliceAttrs,
  SpaceToBatchNDAttrs,
  SplitVAttrs,
  StridedSliceAttrs,
  TensorInfo,
  TileAttrs,
  TransposeAttrs,
  UnpackAttrs,
} from '@tensorflow/tfjs-core';
import { NativeKernelError } from '../../../backend/errors.ts';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { backend_util, slice_util, util } from '../../../tfjs/registered-core.ts';
import { maxRank, rowMajorStrides } from '../../strides.ts';
import { newAxisPosition } from './alias.ts';
import { padConstant } from './pad.ts';
import { copyStrided, isNative, type View } from './strided-copy.ts';

/** The whole of a dense tensor. */
const dense = (shape: readonly number[]): View => ({ offset: 0, strides: rowMajorStrides(shape) });

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

const product = (sizes: readonly number[]) => sizes.reduce((result, size) => result * size, 1);

// --- Slices --------------------------------------------------------------------------------------------------------

/** x[begin + i * step] for every i below `sizes`, under the shape `shape`. */
function sliceOf(
  runtime: KernelRuntime,
  x: TensorInfo,
  begin: readonly number[],
  sizes: readonly number[],
  steps: readonly number[] | undefined,
  shape: readonly number[],
): TensorInfo {
  const y = runtime.output(shape, x.dtype);
  const strides = rowMajorStrides(x.shape);
  const from = { offset: dot(begin, strides), strides: strides.map((stride, i) => stride * (steps?.[i] ?? 1)) };
  copyStrided(runtime, sizes, x, from, y, dense(sizes));
  return y;
}

const slice = nativeKernel<{ x: TensorInfo }, SliceAttrs>({
  kernelName: 'Slice',
  accepts: ({ x }) => isNative(x),
  run: ({ x }, attrs, runtime) => {
    const [begin, size] = slice_util.parseSliceParams(x as never, attrs.begin, attrs.size) as [number[], number[]];
    slice_util.assertParamsValid(x, begin, size);
    if (begin.some((position) => position < 0)) {
      throw new NativeKernelError('Slice', 'invalid-shape', `begin [${begin}] has a negative position`);
    }
    return sliceOf(runtime, x, begin, size, undefined, size);
  },
});

const stridedSlice = nativeKernel<{ x: TensorInfo }, StridedSliceAttrs>({
  kernelName: 'StridedSlice',
  accepts: ({ x }) => isNative(x),
  run: ({ x }, a, runtime) => {
    const info = slice_util.sliceInfo(
      x.shape,
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    );
    if (info.isIdentity) return runtime.alias(x, info.finalShape);
    // One size per axis of x, 1 where the axis is dropped; sliceInfo itself only tells the shape without dropped axes.
    const sizes = x.shape.map((_, i) => {
      const [begin, end, step] = [info.begin[i] as number, info.end[i] as number, info.strides[i] as number];
      return Math.max(0, Math.ceil((end - begin) / step));
    });
    return sliceOf(runtime, x, info.begin, sizes, info.strides, info.finalShape);
  },
});

const splitV = nativeKernel<{ x: TensorInfo }, SplitVAttrs>({
  kernelName: 'SplitV',
  accepts: ({ x }) => isNative(x),
  run: ({ x }, { numOrSizeSplits, axis }, runtime) => {
    const at = util.parseAxisParam(axis, x.shape)[0] as number;
    const begin = x.shape.map(() => 0);
    return backend_util.prepareSplitSize(x as never, numOrSizeSplits, at).map((size) => {
      const sizes = x.shape.map((whole, i) => (i === at ? size : whole));
      const part = sliceOf(runtime, x, begin, sizes, undefined, sizes);
      begin[at] = (begin[at] as number) + size;
      return part;
    });
  },
});

const unpack = nativeKernel<{ value: TensorInfo }, UnpackAttrs>({
  kernelName: 'Unpack',
  accepts: ({ value }) => isNative(value),
  run: ({ value }, { axis }, runtime) => {
    const at = axis < 0 ? axis + value.shape.length : axis;
    const shape = value.shape.filter((_, i) => i !== at);
    const sizes = value.shape.map((whole, i) => (i === at ? 1 : whole));
    return Array.from({ length: value.shape[at] as number }, (_, position) => {
      const begin = value.shape.map((_size, i) => (i === at ? position : 0));
      return sliceOf(runtime, value, begin, sizes, undefined, shape);
    });
  },
});

// --- Joining -------------------------------------------------------------------------------------------------------

/** Joins tensors along one axis; `inner` are the elements that each adds per position of the axes before. */
function join(
  runtime: KernelRuntime,
  parts: readonly { readonly tensor: TensorInfo; readonly inner: number }[],
  outer: number,
  shape: readonly number[],
): TensorInfo {
  const y = runtime.output(shape, (parts[0] as { tensor: TensorInfo }).tensor.dtype);
  const row = parts.reduce((sum, { inner }) => sum + inner, 0);
  let offset = 0;
  for (const { tensor, inner } of parts) {
    copyStrided(runtime, [outer, inner], tensor, dense([outer, inner]), y, { offset, strides: [row, 1] });
    offset += inner;
  }
  return y;
}

const concat = nativeKernel<TensorInfo[], ConcatAttrs>({
  kernelName: 'Concat',
  accepts: (inputs) => inputs.every((tensor) => isNative(tensor) && tensor.dtype === inputs[0]?.dtype),
  run: (inputs, { axis }, runtime) => {
    const shapes = inputs.map(({ shape }) => shape);
    const at = util.parseAxisParam(axis, shapes[0] as number[])[0] as number;
    backend_util.assertParamsConsistent(shapes, at);
    const shape = backend_util.computeOutShape(shapes, at);
    const filled = inputs.filter((tensor) => util.sizeFromShape(tensor.shape) > 0);
    if (filled.length === 1) return runtime.alias(filled[0] as TensorInfo, shape);
    const parts = inputs.map((tensor) => ({ tensor, inner: product(tensor.shape.slice(at)) }));
    return join(runtime, parts, product(shape.slice(0, at)), shape);
  },
});

const pack = nativeKernel<TensorInfo[], PackAttrs>({
  kernelName: 'Pack',
  accepts: (inputs) => inputs.every((tensor) => isNative(tensor)),
  run: (inputs, { axis }, runtime) => {
    const { shape, dtype } = inputs[0] as TensorInfo;
    for (const tensor of inputs) {
      util.assertShapesMatch(shape, tensor.shape, 'All tensors passed to stack must have matching shapes');
      util.assert(dtype === tensor.dtype, () => 'All tensors passed to stack must have matching dtypes');
    }
    const at = newAxisPosition('Pack', axis, shape.length);
    const stacked = [...shape.slice(0, at), inputs.length, ...shape.slice(at)];
    if (inputs.length === 1) return runtime.alias(inputs[0] as TensorInfo, stacked);
    const inner = product(shape.slice(at));
    const parts = inputs.map((tensor) => ({ tensor, inner }));
    return join(runtime, parts, product(shape.slice(0, at)), stacked);
  },
});

// --- Permutations --------------------------------------------------------------------------------------------------

/** x, read as [`axes`], with its axes permuted, under the shape `shape`. */
function permuted(
  runtime: KernelRuntime,
  x: TensorInfo,
  axes: readonly number[],
  permutation: readonly number[],
  shape: readonly number[],
): TensorInfo {
  const y = runtime.output(shape, x.dtype);
  const strides = rowMajorStrides(axes);
  const sizes = permutation.map((axis) => axes[axis] as number);
  const from = { offset: 0, strides: permutation.map((axis) => strides[axis] as number) };
  copyStrided(runtime, sizes, x, from, y, dense(sizes));
  return y;
}

const transpose = nativeKernel<{ x: TensorInfo }, TransposeAttrs>({
  kernelName: 'Transpose',
  accepts: ({ x }) => isNative(x),
  run: ({ x }, { perm }, runtime) => {
    const shape = perm.map((axis) => x.shape[axis] as number);
    return permuted(runtime, x, x.shape, perm, shape);
  },
});

const reverse = nativeKernel<{ x: TensorInfo }, ReverseAttrs>({
  kernelName: 'Reverse',
  accepts: ({ x }) => isNative(x),
  run: ({ x }, { dims }, runtime) => {
    const axes = util.parseAxisParam(dims, x.shape);
    if (x.shape.length === 0) return runtime.alias(x, []);
    const y = runtime.output(x.shape, x.dtype);
    const strides = rowMajorStrides(x.shape);
    const last = x.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
    const from = {
      offset: dot(last, strides),
      strides: strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
    };
    copyStrided(runtime, x.shape, x, from, y, dense(x.shape));
    return y;
  },
});

const depthToSpace = nativeKernel<{ x: TensorInfo }, DepthToSpaceAttrs>({
  kernelName: 'DepthToSpace',
  accepts: ({ x }) => isNative(x) && x.shape.length === 4,
  run: ({ x }, { blockSize: b, dataFormat }, runtime) => {
    // The channel of x counts row in block, column in block, channel of y.
    if (dataFormat === 'NHWC') {
      const [batch, height, width, depth] = x.shape as [number, number, number, number];
      const channels = depth / (b * b);
      const shape = [batch, height * b, width * b, channels];
      return permuted(runtime, x, [batch, height, width, b, b, channels], [0, 1, 3, 2, 4, 5], shape);
    }
    const [batch, depth, height, width] = x.shape as [number, number, number, number];
    const channels = depth / (b * b);
    const shape = [batch, channels, height * b, width * b];
    return permuted(runtime, x, [batch, b, b, channels, height, width], [0, 3, 4, 1, 5, 2], shape);
  },
});

const spaceToBatchND = nativeKernel<{ x: TensorInfo }, SpaceToBatchNDAttrs>({
  kernelName: 'SpaceToBatchND',
  accepts: ({ x }, { blockShape }) => isNative(x) && x.shape.length + blockShape.length <= maxRank,
  run: ({ x }, { blockShape, paddings }, runtime) => {
    const blocks = util.sizeFromShape(blockShape);
    const borders = x.shape.map((_, axis) => (axis > 0 ? (paddings[axis - 1] ?? [0, 0]) : [0, 0]));
    const isPadded = borders.some(([before, after]) => before !== 0 || after !== 0);
    const padded = isPadded ? padConstant(runtime, 'SpaceToBatchND', x, borders as [number, number][], 0) : x;
    const axes = backend_util.getReshaped(padded.shape, blockShape, blocks, false);
    const permutation = backend_util.getPermuted(axes.length, blockShape.length, false);
    const shape = backend_util.getReshapedPermuted(padded.shape, blockShape, blocks, false);
    const y = permuted(runtime, padded, axes, permutation, shape);
    if (isPadded) runtime.release(padded);
    return y;
  },
});

const batchToSpaceND = nativeKernel<{ x: TensorInfo }, BatchToSpaceNDAttrs>({
  kernelName: 'BatchToSpaceND',
  accepts: ({ x }, { blockShape }) => isNative(x) && x.shape.length + blockShape.length <= maxRank,
  run: ({ x }, { blockShape, crops }, runtime) => {
    const blocks = util.sizeFromShape(blockShape);
    const axes = backend_util.getReshaped(x.shape, blockShape, blocks);
    const permutation = backend_util.getPermuted(axes.length, blockShape.length);
    const shape = backend_util.getReshapedPermuted(x.shape, blockShape, blocks);
    const whole = permuted(runtime, x, axes, permutation, shape);
    if (crops.every(([before, after]) => before === 0 && after === 0)) return whole;
    const begin = backend_util.getSliceBeginCoords(crops, blockShape.length);
    const uncropped = shape.slice(begin.length);
    const sizes = [...backend_util.getSliceSize(shape, crops, blockShape.length), ...uncropped];
    const y = sliceOf(runtime, whole, [...begin, ...uncropped.map(() => 0)], sizes, undefined, sizes);
    runtime.release(whole);
    return y;
  },
});

// --- Repetition ----------------------------------------------------------------------------------------------------

const tile = nativeKernel<{ x: TensorInfo }, TileAttrs>({
  kernelName: 'Tile',
  // Up to rank 6, two passes of at most seven axes do it.
  accepts: ({ x }) => isNative(x) && x.shape.length <= 6,
  run: ({ x }, { reps }, runtime) => {
    const repeated = reps.filter((count, axis) => count !== 1 && x.shape[axis] !== 1).length;
    if (repeated <= 3) return repeatAxes(runtime, x, reps);
    const middle = 3;
    const inner = repeatAxes(
      runtime,
      x,
      reps.map((count, axis) => (axis < middle ? 1 : count)),
    );
    const y = repeatAxes(
      runtime,
      inner,
      reps.map((count, axis) => (axis < middle ? count : 1)),
    );
    runtime.release(inner);
    return y;
  },
});

/** Every axis as [copies, size], where copies have stride 0 in x. */
function repeatAxes(runtime: KernelRuntime, x: TensorInfo, reps: readonly number[]): TensorInfo {
  const y = runtime.output(
    x.shape.map((size, axis) => size * (reps[axis] as number)),
    x.dtype,
  );
  const sizes = x.shape.flatMap((size, axis) => [reps[axis] as number, size]);
  const strides = rowMajorStrides(x.shape).flatMap((stride) => [0, stride]);
  copyStrided(runtime, sizes, x, { offset: 0, strides }, y, dense(sizes));
  return y;
}

export const moveKernels: readonly NativeKernel[] = [
  slice,
  stridedSlice,
  splitV,
  unpack,
  concat,
  pack,
  transpose,
  reverse,
  depthToSpace,
  spaceToBatchND,
  batchToSpaceND,
  tile,
];
