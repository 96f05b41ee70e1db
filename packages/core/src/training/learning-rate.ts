// How far a run is, and what that makes of its learning rates.
import type { OptimisationConfig } from '../config/training-config.ts';

/**
 * The share of a run that is over, 0..1: of its steps or of its minutes, whichever is further. With `minutes` a run is not a
 * function of its seed, as its end depends on the machine.
 */
export function trainingProgress(
  { steps, minutes }: Pick<OptimisationConfig, 'steps' | 'minutes'>,
  done: { readonly steps: number; readonly seconds: number },
): number {
  const bySteps = done.steps / steps;
  const byMinutes = minutes === undefined ? 0 : done.seconds / (60 * minutes);
  return Math.min(Math.max(bySteps, byMinutes), 1);
}

/** Factor on all learning rates. `second-half`: 1 until half of the run is over, then linear to 0 at its end. Ours. */
export function learningRateFactor(decay: OptimisationConfig['decay'], progress: number): number {
  switch (decay) {
    case 'none':
      return 1;
    case 'second-half':
      return Math.min(1, 2 * (1 - progress));
    default:
      return decay satisfies never;
  }
}
