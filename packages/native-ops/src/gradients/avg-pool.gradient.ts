// AvgPool divides by the number of pixels a window really covers; at padded borders that is less than the window. The gradient
// kernel of TF.js divides by the full window everywhere, so what it computes is too small there. It is scaled before:
//   dx = AvgPoolGrad(dy * window / covered)
import * as tf from '../tfjs/registered-core.ts';

interface PoolAttributes {
  readonly filterSize: [number, number] | number;
  readonly strides: [number, number] | number;
  readonly pad: tf.AvgPoolAttrs['pad'];
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

export const avgPoolGradient: tf.GradConfig = {
  kernelName: tf.AvgPool,
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs) => {
    const [x] = saved as [tf.Tensor4D];
    return {
      x: () => {
        const weights = windowOverCovered(x.shape, attrs as unknown as PoolAttributes);
        const scaled = weights ? tf.mul(dy as tf.Tensor, weights) : (dy as tf.Tensor);
        return tf.engine().runKernel(tf.AvgPoolGrad, { dy: scaled, input: x }, attrs) as tf.Tensor;
      },
    };
  },
};

/** AvgPoolGrad is linear in dy and divides by the full window, so its gradient is AvgPool with the weights undone. */
export const avgPoolGradGradient: tf.GradConfig = {
  kernelName: tf.AvgPoolGrad,
  inputsToSave: ['input'],
  gradFunc: (ddx, saved, attrs) => {
    const [input] = saved as [tf.Tensor4D];
    return {
      dy: () => {
        const pooled = tf.engine().runKernel(tf.AvgPool, { x: ddx as tf.Tensor }, attrs) as tf.Tensor;
        const weights = windowOverCovered(input.shape, attrs as unknown as PoolAttributes);
        return weights ? tf.div(pooled, weights) : pooled;
      },
      input: () => tf.zerosLike(input),
    };
  },
};

/** For every output position the window's size over the number of pixels it covers, [1, outH, outW, 1]; undefined when all are 1. */
function windowOverCovered(
  shape: [number, number, number, number],
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): tf.Tensor4D | undefined {
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, dimRoundingMode);
  const rows = inverseCoverage(info.outHeight, info.strideHeight, info.filterHeight, info.padInfo.top, info.inHeight);
  const columns = inverseCoverage(info.outWidth, info.strideWidth, info.filterWidth, info.padInfo.left, info.inWidth);
  if (rows.every((weight) => weight === 1) && columns.every((weight) => weight === 1)) return undefined;
  const byRow = tf.tensor4d(rows, [1, info.outHeight, 1, 1]);
  return tf.mul(byRow, tf.tensor4d(columns, [1, 1, info.outWidth, 1]));
}

function inverseCoverage(outSize: number, stride: number, filter: number, before: number, inSize: number): number[] {
  return Array.from({ length: outSize }, (_, out) => {
    const start = out * stride - before;
    const covered = Math.min(start + filter, inSize) - Math.max(start, 0);
    // A window that lies in the padding altogether has no gradient to scale.
    return covered > 0 ? filter / covered : 1;
  });
}
