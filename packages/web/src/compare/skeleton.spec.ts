import { jointCount, jointNames, type Keypoints } from '@ggb/core/keypoints';
import { drawnBones, drawnJoints, jointTitle, sideOf } from './skeleton.ts';

const only = (places: Partial<Record<(typeof jointNames)[number], readonly [number, number]>>): Keypoints =>
  jointNames.map((name) => places[name] ?? null);

describe('the drawn skeleton', () => {
  it('has a bone only between visible joints', () => {
    expect(drawnBones(only({ neck: [10, 4], rightShoulder: [6, 5], rightWrist: [2, 9] }))).toEqual([
      { from: [10.5, 4.5], to: [6.5, 5.5], side: 'right' },
    ]);
    expect(drawnBones(Array.from({ length: jointCount }, () => null))).toEqual([]);
    expect(drawnBones(jointNames.map((_, index) => [index, 0]))).toHaveLength(17);
  });

  it('knows right from left, as the person does', () => {
    expect(jointNames.map((_, index) => sideOf(index)).filter((side) => side === 'right')).toHaveLength(8);
    expect(sideOf(jointNames.indexOf('nose'))).toBe('middle');
  });

  it('names the joints in words', () => {
    expect(drawnJoints(only({ leftKnee: [1, 2] }))).toEqual([
      { index: jointNames.indexOf('leftKnee'), name: 'left knee', side: 'left', at: [1.5, 2.5] },
    ]);
    expect(jointTitle(1)).toBe('neck');
  });
});
