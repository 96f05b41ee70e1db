// DepthwiseConv2dNative with dilation; channel c has multiplier filters m, y[o, c, m] = sum_k x[o + k d - p, c] w[k, c, m]:
//   dx[i, c] = sum_m sum_k dy[i + p - k d, c, m] w[k, c, m]     a depthwise convolution of dy, summed over m
//   dw[k, c, m] = sum_o x[o + k d - p, c] dy[o, c, m]           one sum per filter tap
// TF.js throws for dilation > 1. Without dilation its own gradient is right and is used.
import * as tf from '../tfjs/registered-core.ts';
import { padOrCrop } from './conv2d.gradient.ts';
import { kernelOrReference } from './kernel-or-reference.ts';

/** Kernels a backend may bring: inputs, attributes and outputs are those of TF.js's kernels without "Dilated" in the name. */
export const DilatedDepthwiseConv2dBackpropInput = 'DilatedDepthwiseConv2dBackpropInput';
export const DilatedDepthwiseConv2dBackpropFilter = 'DilatedDepthwiseConv2dBackpropFilter';

export const depthwiseConv2dGradient: tf.GradConfig = {
  kernelName: tf.DepthwiseConv2dNative,
  inputsToSave: ['x', 'filter'],
  gradFunc: (gradient, saved, attrs) => {
    const dy = gradient as tf.Tensor4D;
    const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
    const { strides, pad, dimRoundingMode } = attrs as unknown as tf.DepthwiseConv2dNativeAttrs;
    const dilations = (attrs.dilations as [number, number] | undefined) ?? [1, 1];
    const attributes = { strides, pad, dimRoundingMode, dilations };
    if (tf.backend_util.tupleValuesAreOne(dilations)) {
      return {
        x: () => run(tf.DepthwiseConv2dNativeBackpropInput, { dy, filter }, { ...attributes, inputShape: x.shape }),
        filter: () =>
          run(tf.DepthwiseConv2dNativeBackpropFilter, { x, dy }, { ...attributes, filterShape: filter.shape }),
      };
    }
    const info = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, 1, dilations, pad, undefined, true);
    return {
      x: () =>
        kernelOrReference(
          DilatedDepthwiseConv2dBackpropInput,
          { dy, filter },
          { ...attributes, inputShape: x.shape },
          () => inputGradient(dy, filter, info),
        ),
      filter: () =>
        kernelOrReference(
          DilatedDepthwiseConv2dBackpropFilter,
          { x, dy },
          { ...attributes, filterShape: filter.shape },
          () => filterGradient(x, dy, info),
        ),
    };
  },
};

function inputGradient(dy: tf.Tensor4D, filter: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor {
  const { filterHeight, filterWidth, inChannels, outChannels, padInfo, dilationHeight, dilationWidth } = info;
  const multiplier = outChannels / inChannels;
  const mirrored = tf.reshape(tf.reverse(filter, [0, 1]), [filterHeight, filterWidth, outChannels, 1]);
  const padded = padOrCrop(dy, [
    [info.effectiveFilterHeight - 1 - padInfo.top, info.effectiveFilterHeight - 1 - padInfo.bottom],
    [info.effectiveFilterWidth - 1 - padInfo.left, info.effectiveFilterWidth - 1 - padInfo.right],
  ]);
  const perFilter = tf.depthwiseConv2d(padded, mirrored as tf.Tensor4D, 1, 'valid', 'NHWC', [
    dilationHeight,
    dilationWidth,
  ]);
  if (multiplier === 1) return perFilter;
  const pixels = info.batchSize * info.inHeight * info.inWidth;
  return tf.reshape(tf.sum(tf.reshape(perFilter, [pixels, inChannels, multiplier]), 2), info.inShape);
}

function filterGradient(x: tf.Tensor4D, dy: tf.Tensor4D, info: tf.backend_util.Conv2DInfo): tf.Tensor {
  const { batchSize, outHeight, outWidth, inChannels, outChannels, padInfo } = info;
  const multiplier = outChannels / inChannels;
  const positions = batchSize * outHeight * outWidth;
  const padded = padOrCrop(x, [
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
  ]);
  const gradient = tf.reshape(dy, [positions, inChannels, multiplier]);
  const taps: tf.Tensor[] = [];
  for (let row = 0; row < info.filterHeight; row++) {
    for (let column = 0; column < info.filterWidth; column++) {
      const seen = tf.slice(
        padded,
        [0, row * info.dilationHeight, column * info.dilationWidth, 0],
        [batchSize, outHeight, outWidth, inChannels],
      );
      taps.push(tf.sum(tf.mul(tf.reshape(seen, [positions, inChannels, 1]), gradient), 0)); // [C, M]
    }
  }
  return tf.reshape(tf.stack(taps), info.filterShape);
}

function run(kernelName: string, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap);
}
