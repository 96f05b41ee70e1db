// Shapes and strides as commands describe them. Strides count elements.

/** Most axes a command can describe (kMaxRank in runtime/command-reader.h). */
export const maxRank = 8;

/** Distance between neighbours along each axis of a dense row-major tensor. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis] as number;
  }
  return strides;
}

export interface StridedLoop {
  readonly sizes: number[];
  /** One list of strides per operand. */
  readonly strides: number[][];
}

/**
 * The same loop with as few axes as possible: axes of size 1 vanish, and neighbours that every operand crosses in one
 * stride become one axis. At least one axis remains, so kernels always have an inner loop.
 */
export function collapse(sizes: readonly number[], strides: readonly (readonly number[])[]): StridedLoop {
  const result: StridedLoop = { sizes: [], strides: strides.map(() => []) };
  for (let axis = 0; axis < sizes.length; axis++) {
    const size = sizes[axis] as number;
    if (size === 1) continue;
    const last = result.sizes.length - 1;
    const merges =
      last >= 0 &&
      strides.every((operand, i) => (result.strides[i] as number[])[last] === (operand[axis] as number) * size);
    if (merges) {
      result.sizes[last] = (result.sizes[last] as number) * size;
      for (let i = 0; i < strides.length; i++) (result.strides[i] as number[])[last] = strides[i]?.[axis] as number;
    } else {
      result.sizes.push(size);
      for (let i = 0; i < strides.length; i++) result.strides[i]?.push(strides[i]?.[axis] as number);
    }
  }
  if (result.sizes.length === 0) {
    result.sizes.push(1);
    for (const operand of result.strides) operand.push(1);
  }
  return result;
}

/** Strides of `shape` inside a broadcast to `outShape`: 0 along repeated axes. */
export function broadcastStrides(shape: readonly number[], outShape: readonly number[]): number[] {
  const own = rowMajorStrides(shape);
  const missing = outShape.length - shape.length;
  return outShape.map((_, axis) =>
    axis < missing || shape[axis - missing] === 1 ? 0 : (own[axis - missing] as number),
  );
}
