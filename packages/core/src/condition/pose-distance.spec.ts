import { figureIdentity } from '../dataset/figures/figure-identity.ts';
import { figurePose } from '../dataset/figures/figure-pose.ts';
import { layOutFigure } from '../dataset/figures/render-figure.ts';
import type { Keypoints } from './keypoints.ts';
import { measuredPose, measuredPoseDistance, poseDistance } from './pose-distance.ts';

const person = figureIdentity(1, 0);
const poses = Array.from({ length: 12 }, (_, i) => layOutFigure(person, figurePose(1, 0, i), 64).keypoints);

const only = (joints: Record<number, readonly [number, number]>): Keypoints =>
  Array.from({ length: 18 }, (_, i) => joints[i] ?? null);

describe('poseDistance', () => {
  it('is the mean displacement in figure heights', () => {
    // The figure is 10 high; one joint stays, the other moves by 5: (0 + 0.5) / 2.
    const a = only({ 0: [0, 0], 10: [0, 10] });
    const b = only({ 0: [0, 0], 10: [5, 10] });
    expect(poseDistance(a, b)).toBeCloseTo(0.25, 12);
  });

  it('counts a joint that one pose hides as a quarter of the height', () => {
    const a = only({ 0: [0, 0], 10: [0, 10] });
    const b = only({ 0: [0, 0], 10: [0, 10], 4: [3, 3] });
    expect(poseDistance(a, b)).toBeCloseTo(0.25 / 3, 12);
  });

  it('is 0 from a pose to itself and positive to any other', () => {
    for (const [i, a] of poses.entries()) {
      for (const [j, b] of poses.entries()) {
        if (i === j) expect(poseDistance(a, b)).toBe(0);
        else expect(poseDistance(a, b)).toBeGreaterThan(0.01);
      }
    }
  });

  it('is symmetric', () => {
    for (const a of poses) for (const b of poses) expect(poseDistance(a, b)).toBe(poseDistance(b, a));
  });

  it('is the same for poses that were measured before', () => {
    const measured = poses.map(measuredPose);
    for (const [i, a] of measured.entries()) {
      for (const [j, b] of measured.entries()) {
        expect(measuredPoseDistance(a, b)).toBe(poseDistance(poses[i] ?? [], poses[j] ?? []));
      }
    }
  });

  it('does not depend on the size of the pictures', () => {
    const larger = (pose: Keypoints): Keypoints => pose.map((joint) => joint && [joint[0] * 4, joint[1] * 4]);
    // Scaling by 4 is exact in binary.
    expect(poseDistance(larger(poses[0] ?? []), larger(poses[1] ?? []))).toBe(
      poseDistance(poses[0] ?? [], poses[1] ?? []),
    );
  });

  it('grows with the shift of a limb', () => {
    const pose = poses[0] ?? [];
    const visible = pose.findIndex((joint) => joint !== null);
    const moved = (by: number): Keypoints =>
      pose.map((joint, i) => (joint && i === visible ? [joint[0] + by, joint[1]] : joint));
    expect(poseDistance(pose, moved(2))).toBeLessThan(poseDistance(pose, moved(4)));
  });

  it('is infinite when one pose shows nothing, and 0 when neither does', () => {
    const nothing = only({});
    expect(poseDistance(nothing, nothing)).toBe(0);
    expect(poseDistance(nothing, poses[0] ?? [])).toBe(Number.POSITIVE_INFINITY);
  });

  it('refuses poses that are not COCO-18, and says how many joints it got', () => {
    expect(() => poseDistance([null], only({}))).toThrow(/1 joints, expected 18/);
  });
});
