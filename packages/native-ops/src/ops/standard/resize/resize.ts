// Resizing of images, bilinear or to the nearest pixel, and the exact gradients that gradients/resize.gradient.ts asks for.
import type { ResizeBilinearAttrs, TensorInfo } from '@tensorflow/tfjs-core';
import {
  type CommandWriter,
  type KernelRuntime,
  type NativeKernel,
  nativeKernel,
} from '../../../backend/kernel-runtime.ts';
import { ResizeBilinearExactGrad, ResizeNearestNeighborExactGrad } from '../../../gradients/resize.gradient.ts';

type ResizeKind = 'bilinear' | 'nearest';
type ImageShape = [number, number, number, number];

function resizeCommand(
  runtime: KernelRuntime,
  op: string,
  kind: ResizeKind,
  [batch, height, width, channels]: ImageShape,
  [outHeight, outWidth]: readonly [number, number],
  { alignCorners, halfPixelCenters }: ResizeBilinearAttrs,
): CommandWriter {
  return runtime
    .command(op)
    .variant(kind)
    .size(batch)
    .size(height)
    .size(width)
    .size(channels)
    .size(outHeight)
    .size(outWidth)
    .int(alignCorners ? 1 : 0)
    .int(halfPixelCenters ? 1 : 0);
}

const isImages = (x: TensorInfo) => x.dtype === 'float32' && x.shape.length === 4;

function resizing(kernelName: string, kind: ResizeKind): NativeKernel {
  return nativeKernel<{ images: TensorInfo }, ResizeBilinearAttrs>({
    kernelName,
    accepts: ({ images }) => isImages(images),
    run: ({ images }, attrs, runtime) => {
      const shape = images.shape as ImageShape;
      const [outHeight, outWidth] = attrs.size;
      const y = runtime.output([shape[0], outHeight, outWidth, shape[3]], 'float32');
      resizeCommand(runtime, 'resize', kind, shape, attrs.size, attrs).input(images).output(y).end();
      return y;
    },
  });
}

function resizingGradient(kernelName: string, kind: ResizeKind): NativeKernel {
  return nativeKernel<{ dy: TensorInfo; images: TensorInfo }, ResizeBilinearAttrs>({
    kernelName,
    run: ({ dy, images }, attrs, runtime) => {
      const shape = images.shape as ImageShape;
      const [, outHeight, outWidth] = dy.shape as ImageShape;
      const dx = runtime.output(shape, 'float32');
      resizeCommand(runtime, 'resize_grad', kind, shape, [outHeight, outWidth], attrs).input(dy).output(dx).end();
      return dx;
    },
  });
}

export const resizeKernels: readonly NativeKernel[] = [
  resizing('ResizeBilinear', 'bilinear'),
  resizing('ResizeNearestNeighbor', 'nearest'),
  resizingGradient(ResizeBilinearExactGrad, 'bilinear'),
  resizingGradient(ResizeNearestNeighborExactGrad, 'nearest'),
];
