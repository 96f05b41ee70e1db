// Conv2D with dilation, and the gradient of Conv2D's filter gradient. For y[o] = sum_k x[o + k d - p] w[k] (stride 1,
// which TF.js demands where d > 1):
//   dx[i] = sum_k dy[i + p - k d] w[k]     a dilated convolution of dy with the mirrored filter, padded by (K-1) d - p
//   dw[k] = sum_o x[o + k d - p] dy[o]     a convolution of x with dy as the filter, at stride d
// TF.js throws for dilation > 1, and has no gradient for Conv2DBackpropFilter, so that nothing that contains the gradient of
// a filter (a gradient penalty) can be differentiated.
import * as tf from '../tfjs/registered-core.ts';
import { kernelOrReference } from './kernel-or-reference.ts';

/**
 * Kernels a backend may bring: Conv2DBackpropInput and Conv2DBackpropFilter with one more attribute, `dilations`.
 * Inputs { dy, filter } and { x, dy }; attributes strides, pad, dataFormat, dimRoundingMode, dilations, and inputShape or
 * filterShape. Output: float32 of that shape.
 */
export const DilatedConv2DBackpropInput = 'DilatedConv2DBackpropInput';
export const DilatedConv2DBackpropFilter = 'DilatedConv2DBackpropFilter';

type Pad = tf.Conv2DAttrs['pad'];
type DataFormat = 'NHWC' | 'NCHW';

interface ConvAttributes {
  readonly strides: [number, number] | number;
  readonly pad: Pad;
  readonly dataFormat: DataFormat;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type DilatedAttributes = ConvAttributes & { readonly dilations: [number, number] | number };

export const conv2dGradient: tf.GradConfig = {
  kernelName: tf.Conv2D,
  inputsToSave: ['x', 'filter'],
  gradFunc: (gradient, saved, attrs) => {
    const dy = gradient as tf.Tensor4D;
    const [x, filter] = saved as [tf.Tensor4D, tf.Tensor4D];
    const attributes = attrs as unknown as DilatedAttributes;
    const { strides, pad, dataFormat, dimRoundingMode, dilations } = attributes;
    if (tf.backend_util.tupleValuesAreOne(dilations)) {
      const common = { strides, pad, dataFormat, dimRoundingMode };
      return {
        x: () => run(tf.Conv2DBackpropInput, { dy, filter }, { ...common, inputShape: x.shape }),
        filter: () => run(tf.Conv2DBackpropFilter, { x, dy }, { ...common, filterShape: filter.shape }),
      };
    }
    return {
      x: () =>
        kernelOrReference(DilatedConv2DBackpropInput, { dy, filter }, { ...attributes, inputShape: x.shape }, () =>
          dilatedInputGradient(dy, filter, x.shape, attributes),
        ),
      filter: () =>
        kernelOrReference(DilatedConv2DBackpropFilter, { x, dy }, { ...attributes, filterShape: filter.shape }, () =>
          dilatedFilterGradient(x, dy, filter.shape, attributes),
        ),
    };
  },
};

/** dw is linear in x and in dy: by x it is the data gradient with ddw as the filter, by dy the convolution with ddw. */
export const conv2dBackpropFilterGradient: tf.GradConfig = {
  kernelName: tf.Conv2DBackpropFilter,
  inputsToSave: ['x', 'dy'],
  gradFunc: (gradient, saved, attrs) => {
    const ddw = gradient as tf.Tensor4D;
    const [x, dy] = saved as [tf.Tensor4D, tf.Tensor4D];
    const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as ConvAttributes;
    const common = { strides, pad, dataFormat, dimRoundingMode };
    return {
      x: () => run(tf.Conv2DBackpropInput, { dy, filter: ddw }, { ...common, inputShape: x.shape }),
      dy: () => run(tf.Conv2D, { x, filter: ddw }, { ...common, dilations: [1, 1] }),
    };
  },
};

function dilatedInputGradient(
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  inputShape: [number, number, number, number],
  { pad, dataFormat, dilations }: DilatedAttributes,
): tf.Tensor {
  const { padInfo, effectiveFilterHeight, effectiveFilterWidth, dilationHeight, dilationWidth } = convInfo(
    inputShape,
    filter.shape,
    { pad, dataFormat, dilations },
  );
  const mirrored = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]); // [KH, KW, Co, Ci]
  const padded = padOrCrop(toChannelsLast(dy, dataFormat), [
    [effectiveFilterHeight - 1 - padInfo.top, effectiveFilterHeight - 1 - padInfo.bottom],
    [effectiveFilterWidth - 1 - padInfo.left, effectiveFilterWidth - 1 - padInfo.right],
  ]);
  const dx = tf.conv2d(padded, mirrored, 1, 'valid', 'NHWC', [dilationHeight, dilationWidth]);
  return fromChannelsLast(dx, dataFormat);
}

function dilatedFilterGradient(
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filterShape: [number, number, number, number],
  { pad, dataFormat, dilations }: DilatedAttributes,
): tf.Tensor {
  const { padInfo, dilationHeight, dilationWidth } = convInfo(x.shape, filterShape, { pad, dataFormat, dilations });
  const padded = padOrCrop(toChannelsLast(x, dataFormat), [
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
  ]);
  const images = tf.transpose(padded, [3, 1, 2, 0]); // [Ci, H, W, N]
  const filters = tf.transpose(toChannelsLast(dy, dataFormat), [1, 2, 0, 3]); // [outH, outW, N, Co]
  const dw = tf.conv2d(images as tf.Tensor4D, filters as tf.Tensor4D, [dilationHeight, dilationWidth], 'valid');
  return tf.transpose(dw, [1, 2, 0, 3]); // [KH, KW, Ci, Co]
}

function convInfo(
  inputShape: [number, number, number, number],
  filterShape: [number, number, number, number],
  { pad, dataFormat, dilations }: { pad: Pad; dataFormat: DataFormat; dilations: [number, number] | number },
) {
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  return tf.backend_util.computeConv2DInfo(inputShape, filterShape, 1, dilations, pad, undefined, false, format);
}

/** Zeros around height and width of an NHWC tensor; negative amounts cut off (an explicit padding wider than the filter). */
export function padOrCrop(x: tf.Tensor4D, [rows, columns]: [[number, number], [number, number]]): tf.Tensor4D {
  const cut = (amount: number) => Math.max(0, -amount);
  const add = (amount: number) => Math.max(0, amount);
  const [batch, height, width, channels] = x.shape;
  const cropped = tf.slice(
    x,
    [0, cut(rows[0]), cut(columns[0]), 0],
    [batch, height - cut(rows[0]) - cut(rows[1]), width - cut(columns[0]) - cut(columns[1]), channels],
  );
  return tf.pad(cropped, [
    [0, 0],
    [add(rows[0]), add(rows[1])],
    [add(columns[0]), add(columns[1])],
    [0, 0],
  ]);
}

function toChannelsLast(x: tf.Tensor4D, dataFormat: DataFormat): tf.Tensor4D {
  return dataFormat === 'NCHW' ? tf.transpose(x, [0, 2, 3, 1]) : x;
}

function fromChannelsLast(x: tf.Tensor4D, dataFormat: DataFormat): tf.Tensor4D {
  return dataFormat === 'NCHW' ? tf.transpose(x, [0, 3, 1, 2]) : x;
}

function run(kernelName: string, inputs: tf.NamedTensorMap, attrs: object): tf.Tensor {
  return tf.engine().runKernel(kernelName, inputs, attrs as tf.NamedAttrMap);
}
