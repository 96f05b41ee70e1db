import * as tf from '../src/entry/tf.ts';
import { type GradientCheckOptions } from './finite-differences.ts';
import { type Tolerance } from './tensor-distance.ts';
/**
 * How the elements of an input are drawn:
 * 'normal' roughly standard normal; 'positive' in [0.25, 4); 'unit' in (-0.9, 0.9); 'off-zero' of size [0.25, 2), either
 * sign; 'distinct' evenly spaced in [-2, 2), shuffled; 'special' normal with NaN, infinities, both zeros, denormals and
 * halves mixed in; 'integers' in [-20, 20]; 'positions' in [0, 7]; 'bits' 0 or 1.
 */
export type ValueKind = 'normal' | 'positive' | 'unit' | 'off-zero' | 'distinct' | 'special' | 'integers' | 'positions' | 'bits';
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
    readonly tolerance: Tolerance & {
        readonly why: string;
    };
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
export declare const exactly: {
    readonly absolute: 0;
    readonly relative: 0;
    readonly why: 'the same values are only moved or compared';
};
/** One float32 operation, rounded once here and once from float64 in JavaScript. */
export declare const oneRounding: {
    readonly absolute: 1e-38;
    readonly relative: 2.4e-7;
    readonly why: 'float32 here, float64 rounded to float32 in JavaScript: two units in the last place';
};
/** A table of cases as Jest tests; call it inside a spec file. */
export declare function describeOpConformance(family: string, cases: readonly OpCase[], refusals?: readonly RefusalCase[]): void;
