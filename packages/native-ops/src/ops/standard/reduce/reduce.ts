// Reductions of TF.js over any set of axes: sums, means, products, extremes, their positions, and sums of many tensors.
import type { DataType, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { type KernelRuntime, type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { backend_util, util } from '../../../tfjs/registered-core.ts';
import { maxRank } from '../../strides.ts';

type ReduceFunction = 'sum' | 'mean' | 'prod' | 'max' | 'min';

interface ReduceAttributes {
  readonly axis?: number | number[];
  /** What Max calls its axes. */
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

function reduction(
  kernelName: string,
  variant: ReduceFunction,
  types: readonly DataType[],
  resultOf: (x: TensorInfo) => DataType,
): NativeKernel {
  return nativeKernel<{ x: TensorInfo }, ReduceAttributes>({
    kernelName,
    accepts: ({ x }) => types.includes(x.dtype) && x.shape.length <= maxRank,
    run: ({ x }, { axis, reductionIndices, keepDims }, runtime) => {
      const axes = util.parseAxisParam((axis ?? reductionIndices) as number | number[], x.shape);
      return reduce(runtime, variant, x, axes, resultOf(x), keepDims ?? false);
    },
  });
}

/** One command of `reduce`: x over `axes`, which must be valid and not negative. */
export function reduce(
  runtime: KernelRuntime,
  variant: ReduceFunction,
  x: TensorInfo,
  axes: readonly number[],
  result: DataType,
  keepDims: boolean,
): TensorInfo {
  const { sizes, firstIsReduced } = alternateAxes(x.shape, axes);
  const y = runtime.output(reducedShape(x.shape, axes, keepDims), result);
  runtime
    .command('reduce')
    .variant(variant)
    .elementType(x.dtype)
    .shape(sizes)
    .int(firstIsReduced ? 1 : 0)
    .input(x)
    .output(y)
    .end();
  return y;
}

function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  const [outShape] = backend_util.computeOutAndReduceShapes([...shape], [...axes]);
  return keepDims ? backend_util.expandShapeToKeepDim(outShape, [...axes]) : outShape;
}

/** Neighbouring axes of the same fate become one, axes of size 1 vanish; what remains is kept and reduced in turn. */
function alternateAxes(
  shape: readonly number[],
  axes: readonly number[],
): { sizes: number[]; firstIsReduced: boolean } {
  const sizes: number[] = [];
  let firstIsReduced = false;
  let lastIsReduced: boolean | undefined;
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const isReduced = axes.includes(axis);
    if (isReduced === lastIsReduced) sizes[sizes.length - 1] = (sizes.at(-1) as number) * size;
    else sizes.push(size);
    if (lastIsReduced === undefined) firstIsReduced = isReduced;
    lastIsReduced = isReduced;
  });
  return sizes.length > 0 ? { sizes, firstIsReduced } : { sizes: [1], firstIsReduced: false };
}

function positionOf(kernelName: 'ArgMax' | 'ArgMin'): NativeKernel {
  return nativeKernel<{ x: TensorInfo }, { axis: number }>({
    kernelName,
    accepts: ({ x }) => (x.dtype === 'float32' || x.dtype === 'int32') && x.shape.length > 0,
    run: ({ x }, { axis }, runtime) => {
      const [at] = util.parseAxisParam(axis, x.shape) as [number];
      const y = runtime.output(reducedShape(x.shape, [at], false), 'int32');
      runtime
        .command('reduce_arg')
        .variant(kernelName.toLowerCase())
        .elementType(x.dtype)
        .size(util.sizeFromShape(x.shape.slice(0, at)))
        .size(x.shape[at] as number)
        .size(util.sizeFromShape(x.shape.slice(at + 1)))
        .input(x)
        .output(y)
        .end();
      return y;
    },
  });
}

const addN = nativeKernel<NamedTensorInfoMap>({
  kernelName: 'AddN',
  accepts: (inputs) => {
    const terms = termsOf(inputs);
    const [first] = terms;
    return (
      first !== undefined &&
      (first.dtype === 'float32' || first.dtype === 'int32') &&
      terms.every(({ dtype }) => dtype === first.dtype)
    );
  },
  run: (inputs, _attrs, runtime) => {
    const terms = termsOf(inputs);
    const [first] = terms as [TensorInfo];
    const y = runtime.output(first.shape, first.dtype);
    const command = runtime
      .command('add_n')
      .elementType(first.dtype)
      .size(util.sizeFromShape(first.shape))
      .int(terms.length);
    for (const term of terms) command.input(term);
    command.output(y).end();
    return y;
  },
});

/** TF.js passes AddN's terms as an array in the place of the named inputs. */
function termsOf(inputs: NamedTensorInfoMap): TensorInfo[] {
  return Object.values(inputs).filter((term) => term !== undefined);
}

const numeric: readonly DataType[] = ['float32', 'int32'];
const any: readonly DataType[] = ['float32', 'int32', 'bool'];
const same = (x: TensorInfo) => x.dtype;
const asInt = (x: TensorInfo): DataType => (x.dtype === 'bool' ? 'int32' : x.dtype);

export const reduceKernels: readonly NativeKernel[] = [
  reduction('Sum', 'sum', any, asInt),
  reduction('Mean', 'mean', any, () => 'float32'),
  reduction('Prod', 'prod', numeric, same),
  reduction('Max', 'max', any, same),
  reduction('Min', 'min', any, same),
  // All is the smallest of 0 and 1, Any the largest.
  reduction('All', 'min', ['bool'], same),
  reduction('Any', 'max', ['bool'], same),
  positionOf('ArgMax'),
  positionOf('ArgMin'),
  addN,
];
