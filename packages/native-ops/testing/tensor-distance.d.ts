import { type ElementDifference, type TensorLike } from '../../../tools/testing/all-close.ts';
export type { ElementDifference, TensorLike };
/** An element is close when |received - expected| <= absolute + relative * |expected|. */
export interface Tolerance {
    readonly absolute: number;
    readonly relative: number;
}
export interface TensorDistance {
    /** Same shape, NaN and infinities in the same places, every element within the tolerance. */
    readonly withinTolerance: boolean;
    /** The element that misses its limit by the largest factor, or comes nearest to it; none for empty or differently shaped tensors. */
    readonly worst: ElementDifference | undefined;
    /** Number of elements outside the tolerance, misplaced NaN and infinities included; all of them when the shapes differ. */
    readonly exceeding: number;
    /** Number of elements where exactly one side is NaN or infinite, or both are but differ. */
    readonly misplacedNonFinite: number;
    /** ||received - expected|| / ||expected|| over the elements finite on both sides; 0 when they are equal. */
    readonly relativeL2: number;
    /** Largest |received - expected| over the elements finite on both sides. */
    readonly largestError: number;
    readonly size: number;
    /** A few lines for people. */
    readonly summary: string;
}
/** Thrown by {@link assertTensorsClose}. */
export declare class TensorMismatchError extends Error {
    readonly name = "TensorMismatchError";
    readonly what: string;
    readonly distance: TensorDistance;
    constructor(what: string, distance: TensorDistance);
}
/**
 * Compares two tensors, or objects like tensors, element by element. NaN equals NaN, an infinity equals itself, -0 equals 0.
 * Neither is kept or disposed.
 */
export declare function compareTensors(actual: TensorLike, expected: TensorLike, tolerance: Tolerance): TensorDistance;
/** @throws TensorMismatchError  whose message names the worst element, when the tensors differ by more than the tolerance. */
export declare function assertTensorsClose(actual: TensorLike, expected: TensorLike, tolerance: Tolerance, what?: string): TensorDistance;
