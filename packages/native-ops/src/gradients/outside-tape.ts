// Training steps of adversarial networks update one network in the middle of another's forward pass. TF.js records on one
// tape, so what happens inside would be recorded for the outer gradient too, with every intermediate kept until its end.
import * as tf from '../tfjs/registered-core.ts';

/**
 * Runs `f` as if no gradient were being taken: outer gradients do not see its ops, and gradients inside of it have a tape
 * of their own, which is freed when they are done. To the outer gradient the results of `f` are constants.
 */
export function outsideTape<Result>(f: () => Result): Result {
  const state = tapeState();
  const { gradientDepth, activeTape } = state;
  state.gradientDepth = 0;
  state.activeTape = undefined;
  try {
    return f();
  } finally {
    state.gradientDepth = gradientDepth;
    state.activeTape = activeTape;
  }
}

/**
 * Whether ops are being recorded for a gradient. Asked while a gradient is computed: whether that is to be differentiated
 * again, so that it must be made of differentiable ops.
 */
export function isTapeOpen(): boolean {
  return tapeState().gradientDepth > 0;
}

/** TF.js 4.22.0 has no API for this; `state` is the public field its own gradient functions keep the tape in. */
function tapeState(): { gradientDepth: number; activeTape: unknown } {
  return (tf.engine() as unknown as { state: { gradientDepth: number; activeTape: unknown } }).state;
}
