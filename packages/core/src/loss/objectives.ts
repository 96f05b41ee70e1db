// Equations (1) to (9) of the paper, and nothing else. (1) to (4) are stated; the formulas of (5) to (9) are lost and
// reconstructed from the sentences around them. Arguments named `...Logits` are what a critic says before the sigmoid.
import { meanAbsoluteDifference } from '@ggb/native-ops/ops';
import type * as tf from '@ggb/native-ops/tf';
import { minusLogFake, minusLogReal } from './adversarial-loss.ts';

/** (1) L_D = -E[log D(y)] - E[log(1 - D(G(x, c)))] */
export function discriminatorObjective(logits: { readonly y: tf.Tensor; readonly fake: tf.Tensor }): tf.Scalar {
  return minusLogReal(logits.y).add(minusLogFake(logits.fake));
}

/** (2) l_real = -E[log D(G(x, c))] */
export function realismLoss(fakeLogits: tf.Tensor): tf.Scalar {
  return minusLogReal(fakeLogits);
}

/** (3) l_rec^n = E[|| y^n - x̂^n ||_1], the norm as the mean over all elements. [reconstructed: sum or mean] */
export function reconstructionLoss(y: tf.Tensor4D, fake: tf.Tensor4D): tf.Scalar {
  return meanAbsoluteDifference(y, fake);
}

/** (4) L_G = lambda_real l_real + l_rec^N; `reconstructionWeight` is 1 in the paper. */
export function generatorObjective(
  losses: { readonly realism: tf.Scalar; readonly reconstruction: tf.Scalar },
  weights: { readonly adversarialWeight: number; readonly reconstructionWeight: number },
): tf.Scalar {
  return losses.realism
    .mul(weights.adversarialWeight)
    .add(losses.reconstruction.mul(weights.reconstructionWeight)) as tf.Scalar;
}

/** (5) L_R^n = -E[log D_R(e_y)] - E[log(1 - D_R(e_x̂))] [reconstructed] */
export function appearanceCriticObjective(logits: { readonly y: tf.Tensor; readonly fake: tf.Tensor }): tf.Scalar {
  return minusLogReal(logits.y).add(minusLogFake(logits.fake));
}

/** (6) L_V^n = -E[log D_V(e_y - e_x)] - E[log(1 - D_V(e_x̂ - e_x))] [reconstructed] */
export function variationCriticObjective(logits: {
  readonly yResidual: tf.Tensor;
  readonly fakeResidual: tf.Tensor;
}): tf.Scalar {
  return minusLogReal(logits.yResidual).add(minusLogFake(logits.fakeResidual));
}

/** (7) l_R^n = -E[log D_R(e_x̂)] [reconstructed] */
export function appearanceLoss(fakeLogits: tf.Tensor): tf.Scalar {
  return minusLogReal(fakeLogits);
}

/** (8) l_V^n = -E[log D_V(e_x̂ - e_x)] [reconstructed] */
export function variationLoss(fakeResidualLogits: tf.Tensor): tf.Scalar {
  return minusLogReal(fakeResidualLogits);
}

/** The losses of one guided level; a critic that an ablation leaves out has none. */
export interface LevelLosses {
  readonly appearance: tf.Scalar | undefined;
  readonly variation: tf.Scalar | undefined;
  readonly reconstruction: tf.Scalar;
  /** lambda^n in the reading that weighs levels, else 1. */
  readonly levelWeight: number;
}

/** (9) L_G^GGB = sum over n of lambda^n (lambda_R l_R^n + lambda_V l_V^n) + l_rec^n [reconstructed] */
export function guidedObjective(
  levels: readonly LevelLosses[],
  weights: {
    readonly appearanceWeight: number;
    readonly variationWeight: number;
    readonly reconstructionWeight: number;
  },
): tf.Scalar {
  const terms = levels.flatMap(({ appearance, variation, reconstruction, levelWeight }) => [
    ...(appearance === undefined ? [] : [appearance.mul(levelWeight * weights.appearanceWeight)]),
    ...(variation === undefined ? [] : [variation.mul(levelWeight * weights.variationWeight)]),
    reconstruction.mul(weights.reconstructionWeight),
  ]);
  return terms.reduce((sum, term) => sum.add(term)) as tf.Scalar;
}
