import { learningRateFactor, trainingProgress } from './learning-rate.ts';

describe('trainingProgress', () => {
  it('is the share of the steps', () => {
    expect(trainingProgress({ steps: 200 }, { steps: 50, seconds: 1e6 })).toBe(0.25);
  });

  it('or of the minutes, whichever is further', () => {
    expect(trainingProgress({ steps: 200, minutes: 2 }, { steps: 50, seconds: 60 })).toBe(0.5);
    expect(trainingProgress({ steps: 200, minutes: 2 }, { steps: 150, seconds: 60 })).toBe(0.75);
  });

  it('is never above 1', () => {
    expect(trainingProgress({ steps: 2, minutes: 1 }, { steps: 1, seconds: 61 })).toBe(1);
  });
});

describe('learningRateFactor', () => {
  it('without decay is 1', () => {
    expect([0, 0.5, 1].map((progress) => learningRateFactor('none', progress))).toEqual([1, 1, 1]);
  });

  it('with second-half is 1 until the half, then falls linearly to 0', () => {
    expect([0, 0.5, 0.625, 0.75, 1].map((progress) => learningRateFactor('second-half', progress))).toEqual([
      1, 1, 0.75, 0.5, 0,
    ]);
  });
});
