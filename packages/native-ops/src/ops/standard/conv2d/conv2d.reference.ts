// Convolutions as the formula says them, in float64: the oracle of the specs. TF.js's CPU kernels would do, but need
// minutes for sizes that cross our thread thresholds.
import type * as tf from '@tensorflow/tfjs-core';
import type { ConvInfo } from './conv-shape.ts';

export interface ReferenceOperands {
  readonly x: ArrayLike<number>;
  readonly filter: ArrayLike<number>;
  readonly dy: ArrayLike<number>;
}

export interface ReferenceResults {
  readonly y: Float64Array;
  readonly dx: Float64Array;
  readonly dFilter: Float64Array;
}

/** y, and the gradients of sum(y * dy) by x and filter. */
export function convolve(info: ConvInfo, { x, filter, dy }: ReferenceOperands): ReferenceResults {
  const { inChannels, outChannels } = info;
  const y = new Float64Array(count(info.outShape));
  const dx = new Float64Array(count(info.inShape));
  const dFilter = new Float64Array(filter.length);
  visitTaps(info, (pixel, tap, outPixel) => {
    for (let i = 0; i < inChannels; i++) {
      const xAt = pixel * inChannels + i;
      const value = x[xAt] as number;
      const filterAt = (tap * inChannels + i) * outChannels;
      let sum = 0;
      for (let o = 0; o < outChannels; o++) {
        const outAt = outPixel * outChannels + o;
        const weight = filter[filterAt + o] as number;
        const gradient = dy[outAt] as number;
        (y[outAt] as number) += value * weight;
        (dFilter[filterAt + o] as number) += value * gradient;
        sum += weight * gradient;
      }
      (dx[xAt] as number) += sum;
    }
  });
  return { y, dx, dFilter };
}

/** The same for a depthwise convolution. */
export function convolveDepthwise(info: ConvInfo, { x, filter, dy }: ReferenceOperands): ReferenceResults {
  const { inChannels, outChannels } = info;
  const multiplier = outChannels / inChannels;
  const y = new Float64Array(count(info.outShape));
  const dx = new Float64Array(count(info.inShape));
  const dFilter = new Float64Array(filter.length);
  visitTaps(info, (pixel, tap, outPixel) => {
    for (let c = 0; c < inChannels; c++) {
      const xAt = pixel * inChannels + c;
      for (let q = 0; q < multiplier; q++) {
        const filterAt = tap * outChannels + c * multiplier + q;
        const outAt = outPixel * outChannels + c * multiplier + q;
        (y[outAt] as number) += (x[xAt] as number) * (filter[filterAt] as number);
        (dFilter[filterAt] as number) += (x[xAt] as number) * (dy[outAt] as number);
        (dx[xAt] as number) += (filter[filterAt] as number) * (dy[outAt] as number);
      }
    }
  });
  return { y, dx, dFilter };
}

/** Calls visit for every pixel of y and every filter position whose pixel of x is inside the image. */
function visitTaps(info: ConvInfo, visit: (pixel: number, tap: number, outPixel: number) => void): void {
  for (let n = 0; n < info.batchSize; n++) {
    for (let oh = 0; oh < info.outHeight; oh++) {
      for (let ow = 0; ow < info.outWidth; ow++) {
        for (let kh = 0; kh < info.filterHeight; kh++) {
          const ih = oh * info.strideHeight + kh * info.dilationHeight - info.padInfo.top;
          if (ih < 0 || ih >= info.inHeight) continue;
          for (let kw = 0; kw < info.filterWidth; kw++) {
            const iw = ow * info.strideWidth + kw * info.dilationWidth - info.padInfo.left;
            if (iw < 0 || iw >= info.inWidth) continue;
            visit(
              (n * info.inHeight + ih) * info.inWidth + iw,
              kh * info.filterWidth + kw,
              (n * info.outHeight + oh) * info.outWidth + ow,
            );
          }
        }
      }
    }
  }
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The reference's results as float32 tensors, in the order y, dx, dFilter. */
export function asTensors(
  { tensor }: Pick<typeof tf, 'tensor'>,
  info: ConvInfo,
  { y, dx, dFilter }: ReferenceResults,
): tf.Tensor[] {
  return [
    tensor(Float32Array.from(y), info.outShape, 'float32'),
    tensor(Float32Array.from(dx), info.inShape, 'float32'),
    tensor(Float32Array.from(dFilter), info.filterShape, 'float32'),
  ];
}
