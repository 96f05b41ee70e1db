// ResizeBilinear and ResizeNearestNeighbor are separable and linear, y = R x C^T for every image and channel, with
// R [outHeight, height] and C [outWidth, width] holding the interpolation weights. So dx = R^T dy C.
//
// TF.js: ResizeBilinearGrad ignores halfPixelCenters and, on its CPU backend, returns width and height exchanged;
// ResizeNearestNeighborGrad ignores halfPixelCenters and, on its CPU backend, reads dy of the second and later images of a
// batch from the wrong place.
import * as tf from '../tfjs/registered-core.ts';
import { kernelOrReference } from './kernel-or-reference.ts';

/**
 * Kernels a backend may bring. Inputs: dy [N, outHeight, outWidth, C], images (for its shape [N, height, width, C] only).
 * Attributes as for the forward kernel: alignCorners, halfPixelCenters, size. Output: float32 of images' shape.
 * TF.js's own kernels of this purpose, named without "Exact", cannot be used: see above.
 */
export const ResizeBilinearExactGrad = 'ResizeBilinearExactGrad';
export const ResizeNearestNeighborExactGrad = 'ResizeNearestNeighborExactGrad';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  readonly size: [number, number];
}

export const resizeBilinearGradient = resizeGradient(tf.ResizeBilinear, ResizeBilinearExactGrad, bilinearWeights);
export const resizeNearestNeighborGradient = resizeGradient(
  tf.ResizeNearestNeighbor,
  ResizeNearestNeighborExactGrad,
  nearestWeights,
);

// The gradients are linear in dy, so their own gradients are the forward operations.
export const resizeBilinearGradGradient = gradientOfGradient(ResizeBilinearExactGrad, tf.ResizeBilinear);
export const resizeNearestNeighborGradGradient = gradientOfGradient(
  ResizeNearestNeighborExactGrad,
  tf.ResizeNearestNeighbor,
);

function resizeGradient(kernelName: string, gradientKernel: string, weights: typeof bilinearWeights): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['images'],
    gradFunc: (dy, saved, attrs) => {
      const [images] = saved as [tf.Tensor4D];
      const attributes = attrs as unknown as ResizeAttributes;
      const inputs = { dy: dy as tf.Tensor4D, images };
      return {
        images: () =>
          kernelOrReference(gradientKernel, inputs, attrs, () => transposedResize(inputs, attributes, weights)),
      };
    },
  };
}

function gradientOfGradient(gradientKernel: string, kernelName: string): tf.GradConfig {
  return {
    kernelName: gradientKernel,
    inputsToSave: ['images'],
    gradFunc: (ddx, saved, attrs) => {
      const [images] = saved as [tf.Tensor4D];
      return {
        dy: () => tf.engine().runKernel(kernelName, { images: ddx as tf.Tensor }, attrs) as tf.Tensor,
        images: () => tf.zerosLike(images),
      };
    },
  };
}

function transposedResize(
  { dy, images }: { dy: tf.Tensor4D; images: tf.Tensor4D },
  attributes: ResizeAttributes,
  weights: typeof bilinearWeights,
): tf.Tensor {
  const [batch, height, width, channels] = images.shape;
  const [, outHeight, outWidth] = dy.shape;
  if (images.size === 0 || dy.size === 0) return tf.zeros(images.shape);
  const rows = transposedWeights(outHeight, height, attributes, weights);
  const columns = transposedWeights(outWidth, width, attributes, weights);
  const byRows = tf.matMul(rows, tf.reshape(dy, [batch, outHeight, outWidth * channels])); // [N, H, outW*C]
  return tf.reshape(tf.matMul(columns, tf.reshape(byRows, [batch * height, outWidth, channels])), images.shape);
}

/** The weights of one axis as a tensor [1, inSize, outSize]. */
function transposedWeights(
  outSize: number,
  inSize: number,
  { alignCorners, halfPixelCenters }: ResizeAttributes,
  weights: typeof bilinearWeights,
): tf.Tensor3D {
  const values = new Float32Array(inSize * outSize);
  const align = alignCorners && outSize > 1;
  const ratio = (align ? inSize - 1 : inSize) / (align ? outSize - 1 : outSize);
  for (let out = 0; out < outSize; out++) {
    for (const [at, weight] of weights(out, ratio, inSize, alignCorners, halfPixelCenters)) {
      values[at * outSize + out] = (values[at * outSize + out] as number) + weight;
    }
  }
  return tf.tensor3d(values, [1, inSize, outSize]);
}

/** Which inputs the output at position `out` is made of, and with what weight: the arithmetic of TF.js's CPU kernels. */
function bilinearWeights(
  out: number,
  ratio: number,
  inSize: number,
  _alignCorners: boolean,
  halfPixelCenters: boolean,
): [at: number, weight: number][] {
  const source = halfPixelCenters ? ratio * (out + 0.5) - 0.5 : ratio * out;
  const floor = Math.max(0, Math.floor(source));
  // Not -0, and never behind the last pixel; before the first one both neighbours are the first.
  const ceil = Math.max(0, Math.min(inSize - 1, Math.ceil(source)));
  const fraction = source - floor;
  return [
    [floor, 1 - fraction],
    [ceil, fraction],
  ];
}

function nearestWeights(
  out: number,
  ratio: number,
  inSize: number,
  alignCorners: boolean,
  halfPixelCenters: boolean,
): [at: number, weight: number][] {
  const source = halfPixelCenters ? ratio * (out + 0.5) : ratio * out;
  const nearest = Math.min(inSize - 1, alignCorners ? Math.round(source) : Math.floor(source));
  return [[Math.max(0, nearest), 1]];
}
