// Borders around tensors: constant, mirrored, and the gradient of the mirrored ones (looked up by
// gradients/mirror-pad.gradient.ts).
import type { MirrorPadAttrs, PadV2Attrs, TensorInfo } from '@tensorflow/tfjs-core';
import { NativeKernelError } from '../../../backend/errors.ts';
import {
  type CommandWriter,
  type KernelRuntime,
  type NativeKernel,
  nativeKernel,
} from '../../../backend/kernel-runtime.ts';
import { elementBits } from './element-bits.ts';
import { isNative } from './strided-copy.ts';

type Paddings = readonly (readonly [number, number])[];

/** The axes of a padded tensor as commands describe them: runs of unpadded axes merged, the last run as `inner`. */
interface Border {
  readonly sizes: number[];
  readonly before: number[];
  readonly after: number[];
  readonly inner: number;
}

function borderOf(kernelName: string, shape: readonly number[], paddings: Paddings): Border {
  if (paddings.length !== shape.length || paddings.flat().some((width) => !Number.isInteger(width) || width < 0)) {
    throw new NativeKernelError(
      kernelName,
      'invalid-shape',
      `paddings must be one pair of whole numbers, at least 0, for each of the ${shape.length} axes of [${shape}]; ` +
        `received ${JSON.stringify(paddings)}`,
    );
  }
  let end = shape.length;
  let inner = 1;
  while (end > 0 && paddings[end - 1]?.[0] === 0 && paddings[end - 1]?.[1] === 0) inner *= shape[--end] as number;
  const border: Border = { sizes: [], before: [], after: [], inner };
  let mergesWithLast = false;
  for (let axis = 0; axis < end; axis++) {
    const [before, after] = paddings[axis] as readonly [number, number];
    const isUnpadded = before === 0 && after === 0;
    if (isUnpadded && mergesWithLast) {
      border.sizes.push((border.sizes.pop() as number) * (shape[axis] as number));
    } else {
      border.sizes.push(shape[axis] as number);
      border.before.push(before);
      border.after.push(after);
    }
    mergesWithLast = isUnpadded;
  }
  if (border.sizes.length === 0) {
    border.sizes.push(1);
    border.before.push(0);
    border.after.push(0);
  }
  return border;
}

function writeBorder(command: CommandWriter, { sizes, before, after, inner }: Border): CommandWriter {
  return command.shape(sizes).shape(before).shape(after).size(inner);
}

const paddedShape = (shape: readonly number[], paddings: Paddings) =>
  shape.map((size, axis) => size + (paddings[axis]?.[0] ?? 0) + (paddings[axis]?.[1] ?? 0));

/** x with a border of `value`; `kernelName` is who asks, for errors. */
export function padConstant(
  runtime: KernelRuntime,
  kernelName: string,
  x: TensorInfo,
  paddings: Paddings,
  value: number,
): TensorInfo {
  const border = borderOf(kernelName, x.shape, paddings);
  const y = runtime.output(paddedShape(x.shape, paddings), x.dtype);
  writeBorder(runtime.command('pad_constant').elementType(x.dtype), border)
    .int(elementBits(value, x.dtype))
    .input(x)
    .output(y)
    .end();
  return y;
}

/** Six padded axes and what is between them stay below the rank of commands. */
const isPaddable = (x: TensorInfo) => isNative(x) && x.shape.length <= 6;

const padV2 = nativeKernel<{ x: TensorInfo }, PadV2Attrs>({
  kernelName: 'PadV2',
  accepts: ({ x }) => isPaddable(x),
  run: ({ x }, { paddings, constantValue }, runtime) => padConstant(runtime, 'PadV2', x, paddings, constantValue),
});

const mirrorPad = nativeKernel<{ x: TensorInfo }, MirrorPadAttrs>({
  kernelName: 'MirrorPad',
  accepts: ({ x }) => isPaddable(x),
  run: ({ x }, { paddings, mode }, runtime) => {
    const border = borderOf('MirrorPad', x.shape, paddings);
    const y = runtime.output(paddedShape(x.shape, paddings), x.dtype);
    writeBorder(runtime.command('pad_mirror').elementType(x.dtype), border)
      .int(mode === 'symmetric' ? 1 : 0)
      .input(x)
      .output(y)
      .end();
    return y;
  },
});

const mirrorPadGrad = nativeKernel<{ dy: TensorInfo; x: TensorInfo }, MirrorPadAttrs>({
  kernelName: 'MirrorPadGrad',
  run: ({ dy, x }, { paddings, mode }, runtime) => {
    const border = borderOf('MirrorPadGrad', x.shape, paddings);
    const dx = runtime.output(x.shape, 'float32');
    writeBorder(runtime.command('pad_mirror_gradient'), border)
      .int(mode === 'symmetric' ? 1 : 0)
      .input(dy)
      .output(dx)
      .end();
    return dx;
  },
});

export const padKernels: readonly NativeKernel[] = [padV2, mirrorPad, mirrorPadGrad];
