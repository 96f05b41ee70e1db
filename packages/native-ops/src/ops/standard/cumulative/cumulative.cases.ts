// Cases of cumulative functions: every axis, both directions, with and without the own element.
import { exactly, type OpCase } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';

const layouts: readonly (readonly [shape: readonly number[], axis: number])[] = [
  [[7], 0],
  [[3, 5], 1],
  [[3, 5], 0],
  [[2, 3, 4], 1],
  [[1, 1], 0],
  [[0, 3], 0],
  [[3, 0], 1],
  [[400, 90], 1],
  [[90, 1100], 0],
  [[3, 40, 300], 1],
]; // biome-ignore format: a table

const functions = [
  ['Cumsum', tf.cumsum],
  ['Cumprod', tf.cumprod],
] as const;

export const cumulativeCases: readonly OpCase[] = functions
  .flatMap(([kernel, run]) =>
    layouts.flatMap(([shape, axis]) =>
      [false, true].flatMap((exclusive) =>
        [false, true].flatMap((reverse) =>
          (['float32', 'int32'] as const).map(
            (dtype): OpCase => ({
              name: `${kernel} of ${dtype} [${shape}] along ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reverse' : ''}`,
              inputs: [{ shape, dtype, ...(dtype === 'float32' ? { values: 'special' as const } : {}) }],
              run: (x) => run(x as tf.Tensor, axis, exclusive, reverse),
              kernels: [kernel],
              // The same operations in the same order, each rounded to float32.
              tolerance: exactly,
            }),
          ),
        ),
      ),
    ),
  )
  .concat(
    [0, 1, 2].map((axis) => ({
      name: `Cumsum along ${axis}, differentiable inputs`,
      inputs: [{ shape: [2, 3, 4] }],
      run: (x) => tf.cumsum(x as tf.Tensor, axis, axis === 1, axis === 2),
      kernels: ['Cumsum'],
      tolerance: exactly,
      gradient: {},
    })),
  );
