// How far apart two tensors are, said so that a failure can be understood without running it again: the element-wise
// comparison of tools/testing, with the figures that matter for kernels.
import { compareArrays, describeComparison, } from '../../../tools/testing/all-close.js';
/** Thrown by {@link assertTensorsClose}. */
export class TensorMismatchError extends Error {
    name = 'TensorMismatchError';
    what;
    distance;
    constructor(what, distance) {
        super(`${what}: ${distance.summary}`);
        this.what = what;
        this.distance = distance;
    }
}
/**
 * Compares two tensors, or objects like tensors, element by element. NaN equals NaN, an infinity equals itself, -0 equals 0.
 * Neither is kept or disposed.
 */
export function compareTensors(actual, expected, tolerance) {
    // Downloaded once: compareArrays and the sums below both read them.
    const received = { shape: actual.shape, values: actual.dataSync(), dataSync: () => received.values };
    const wanted = { shape: expected.shape, values: expected.dataSync(), dataSync: () => wanted.values };
    const comparison = compareArrays(received, wanted, tolerance);
    if (comparison.shapeMismatch) {
        return {
            withinTolerance: false,
            worst: undefined,
            exceeding: wanted.values.length,
            misplacedNonFinite: 0,
            relativeL2: Number.POSITIVE_INFINITY,
            largestError: Number.POSITIVE_INFINITY,
            size: wanted.values.length,
            summary: describeComparison(comparison, tolerance),
        };
    }
    let misplacedNonFinite = 0;
    let squaredError = 0;
    let squaredNorm = 0;
    let largestError = 0;
    for (let i = 0; i < wanted.values.length; i++) {
        const want = wanted.values[i];
        const got = received.values[i];
        if (Number.isFinite(want) && Number.isFinite(got)) {
            const error = Math.abs(got - want);
            squaredError += error * error;
            squaredNorm += want * want;
            largestError = Math.max(largestError, error);
        }
        else if (!Object.is(got, want))
            misplacedNonFinite++;
    }
    const relativeL2 = squaredError === 0 ? 0 : Math.sqrt(squaredError / squaredNorm);
    return {
        withinTolerance: comparison.exceeded === 0,
        worst: comparison.worst,
        exceeding: comparison.exceeded,
        misplacedNonFinite,
        relativeL2,
        largestError,
        size: comparison.elements,
        summary: `${describeComparison(comparison, tolerance)}\nrelative L2 error ${relativeL2.toExponential(2)}, ${misplacedNonFinite} misplaced NaN or infinity`,
    };
}
/** @throws TensorMismatchError  whose message names the worst element, when the tensors differ by more than the tolerance. */
export function assertTensorsClose(actual, expected, tolerance, what = 'tensors differ') {
    const distance = compareTensors(actual, expected, tolerance);
    if (!distance.withinTolerance)
        throw new TensorMismatchError(what, distance);
    return distance;
}
//# sourceMappingURL=tensor-distance.js.map