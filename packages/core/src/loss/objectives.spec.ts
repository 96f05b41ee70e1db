import * as tf from '@ggb/native-ops/tf';
import {
  appearanceCriticObjective,
  appearanceLoss,
  discriminatorObjective,
  generatorObjective,
  guidedObjective,
  realismLoss,
  reconstructionLoss,
  variationCriticObjective,
  variationLoss,
} from './objectives.ts';

const value = (scalar: tf.Tensor) => scalar.dataSync()[0] as number;
/** log(p / (1 - p)): the logit of a probability. */
const logit = (p: number) => Math.log(p / (1 - p));
// A few float32 roundings of values near 1.
const digits = 6;

describe('the equations of the paper', () => {
  // Two positions that D believes with 0.8 and 0.5, two fakes believed with 0.4 and 0.1.
  const y = tf.tensor([logit(0.8), logit(0.5)]);
  const fake = tf.tensor([logit(0.4), logit(0.1)]);
  const criticLoss = -(Math.log(0.8) + Math.log(0.5)) / 2 - (Math.log(0.6) + Math.log(0.9)) / 2;
  const foolingLoss = -(Math.log(0.4) + Math.log(0.1)) / 2;

  it('(1) punishes D for doubting what is real and for believing what is not', () => {
    expect(value(discriminatorObjective({ y, fake }))).toBeCloseTo(criticLoss, digits);
  });

  it('(2) punishes G for what D does not believe', () => {
    expect(value(realismLoss(fake))).toBeCloseTo(foolingLoss, digits);
  });

  it('(3) is the mean absolute difference', () => {
    const a = tf.tensor4d([1, -1, 0.5, 0], [1, 2, 2, 1]);
    const b = tf.tensor4d([0, -1, 1, 0], [1, 2, 2, 1]);
    expect(value(reconstructionLoss(a, b))).toBeCloseTo((1 + 0 + 0.5 + 0) / 4, digits);
    expect(value(reconstructionLoss(a, a))).toBe(0);
  });

  it('(4) weighs (2) and (3)', () => {
    const losses = { realism: tf.scalar(2), reconstruction: tf.scalar(0.3) };
    const objective = generatorObjective(losses, { adversarialWeight: 0.02, reconstructionWeight: 1 });
    expect(value(objective)).toBeCloseTo(0.34, digits);
  });

  it('(5) to (8) have the form of (1) and (2)', () => {
    expect(value(appearanceCriticObjective({ y, fake }))).toBeCloseTo(criticLoss, digits);
    expect(value(variationCriticObjective({ yResidual: y, fakeResidual: fake }))).toBeCloseTo(criticLoss, digits);
    expect(value(appearanceLoss(fake))).toBeCloseTo(foolingLoss, digits);
    expect(value(variationLoss(fake))).toBeCloseTo(foolingLoss, digits);
  });

  it('(9) sums over the levels', () => {
    const level = (appearance: number, variation: number, reconstruction: number, levelWeight: number) => ({
      appearance: tf.scalar(appearance),
      variation: tf.scalar(variation),
      reconstruction: tf.scalar(reconstruction),
      levelWeight,
    });
    const weights = { appearanceWeight: 0.1, variationWeight: 0.01, reconstructionWeight: 10 };
    const objective = guidedObjective([level(1, 2, 0.5, 1), level(3, 4, 0.25, 2)], weights);
    const expected = 0.1 * 1 + 0.01 * 2 + 10 * 0.5 + 2 * (0.1 * 3 + 0.01 * 4) + 10 * 0.25;
    expect(value(objective)).toBeCloseTo(expected, 5); // a float32 near 8 is 1e-6 wide
  });

  it('(9) leaves out the critic that an ablation leaves out', () => {
    const reconstruction = tf.scalar(0.5);
    const weights = { appearanceWeight: 1, variationWeight: 1, reconstructionWeight: 1 };
    const levels = [{ appearance: undefined, variation: tf.scalar(2), reconstruction, levelWeight: 1 }];
    expect(value(guidedObjective(levels, weights))).toBeCloseTo(2.5, digits);
  });

  it('stays finite where a sigmoid in float32 is exactly 0 or 1', () => {
    const sure = tf.tensor([200, -200]);
    expect(value(discriminatorObjective({ y: sure, fake: sure }))).toBeCloseTo(200, 3);
  });
});
