import { jointNames } from '@ggb/core/keypoints';
import {
  asOneStep,
  copyPose,
  flipPose,
  hideJoint,
  jointNear,
  moveJoint,
  placeNext,
  redo,
  selectJoint,
  startEditing,
  swapSides,
  undo,
} from './annotate.select.ts';

const image = { width: 100, height: 50 };
const joint = (name: (typeof jointNames)[number]) => jointNames.indexOf(name);
const visible = (keypoints: readonly unknown[]) => keypoints.filter((place) => place !== null).length;

describe('key points by hand', () => {
  it('begin with no joint, and go through them click by click', () => {
    const nose = placeNext(startEditing(undefined), 10, 5, image);
    expect(nose.keypoints[0]).toEqual([10, 5]);
    expect(nose.joint).toBe(joint('neck'));
    expect(visible(nose.keypoints)).toBe(1);
  });

  it('go on with the first joint that has no place, past those that have', () => {
    const loaded = startEditing(jointNames.map((_, index) => (index === 2 || index === 5 ? null : [index, 1])));
    expect(loaded.joint).toBe(2);
    const next = placeNext(loaded, 1, 1, image);
    expect(next.joint).toBe(5);
    expect(placeNext(next, 1, 1, image).joint).toBe(5);
  });

  it('stay within the image', () => {
    expect(moveJoint(startEditing(undefined), 3, -7, 1000, image).keypoints[3]).toEqual([0, 49]);
    expect(moveJoint(startEditing(undefined), 3, 1.23456, 2, image).keypoints[3]).toEqual([1.23, 2]);
  });

  it('can be hidden', () => {
    const placed = placeNext(startEditing(undefined), 10, 5, image);
    const hidden = hideJoint(placed, 0);
    expect(hidden.keypoints[0]).toBeNull();
    expect(hideJoint(hidden, 0).before).toEqual(hidden.before);
  });

  it('undo and redo step by step, and an edit forgets what was undone', () => {
    const one = placeNext(startEditing(undefined), 10, 5, image);
    const two = placeNext(one, 20, 6, image);
    expect(undo(two).keypoints).toEqual(one.keypoints);
    expect(visible(undo(undo(undo(two))).keypoints)).toBe(0);
    expect(redo(undo(two)).keypoints).toEqual(two.keypoints);
    expect(redo(placeNext(undo(two), 1, 1, image)).keypoints).not.toEqual(two.keypoints);
  });

  it('undo a drag at once', () => {
    const start = placeNext(startEditing(undefined), 10, 5, image);
    let dragged = start;
    for (let x = 11; x < 30; x++) dragged = asOneStep(start, moveJoint(dragged, 0, x, 5, image));
    expect(dragged.keypoints[0]).toEqual([29, 5]);
    expect(undo(dragged).keypoints).toEqual(start.keypoints);
  });

  it('flip as a mirrored photo would, and swap the sides in place', () => {
    const placed = moveJoint(startEditing(undefined), joint('rightWrist'), 10, 20, image);
    const flipped = flipPose(placed, image);
    expect(flipped.keypoints[joint('leftWrist')]).toEqual([89, 20]);
    expect(flipped.keypoints[joint('rightWrist')]).toBeNull();
    expect(flipPose(flipped, image).keypoints).toEqual(placed.keypoints);
    expect(swapSides(placed).keypoints[joint('leftWrist')]).toEqual([10, 20]);
  });

  it('are copied from another photo, to the same place in this one', () => {
    // The centre of pixel 10 of 50 is 10.5 / 50 from the left: 21 / 100, in pixel 20.5.
    const other = startEditing([[10, 20], ...jointNames.slice(1).map(() => null)]).keypoints;
    const copied = copyPose(startEditing(undefined), other, { width: 50, height: 50 }, image);
    expect(copied.keypoints[0]).toEqual([20.5, 20]);
    expect(copied.keypoints[1]).toBeNull();
  });

  it('are taken up near the pointer, the nearest first', () => {
    const { keypoints } = placeNext(placeNext(startEditing(undefined), 10, 5, image), 14, 5, image);
    expect(jointNear(keypoints, 13, 5, 6)).toBe(1);
    expect(jointNear(keypoints, 40, 5, 6)).toBeUndefined();
  });

  it('are chosen around the ends', () => {
    expect(selectJoint(startEditing(undefined), -1).joint).toBe(17);
    expect(selectJoint({ ...startEditing(undefined), joint: 17 }, 1).joint).toBe(0);
  });
});
