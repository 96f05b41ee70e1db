// Element-wise comparison for tests. Its product is a report that says where two arrays differ most, not just that they do.
/**
 * Compares every element. NaN equals NaN and an infinity equals itself; nothing else is close to either.
 * Shapes are compared when both sides have one (tensors, nested arrays), else only the lengths.
 */
export function compareArrays(received, expected, tolerance = {}) {
    const a = flatten(received);
    const b = flatten(expected);
    const shapesDiffer = a.shape !== undefined && b.shape !== undefined && a.shape.join() !== b.shape.join();
    if (shapesDiffer || a.values.length !== b.values.length) {
        return {
            elements: a.values.length,
            exceeded: 0,
            cosine: Number.NaN,
            shapeMismatch: { expected: b.shape ?? [b.values.length], received: a.shape ?? [a.values.length] },
        };
    }
    const { absolute = 0, relative = 0 } = tolerance;
    let exceeded = 0;
    let worstIndex = -1;
    let worstRatio = -1;
    let worstError = 0;
    let dot = 0;
    let squaresA = 0;
    let squaresB = 0;
    for (let i = 0; i < a.values.length; i++) {
        const r = a.values[i];
        const e = b.values[i];
        dot += r * e;
        squaresA += r * r;
        squaresB += e * e;
        const error = elementError(r, e);
        // An infinite expected value would make the relative limit infinite and everything close.
        const limit = Number.isFinite(e) ? absolute + relative * Math.abs(e) : 0;
        if (error > limit)
            exceeded++;
        const ratio = error === 0 ? 0 : error / limit;
        if (ratio > worstRatio || (ratio === worstRatio && error > worstError)) {
            worstRatio = ratio;
            worstError = error;
            worstIndex = i;
        }
    }
    const cosine = dot / Math.sqrt(squaresA * squaresB);
    if (worstIndex < 0)
        return { elements: 0, exceeded, cosine };
    const shape = b.shape ?? a.shape;
    return {
        elements: a.values.length,
        exceeded,
        cosine,
        worst: {
            index: worstIndex,
            ...(shape && shape.length > 1 ? { coordinates: coordinatesOf(worstIndex, shape) } : {}),
            expected: b.values[worstIndex],
            received: a.values[worstIndex],
            error: worstError,
        },
    };
}
/** The comparison in the words of a test failure. */
export function describeComparison(comparison, tolerance) {
    if (comparison.shapeMismatch) {
        const { expected, received } = comparison.shapeMismatch;
        return `shapes differ: expected [${expected.join(', ')}], received [${received.join(', ')}]`;
    }
    if (!comparison.worst)
        return 'both arrays are empty';
    const { index, coordinates, expected, received, error } = comparison.worst;
    const where = coordinates ? `[${coordinates.join(', ')}] (element ${index})` : `[${index}]`;
    return [
        `${comparison.exceeded} of ${comparison.elements} elements exceed ${describeTolerance(tolerance)}`,
        `worst at ${where}:`,
        `  expected ${expected}`,
        `  received ${received}`,
        `  error    ${error}${expected !== 0 && Number.isFinite(error) ? ` (relative ${(error / Math.abs(expected)).toExponential(2)})` : ''}`,
        `cosine ${comparison.cosine}`,
    ].join('\n');
}
function describeTolerance({ absolute = 0, relative = 0 }) {
    if (absolute === 0 && relative === 0)
        return 'exact equality';
    return `absolute ${absolute} + relative ${relative}`;
}
function elementError(received, expected) {
    if (received === expected)
        return 0;
    if (Number.isNaN(received) && Number.isNaN(expected))
        return 0;
    const error = Math.abs(received - expected);
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
}
function flatten(array) {
    if (isTensor(array))
        return { values: array.dataSync(), shape: array.shape };
    if (!Array.isArray(array))
        return { values: array };
    const shape = [];
    for (let level = array; Array.isArray(level); level = level[0])
        shape.push(level.length);
    const values = [];
    collect(array, shape, 0, values);
    return { values, shape };
}
function collect(level, shape, depth, values) {
    if (level.length !== shape[depth]) {
        throw new RangeError(`compareArrays: nested array is ragged: axis ${depth} has length ${level.length}, expected ${shape[depth]}.`);
    }
    for (const item of level) {
        if (Array.isArray(item))
            collect(item, shape, depth + 1, values);
        else if (depth + 1 !== shape.length)
            throw new RangeError(`compareArrays: nested array is ragged at axis ${depth}.`);
        else
            values.push(Number(item));
    }
}
function isTensor(array) {
    return typeof array.dataSync === 'function';
}
function coordinatesOf(index, shape) {
    const coordinates = [];
    let rest = index;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
        const size = shape[axis];
        coordinates.unshift(rest % size);
        rest = Math.floor(rest / size);
    }
    return coordinates;
}
//# sourceMappingURL=all-close.js.map