import * as tf from '../src/tfjs/registered-core.ts';
export type DifferentiableFunction = (...inputs: tf.Tensor[]) => tf.Tensor;
export interface GradientCheckOptions {
    /** Step h. A power of two, so that moving an input adds no rounding of its own. Default 2^-6. */
    readonly epsilon?: number;
    /** Largest error allowed, as a part of the input's largest difference quotient (or of 1, if that is smaller). Default 1e-3. */
    readonly tolerance?: number;
    /** Seed of the weights w, of the directions and of the elements that are tried. Default 1. */
    readonly seed?: number;
    /** Which inputs to differentiate by; the others are held constant. Default: all. */
    readonly inputs?: readonly number[];
    /** Inputs larger than this are tried at this many random elements, and along `directions` random directions. Default 64. */
    readonly elements?: number;
    /** Default 4. */
    readonly directions?: number;
}
/** Where a gradient and the difference quotient were compared, and how they compare. */
export interface GradientDifference {
    /** Position in the input; for a directional derivative the number of the direction. */
    readonly index: readonly number[];
    /** The difference quotient. */
    readonly expected: number;
    /** What TF.js computed as gradient. */
    readonly received: number;
    readonly error: number;
}
export interface InputGradientReport {
    readonly input: number;
    /** Element with the largest error. */
    readonly worst: GradientDifference;
    /** Direction with the largest error; undefined when every element was tried. */
    readonly worstDirection: GradientDifference | undefined;
    /** Cosine between gradient and difference quotients over the elements tried. */
    readonly cosine: number;
    /** Number of elements tried. */
    readonly tried: number;
    /** Largest error as a part of the scale the tolerance refers to. */
    readonly relativeError: number;
}
export interface GradientReport {
    readonly withinTolerance: boolean;
    readonly inputs: readonly InputGradientReport[];
    /** Largest relative error over all inputs: what the tolerance is compared with. */
    readonly relativeError: number;
    /** A line per input for people. */
    readonly summary: string;
}
/** Thrown by {@link assertGradient}. */
export declare class GradientMismatchError extends Error {
    readonly name = "GradientMismatchError";
    readonly what: string;
    readonly report: GradientReport;
    constructor(what: string, report: GradientReport);
}
/**
 * Compares the gradient of `f` that TF.js computes with finite differences of `f`.
 *
 * `inputs` are float32 tensors of any shape, not disposed; keep them further than 2 epsilon from kinks of `f`.
 * What `f` throws, also while its gradient is computed, is thrown. Leaves no tensors behind.
 */
export declare function checkGradient(f: DifferentiableFunction, inputs: readonly tf.Tensor[], options?: GradientCheckOptions): GradientReport;
/** @throws GradientMismatchError  whose message names the worst element of every input, unless {@link checkGradient} is content. */
export declare function assertGradient(f: DifferentiableFunction, inputs: readonly tf.Tensor[], options?: GradientCheckOptions & {
    readonly what?: string;
}): GradientReport;
