// One table of cases per op family, run in every mode: parity with TF.js's CPU kernels, nativeness (no silent fallback),
// gradient against finite differences, leaks, repeatability, refusals. A family's spec file is one call of
// `describeOpConformance`; instruction sets and thread counts come from the environment (GGB_ISA, GGB_THREADS), so the
// same table serves every build.
import { nativeBackend } from '../src/entry/node.js';
import * as tf from '../src/entry/tf.js';
import { assertGradient } from './finite-differences.js';
import { distinctValues, seededUniform } from './seeded-random.js';
import { assertTensorsClose } from './tensor-distance.js';
/** No rounding: copies, comparisons, integer arithmetic. */
export const exactly = { absolute: 0, relative: 0, why: 'the same values are only moved or compared' };
/** One float32 operation, rounded once here and once from float64 in JavaScript. */
export const oneRounding = {
    absolute: 1e-38,
    relative: 2.4e-7,
    why: 'float32 here, float64 rounded to float32 in JavaScript: two units in the last place',
};
/** A table of cases as Jest tests; call it inside a spec file. */
export function describeOpConformance(family, cases, refusals = []) {
    describe(family, () => {
        afterEach(() => {
            tf.setBackend('native-cpu');
        });
        describe.each(cases.map((opCase) => [opCase.name, opCase]))('%s', (_name, opCase) => {
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
                expect(first.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(expected.map(({ shape, dtype }) => ({ shape, dtype })));
                first.forEach((result, i) => {
                    assertTensorsClose(asTensorLike(result), asTensorLike(expected[i]), opCase.tolerance, `output ${i}`);
                });
                for (const count of counts) {
                    expect(count).toEqual({ kernel: count.kernel, native: expect.any(Number), fallback: 0 });
                    expect(count.native).toBeGreaterThan(0);
                }
                const repeats = first.map((result, i) => bitsOf(result).equals(bitsOf(second[i])));
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
                        assertGradient((...x) => opCase.run(...x), inputs, {
                            inputs: differentiable,
                            what: opCase.name,
                            ...options,
                        });
                    }
                    finally {
                        tf.dispose(inputs);
                    }
                });
            }
        });
        it.each(refusals.map((refusal) => [refusal.name, refusal]))('refuses %s', (_name, refusal) => {
            tf.setBackend('native-cpu');
            const before = tf.memory().numTensors;
            const inputs = makeInputs(refusal);
            expect(() => tf.tidy(() => {
                const results = [refusal.run(...inputs)].flat();
                for (const result of results)
                    result.dataSync();
            })).toThrow(refusal.message);
            tf.dispose(inputs);
            expect(tf.memory().numTensors).toBe(before);
        });
    });
}
function runCase(opCase, backend, run = opCase.run) {
    tf.setBackend(backend);
    return tf.tidy(() => {
        const inputs = makeInputs(opCase);
        return [run(...inputs)].flat().map((tensor) => ({
            shape: tensor.shape,
            dtype: tensor.dtype,
            values: tensor.dataSync().slice(),
        }));
    });
}
function makeInputs(opCase) {
    const seed = [...opCase.name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);
    return opCase.inputs.map(({ shape, dtype = 'float32', values }, i) => {
        const size = tf.util.sizeFromShape(shape);
        const kind = values ?? { float32: 'normal', int32: 'integers', bool: 'bits' }[dtype];
        const drawn = typeof kind === 'string' ? drawValues(kind, seed + i, size) : kind;
        return tf.tensor(typed(drawn, dtype), shape, dtype);
    });
}
function typed(values, dtype) {
    if (dtype === 'float32')
        return Float32Array.from(values);
    return dtype === 'int32' ? Int32Array.from(values) : Uint8Array.from(values);
}
const specials = [Number.NaN, Infinity, -Infinity, 0, -0, 1e-40, -1e-40, 0.5, -0.5, 1.5, 2.5, -2.5, 88.8, -104, 3e38];
function drawValues(kind, seed, size) {
    if (kind === 'distinct')
        return distinctValues(seed, size, -2, 2);
    const uniform = seededUniform(seed);
    const normal = () => uniform() + uniform() + uniform() + uniform() + uniform() + uniform() - 3;
    const draw = {
        normal,
        positive: () => 0.25 + 3.75 * uniform(),
        unit: () => 1.8 * uniform() - 0.9,
        'off-zero': () => (uniform() < 0.5 ? -1 : 1) * (0.25 + 1.75 * uniform()),
        special: () => (uniform() < 0.3 ? specials[Math.floor(uniform() * specials.length)] : normal()),
        integers: () => Math.floor(41 * uniform()) - 20,
        positions: () => Math.floor(8 * uniform()),
        bits: () => (uniform() < 0.5 ? 0 : 1),
    };
    return Float32Array.from({ length: size }, draw[kind]);
}
function asTensorLike({ shape, values }) {
    return { shape, dataSync: () => values };
}
function bitsOf({ values }) {
    return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}
//# sourceMappingURL=op-conformance.js.map