// Gradients checked against what the function itself does when its inputs move a little.
//
// The scalar that is differentiated is L = sum(w * f(x)) with random weights w, so that every output element matters and
// none cancels another. It is summed in float64; f itself runs in float32 on whatever backend is active. Differences are
// central and of fourth order, (8 (L(h) - L(-h)) - (L(2h) - L(-2h))) / 12h, so that h can be large enough for float32:
// the rounding error of f, about 6e-8 |f|, is divided by h; the truncation error is of the order h^4.
import * as tf from '../src/tfjs/registered-core.js';
import { seededUniform, seededValues } from './seeded-random.js';
/** Thrown by {@link assertGradient}. */
export class GradientMismatchError extends Error {
    name = 'GradientMismatchError';
    what;
    report;
    constructor(what, report) {
        super(`${what}: the gradient is not what finite differences predict.\n${report.summary}`);
        this.what = what;
        this.report = report;
    }
}
/**
 * Compares the gradient of `f` that TF.js computes with finite differences of `f`.
 *
 * `inputs` are float32 tensors of any shape, not disposed; keep them further than 2 epsilon from kinks of `f`.
 * What `f` throws, also while its gradient is computed, is thrown. Leaves no tensors behind.
 */
export function checkGradient(f, inputs, options = {}) {
    const { epsilon = 2 ** -6, tolerance = 1e-3, seed = 1, elements = 64, directions = 4 } = options;
    const wanted = options.inputs ?? inputs.map((_, i) => i);
    const values = inputs.map((input) => Float32Array.from(input.dataSync()));
    const outputShape = tf.tidy(() => f(...inputs).shape);
    const outputSize = outputShape.reduce((product, size) => product * size, 1);
    const weights = seededValues(seed, outputSize);
    const gradients = [];
    tf.tidy(() => {
        const differentiated = wanted.map((i) => inputs[i]);
        const asFunctionOfWanted = (...moving) => {
            const all = [...inputs];
            wanted.forEach((i, position) => {
                all[i] = moving[position];
            });
            return f(...all);
        };
        const dy = tf.tensor(weights, outputShape, 'float32');
        tf.grads(asFunctionOfWanted)(differentiated, dy).forEach((gradient, position) => {
            const input = differentiated[position];
            if (!tf.util.arraysEqual(gradient.shape, input.shape)) {
                throw new Error(`gradient has shape [${gradient.shape}], its input [${input.shape}]`);
            }
            gradients.push(Float64Array.from(gradient.dataSync()));
        });
    });
    /** L with input number `input` moved by `step` along `direction` (an element, or a vector of +-1). */
    const lossAt = (input, step, direction) => tf.tidy(() => {
        const moved = Float32Array.from(values[input]);
        if (typeof direction === 'number')
            moved[direction] = moved[direction] + step;
        else
            for (let i = 0; i < moved.length; i++)
                moved[i] = moved[i] + step * direction[i];
        const all = [...inputs];
        all[input] = tf.tensor(moved, inputs[input].shape, 'float32');
        const output = f(...all).dataSync();
        let loss = 0;
        for (let i = 0; i < outputSize; i++)
            loss += weights[i] * output[i];
        return loss;
    });
    const quotient = (input, direction) => {
        const near = lossAt(input, epsilon, direction) - lossAt(input, -epsilon, direction);
        const far = lossAt(input, 2 * epsilon, direction) - lossAt(input, -2 * epsilon, direction);
        return (8 * near - far) / (12 * epsilon);
    };
    const reports = wanted.map((input, position) => {
        const gradient = gradients[position];
        const { shape } = inputs[input];
        const tried = elementsToTry(gradient.length, elements, seed + input);
        const expected = tried.map((element) => quotient(input, element));
        const received = tried.map((element) => gradient[element]);
        const scale = Math.max(1, ...expected.map(Math.abs));
        const at = indexOfWorst(expected, received);
        const worst = {
            index: indexAt(tried[at] ?? 0, shape),
            expected: expected[at] ?? 0,
            received: received[at] ?? 0,
            error: errorOf(expected[at] ?? 0, received[at] ?? 0),
        };
        let relativeError = worst.error / scale;
        let worstDirection;
        if (tried.length < gradient.length) {
            for (let d = 0; d < directions; d++) {
                const direction = randomSigns(gradient.length, seed + 1000 * (d + 1) + input);
                const along = gradient.reduce((sum, g, i) => sum + g * direction[i], 0);
                const predicted = quotient(input, direction);
                const error = errorOf(predicted, along);
                if (!worstDirection || error > worstDirection.error) {
                    worstDirection = { index: [d], expected: predicted, received: along, error };
                }
                // A derivative along n signs is a sum of n terms of random sign: about sqrt(n) times one of them.
                relativeError = Math.max(relativeError, error / (scale * Math.sqrt(gradient.length)));
            }
        }
        return { input, worst, worstDirection, cosine: cosine(expected, received), tried: tried.length, relativeError };
    });
    const relativeError = Math.max(0, ...reports.map((report) => report.relativeError));
    return {
        withinTolerance: relativeError <= tolerance,
        inputs: reports,
        relativeError,
        summary: reports.map((report) => describe(report, tolerance)).join('\n'),
    };
}
/** @throws GradientMismatchError  whose message names the worst element of every input, unless {@link checkGradient} is content. */
export function assertGradient(f, inputs, options = {}) {
    const report = checkGradient(f, inputs, options);
    if (!report.withinTolerance)
        throw new GradientMismatchError(options.what ?? 'gradient', report);
    return report;
}
function elementsToTry(size, most, seed) {
    if (size <= most)
        return Array.from({ length: size }, (_, i) => i);
    const uniform = seededUniform(seed);
    const chosen = new Set([0, size - 1]);
    while (chosen.size < most)
        chosen.add(Math.floor(uniform() * size));
    return [...chosen].sort((a, b) => a - b);
}
function randomSigns(size, seed) {
    const uniform = seededUniform(seed);
    return Float32Array.from({ length: size }, () => (uniform() < 0.5 ? -1 : 1));
}
function errorOf(expected, received) {
    const error = Math.abs(received - expected);
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}
function indexOfWorst(expected, received) {
    let worst = 0;
    expected.forEach((value, i) => {
        if (errorOf(value, received[i]) > errorOf(expected[worst], received[worst]))
            worst = i;
    });
    return worst;
}
function describe(report, tolerance) {
    const { worst, worstDirection } = report;
    const direction = worstDirection
        ? `; along a random direction: expected ${worstDirection.expected.toPrecision(6)}, received ${worstDirection.received.toPrecision(6)}`
        : '';
    return (`  input ${report.input}, ${report.tried} elements tried: relative error ${report.relativeError.toExponential(2)} ` +
        `(tolerance ${tolerance}), cosine ${report.cosine.toFixed(6)}\n` +
        `    worst element [${worst.index}]: expected ${worst.expected.toPrecision(6)}, received ${worst.received.toPrecision(6)}${direction}`);
}
/** Cosine of the angle between two equally long vectors; 1 when both are zero. */
function cosine(a, b) {
    const product = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
    const squares = product(a, a) * product(b, b);
    if (squares === 0)
        return product(a, a) === product(b, b) ? 1 : 0;
    return product(a, b) / Math.sqrt(squares);
}
/** Position of a flat index in a row-major tensor. */
function indexAt(flat, shape) {
    const index = [];
    let rest = flat;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
        const size = shape[axis];
        index.unshift(rest % size);
        rest = Math.floor(rest / size);
    }
    return index;
}
//# sourceMappingURL=finite-differences.js.map