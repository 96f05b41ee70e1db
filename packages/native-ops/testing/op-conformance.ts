// One table of cases per op family, run in every mode: parity with TF.js's CPU kernels, nativeness (no silent fallback),
// gradient against finite differences, leaks, repeatability, refusals. A family's spec file is one call of
// `describeOpConformance`; instruction sets and thread counts come from the environment (GGB_ISA, GGB_THREADS), so the
// same table serves every build.
import { nativeBackend } from '../src/entry/node.ts';
import * as tf from '../src/entry/tf.ts';
import { assertGradient, type GradientCheckOptions } from './finite-differences.ts';
import { distinctValues, seededUniform } from './seeded-random.ts';
import { assertTensorsClose, type Tolerance } from './tensor-distance.ts';

/**
 * How the elements of an input are drawn:
 * 'normal' roughly standard normal; 'positive' in [0.25, 4); 'unit' in (-0.9, 0.9); 'off-zero' of size [0.25, 2), either
 * sign; 'distinct' evenly spaced in [-2, 2), shuffled; 'special' normal with NaN, infinities, both zeros, denormals and
 * halves mixed in; 'integers' in [-20, 20]; 'positions' in [0, 7]; 'bits' 0 or 1.
 */
export type ValueKind =
  | 'normal'
  | 'positive'
  | 'unit'
  | 'off-zero'
  | 'distinct'
  | 'special'
  | 'integers'
  | 'positions'
  | 'bits';

export interface InputSpec {
  readonly shape: readonly number[];
  readonly dtype?: 'float32' | 'int32' | 'bool';
  /** How values are drawn, or the values. Default: 'normal', 'integers' or 'bits' by dtype. */
  readonly values?: ValueKind | readonly number[];
}

export interface OpCase {
  readonly name: string;
  readonly inputs: readonly InputSpec[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** Kernels that this case is about: each must run natively at least once and never fall back. */
  readonly kernels: readonly string[];
  /** Against TF.js's CPU kernels. `why` names what makes the two differ at all. */
  readonly tolerance: Tolerance & { readonly why: string };
  /** Options of the gradient check, or false with a reason in `gradientWhy`. Default: false. */
  readonly gradient?: GradientCheckOptions | false;
  /** Computes the expected result instead of the CPU backend, which is slow for convolutions. */
  readonly reference?: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
}

export interface RefusalCase {
  readonly name: string;
  readonly inputs: readonly InputSpec[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** What the message must say. */
  readonly message: RegExp;
}

/** No rounding: copies, comparisons, integer arithmetic. */
export const exactly = { absolute: 0, relative: 0, why: 'the same values are only moved or compared' } as const;

/** One float32 operation, rounded once here and once from float64 in JavaScript. */
export const oneRounding = {
  absolute: 1e-38,
  relative: 2.4e-7,
  why: 'float32 here, float64 rounded to float32 in JavaScript: two units in the last place',
} as const;

/** A table of cases as Jest tests; call it inside a spec file. */
export function describeOpConformance(
  family: string,
  cases: readonly OpCase[],
  refusals: readonly RefusalCase[] = [],
): void {
  describe(family, () => {
    afterEach(() => {
      tf.setBackend('native-cpu');
    });

    describe.each(cases.map((opCase) => [opCase.name, opCase] as const))('%s', (_name, opCase) => {
      it('equals the reference, runs natively, repeats its bits and leaves nothing behind', () => {
        const expected = runCase(opCase, opCase.reference === undefined ? 'cpu' : 'native-cpu', opCase.reference);
        tf.setBackend('native-cpu');
        const backend = nativeBackend();
        const before = { tensors: tf.memory().numTensors, bytes: backend.memory().nativeBytes };
        backend.report.reset();
        const first = runCase(opCase, 'native-cpu');
        const counts = opCase.kernels.map((kernel) => backend.report.of(kernel));
        const second = runCase(opCase, 'native-cpu');
        const after = { tensors: tf.memory().numTensors, bytes: backend.memory().nativeBytes };

        expect(first.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
          expected.map(({ shape, dtype }) => ({ shape, dtype })),
        );
        first.forEach((result, i) => {
          assertTensorsClose(
            asTensorLike(result),
            asTensorLike(expected[i] as Result),
            opCase.tolerance,
            `output ${i}`,
          );
        });
        for (const count of counts) {
          expect(count).toEqual({ kernel: count.kernel, native: expect.any(Number), fallback: 0 });
          expect(count.native).toBeGreaterThan(0);
        }
        const repeats = first.map((result, i) => bitsOf(result).equals(bitsOf(second[i] as Result)));
        expect(repeats).toEqual(first.map(() => true));
        expect(after).toEqual(before);
      });

      if (opCase.gradient) {
        const options = opCase.gradient;
        it('has the gradient that finite differences predict', () => {
          tf.setBackend('native-cpu');
          const inputs = makeInputs(opCase);
          const differentiable = inputs.flatMap((input, i) => (input.dtype === 'float32' ? [i] : []));
          try {
            assertGradient((...x: tf.Tensor[]) => opCase.run(...x) as tf.Tensor, inputs, {
              inputs: differentiable,
              what: opCase.name,
              ...options,
            });
          } finally {
            tf.dispose(inputs);
          }
        });
      }
    });

    // Jest refuses an empty table.
    if (refusals.length === 0) return;
    it.each(refusals.map((refusal) => [refusal.name, refusal] as const))('refuses %s', (_name, refusal) => {
      tf.setBackend('native-cpu');
      const before = tf.memory().numTensors;
      const inputs = makeInputs(refusal);
      expect(() =>
        tf.tidy(() => {
          const results = [refusal.run(...inputs)].flat();
          for (const result of results) result.dataSync();
        }),
      ).toThrow(refusal.message);
      tf.dispose(inputs);
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}

interface Result {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: Float32Array | Int32Array | Uint8Array;
}

function runCase(opCase: OpCase, backend: string, run = opCase.run): Result[] {
  tf.setBackend(backend);
  let results: Result[] = [];
  // Not returned from tidy, which would search every value for tensors.
  tf.tidy(() => {
    const inputs = makeInputs(opCase);
    results = [run(...inputs)].flat().map((tensor) => ({
      shape: tensor.shape,
      dtype: tensor.dtype,
      values: tensor.dataSync().slice() as Float32Array,
    }));
  });
  return results;
}

function makeInputs(opCase: { readonly name: string; readonly inputs: readonly InputSpec[] }): tf.Tensor[] {
  const seed = [...opCase.name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);
  return opCase.inputs.map(({ shape, dtype = 'float32', values }, i) => {
    const size = tf.util.sizeFromShape(shape as number[]);
    const kind = values ?? ({ float32: 'normal', int32: 'integers', bool: 'bits' } as const)[dtype];
    const drawn = typeof kind === 'string' ? drawValues(kind, seed + i, size) : kind;
    return tf.tensor(typed(drawn, dtype), shape as number[], dtype);
  });
}

function typed(values: ArrayLike<number>, dtype: 'float32' | 'int32' | 'bool'): Float32Array | Int32Array | Uint8Array {
  if (dtype === 'float32') return Float32Array.from(values);
  return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}

const specials = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 0.5, -0.5, 1.5, 2.5, -2.5, 88.8, -104, 3e38];

function drawValues(kind: ValueKind, seed: number, size: number): Float32Array {
  if (kind === 'distinct') return distinctValues(seed, size, -2, 2);
  const uniform = seededUniform(seed);
  const normal = () => uniform() + uniform() + uniform() + uniform() + uniform() + uniform() - 3;
  const draw: Record<Exclude<ValueKind, 'distinct'>, () => number> = {
    normal,
    positive: () => 0.25 + 3.75 * uniform(),
    unit: () => 1.8 * uniform() - 0.9,
    'off-zero': () => (uniform() < 0.5 ? -1 : 1) * (0.25 + 1.75 * uniform()),
    special: () => (uniform() < 0.3 ? (specials[Math.floor(uniform() * specials.length)] as number) : normal()),
    integers: () => Math.floor(41 * uniform()) - 20,
    positions: () => Math.floor(8 * uniform()),
    bits: () => (uniform() < 0.5 ? 0 : 1),
  };
  return Float32Array.from({ length: size }, draw[kind]);
}

function asTensorLike({ shape, values }: Result) {
  return { shape, dataSync: () => values };
}

function bitsOf({ values }: Result): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
