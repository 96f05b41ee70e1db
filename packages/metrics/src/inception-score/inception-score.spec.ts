import { checkPrecisionPage, MeasuredErrors } from '../../../../tools/testing/precision-page.ts';
import { drawnLogits } from '../../testing/drawn-numbers.ts';
import golden from '../../testing/golden/frechet.golden.json' with { type: 'json' };
import { InceptionScore } from './inception-score.ts';

function scoreOf(logits: Float32Array | Float64Array, classes: number, splits: number, batch = logits.length) {
  const score = new InceptionScore(logits.length / classes, classes, splits);
  for (let at = 0; at < logits.length; at += batch * classes) score.add(logits.subarray(at, at + batch * classes));
  return score.result();
}

describe('InceptionScore', () => {
  const errors = new MeasuredErrors();

  it('is 1 for images that all look alike', () => {
    const { mean, standardDeviation } = scoreOf(
      Float32Array.from({ length: 40 }, (_, i) => i % 4),
      4,
      2,
    );
    expect(mean).toBeCloseTo(1, 14);
    expect(standardDeviation).toBeCloseTo(0, 14);
  });

  it('is the number of classes for certain images of every class alike', () => {
    const certain = Float32Array.from({ length: 8 * 4 }, (_, i) => (i % 4 === Math.floor(i / 4) % 4 ? 1000 : 0));
    expect(scoreOf(certain, 4, 2).mean).toBeCloseTo(4, 13);
  });

  it('takes contiguous splits, the first of which may be the smaller', () => {
    // Five images, two splits: two of class 0, then one of class 0 and two of class 1.
    const certain = Float32Array.from([0, 0, 0, 1, 1].flatMap((label) => (label === 0 ? [1000, 0] : [0, 1000])));
    const entropy = -(Math.log(1 / 3) / 3 + (2 / 3) * Math.log(2 / 3));
    const { mean, standardDeviation, splits } = scoreOf(certain, 2, 2);
    expect(splits[0]).toBeCloseTo(1, 13);
    expect(splits[1]).toBeCloseTo(Math.exp(entropy), 13);
    expect(mean).toBeCloseTo((1 + Math.exp(entropy)) / 2, 13);
    // Divided by the number of splits, as numpy.std.
    expect(standardDeviation).toBeCloseTo((Math.exp(entropy) - 1) / 2, 13);
  });

  it.each(golden.scores)('agrees with torch-fidelity for $rows images, $classes classes, $splits splits', (example) => {
    const { rows, classes, seed, splits } = example;
    const { mean, standardDeviation } = scoreOf(drawnLogits(rows, classes, seed), classes, splits);
    // Both compute in float64 from the same float32; the bound asked for is 1e-4.
    const tolerance = 1e-9;
    const versions = golden.origin.replace(/, through .*/, '');
    for (const [name, ours, theirs] of [
      ['mean', mean, example.mean],
      ['standard deviation', standardDeviation, example.standardDeviation],
    ] as const) {
      const metric = `inception score, ${name} over splits`;
      errors.record({ metric, reference: 'torch-fidelity', versions, tolerance, error: Math.abs(ours - theirs) });
      expect([ours]).toBeAllClose([theirs], { absolute: tolerance });
    }
  });

  it('docs/precision.md says what was measured', () => {
    checkPrecisionPage('inception score', errors.rows, 'npx nx run metrics:precision');
  });

  it('has the same bits whatever the sizes of the batches', () => {
    const logits = drawnLogits(53, 9, 3);
    const whole = scoreOf(logits, 9, 10);
    for (const batch of [1, 7, 50]) expect(scoreOf(logits, 9, 10, batch)).toEqual(whole);
  });

  it('refuses fewer images than splits, and another number than was announced', () => {
    expect(() => new InceptionScore(9, 5)).toThrow('expected at least one image for each of 10 splits, received 9');
    const score = new InceptionScore(3, 2, 1);
    score.add(new Float32Array(4));
    expect(() => score.result()).toThrow('expected 3 images, received 2');
    expect(() => score.add(new Float32Array(4))).toThrow('rows of 2 logits, 3 in all, received 4 values after 2 rows');
  });
});
