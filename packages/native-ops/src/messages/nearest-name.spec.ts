import { nearestName } from './nearest-name.ts';

describe('nearestName', () => {
  const names = ['source', 'target', 'keypoints', 'sourceKeypoints', 'id'];

  it.each([
    ['sorce', 'source'],
    ['Target', 'target'],
    ['key_points', 'keypoints'],
    ['sourcekeypoint', 'sourceKeypoints'],
    ['ID', 'id'],
    ['key', 'keypoints'],
    ['source', 'source'],
    ['sourceKeyp', 'sourceKeypoints'],
  ])('finds what %s was meant to be: %s', (name, meant) => {
    expect(nearestName(name, names)).toBe(meant);
  });

  it.each(['colour', 'x', ''])('has no guess for what is like nothing known: %p', (name) => {
    expect(nearestName(name, names.slice(0, 4))).toBeUndefined();
  });
});
