/** Anything with numbers in row-major order: typed arrays, nested arrays, TensorFlow.js tensors. */
export type NumericArray = ArrayLike<number> | NestedNumbers | TensorLike;
export type NestedNumbers = readonly (number | boolean | NestedNumbers)[];
export interface TensorLike {
    readonly shape: readonly number[];
    dataSync(): ArrayLike<number>;
}
/** An element is close when |received - expected| <= absolute + relative * |expected|. Both default to 0. */
export interface Tolerance {
    readonly absolute?: number;
    readonly relative?: number;
}
export interface ElementDifference {
    /** Position in row-major order. */
    readonly index: number;
    /** The same position by axis; absent for arrays without a shape. */
    readonly coordinates?: readonly number[];
    readonly expected: number;
    readonly received: number;
    /** Absolute difference; Infinity if only one of the two is NaN or infinite. */
    readonly error: number;
}
export interface Comparison {
    readonly elements: number;
    /** How many elements are not close. */
    readonly exceeded: number;
    /** The element that misses its limit by the largest factor; of those that do not, the one that comes nearest. */
    readonly worst?: ElementDifference;
    /** Of the two arrays as vectors; 1 for the same direction. NaN when one has no length or is not finite. */
    readonly cosine: number;
    /** Set when the arrays cannot be compared element by element. */
    readonly shapeMismatch?: {
        readonly expected: readonly number[];
        readonly received: readonly number[];
    };
}
/**
 * Compares every element. NaN equals NaN and an infinity equals itself; nothing else is close to either.
 * Shapes are compared when both sides have one (tensors, nested arrays), else only the lengths.
 */
export declare function compareArrays(received: NumericArray, expected: NumericArray, tolerance?: Tolerance): Comparison;
/** The comparison in the words of a test failure. */
export declare function describeComparison(comparison: Comparison, tolerance: Tolerance): string;
