// Reading by index (GatherV2, GatherNd), and the gradient of it, adding by index (UnsortedSegmentSum).
import type { GatherV2Attrs, TensorInfo, UnsortedSegmentSumAttrs } from '@tensorflow/tfjs-core';
import { type NativeKernel, nativeKernel } from '../../../backend/kernel-runtime.ts';
import { backend_util, util } from '../../../tfjs/registered-core.ts';

const isNumeric = ({ dtype }: TensorInfo) => dtype === 'float32' || dtype === 'int32' || dtype === 'bool';

const gather = nativeKernel<{ x: TensorInfo; indices: TensorInfo }, GatherV2Attrs>({
  kernelName: 'GatherV2',
  accepts: ({ x, indices }) => isNumeric(x) && indices.dtype === 'int32',
  run: ({ x, indices }, { axis, batchDims }, runtime) => {
    const at = util.parseAxisParam(axis, x.shape)[0] as number;
    const info = backend_util.segment_util.collectGatherOpShapeInfo(x as never, indices as never, at, batchDims ?? 0);
    const y = runtime.output(info.outputShape, x.dtype);
    const indexCount = util.sizeFromShape(indices.shape);
    if (indexCount === 0) return y;
    runtime
      .command('gather')
      .elementType(x.dtype)
      .shape([info.batchSize, info.outerSize, info.dimSize, info.sliceSize])
      .size(indexCount / info.batchSize)
      .input(x)
      .input(indices)
      .output(y)
      .end();
    runtime.flush();
    return y;
  },
});

const gatherNd = nativeKernel<{ params: TensorInfo; indices: TensorInfo }>({
  kernelName: 'GatherNd',
  accepts: ({ params, indices }) => isNumeric(params) && indices.dtype === 'int32' && (indices.shape.at(-1) ?? 0) <= 8,
  run: ({ params, indices }, _attrs, runtime) => {
    const [shape, count, slice] = backend_util.prepareAndValidate(params as never, indices as never);
    const y = runtime.output(shape, params.dtype);
    if (count === 0) return y;
    runtime
      .command('gather_nd')
      .elementType(params.dtype)
      .shape(params.shape.slice(0, indices.shape.at(-1) as number))
      .size(slice)
      .size(count)
      .input(params)
      .input(indices)
      .output(y)
      .end();
    runtime.flush();
    return y;
  },
});

const unsortedSegmentSum = nativeKernel<{ x: TensorInfo; segmentIds: TensorInfo }, UnsortedSegmentSumAttrs>({
  kernelName: 'UnsortedSegmentSum',
  accepts: ({ x, segmentIds }) =>
    x.dtype === 'float32' &&
    segmentIds.dtype === 'int32' &&
    segmentIds.shape.length === 1 &&
    segmentIds.shape[0] === x.shape[0],
  run: ({ x, segmentIds }, { numSegments }, runtime) => {
    const y = runtime.output([numSegments, ...x.shape.slice(1)], 'float32');
    runtime
      .command('unsorted_segment_sum')
      .shape([x.shape[0] as number, util.sizeFromShape(x.shape.slice(1)), numSegments])
      .input(x)
      .input(segmentIds)
      .output(y)
      .end();
    return y;
  },
});

export const gatherKernels: readonly NativeKernel[] = [gather, gatherNd, unsortedSegmentSum];
