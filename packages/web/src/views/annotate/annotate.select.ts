// Key points by hand as values: every edit gives a new pose, and the poses before it are what undo goes back to.
import { flipKeypoints, jointCount, mirroredJoints } from '@ggb/core/keypoints';
import type { ViewKeypoints } from '../../run-source/view-data.ts';

export interface Editing {
  readonly keypoints: ViewKeypoints;
  /** The joint that the next click places. */
  readonly joint: number;
  /** Poses before, the oldest first. */
  readonly before: readonly ViewKeypoints[];
  /** Poses that undo left, the next first. */
  readonly after: readonly ViewKeypoints[];
}

const noJoints: ViewKeypoints = Array.from({ length: jointCount }, () => null);

/** At most so many steps back. */
const undoSteps = 200;

export function startEditing(keypoints: ViewKeypoints | undefined): Editing {
  const pose = keypoints ?? noJoints;
  return { keypoints: pose, joint: firstMissing(pose) ?? 0, before: [], after: [] };
}

/** Places the current joint and goes on to the next that has no place; stays on it when there is none. */
export function placeNext(editing: Editing, x: number, y: number, image: ImageSize): Editing {
  const placed = moveJoint(editing, editing.joint, x, y, image);
  return { ...placed, joint: nextMissing(placed.keypoints, editing.joint) ?? editing.joint };
}

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Places a joint, within the image, to a hundredth of a pixel; it becomes the current one. */
export function moveJoint(editing: Editing, joint: number, x: number, y: number, image: ImageSize): Editing {
  const inside = (value: number, size: number) => Math.round(100 * Math.min(size - 1, Math.max(0, value))) / 100;
  const place = [inside(x, image.width), inside(y, image.height)] as const;
  const pose = editing.keypoints.map((old, index) => (index === joint ? place : old));
  return { ...changed(editing, pose), joint };
}

/** A joint that is not visible in the image. */
export function hideJoint(editing: Editing, joint: number): Editing {
  if (editing.keypoints[joint] === null) return { ...editing, joint };
  return {
    ...changed(
      editing,
      editing.keypoints.map((old, index) => (index === joint ? null : old)),
    ),
    joint,
  };
}

/** Mirrors the pose in the image, right becoming left, as a mirrored photo would have it. */
export function flipPose(editing: Editing, image: ImageSize): Editing {
  return changed(editing, flipKeypoints(editing.keypoints, image.width));
}

/** Exchanges the names of right and left; every joint stays where it is: for a person taken for facing the other way. */
export function swapSides(editing: Editing): Editing {
  return changed(
    editing,
    mirroredJoints.map((partner) => editing.keypoints[partner] ?? null),
  );
}

/** Another pose as the start, scaled to this image when that one was of another size. */
export function copyPose(editing: Editing, other: ViewKeypoints, from: ImageSize, to: ImageSize): Editing {
  const [sx, sy] = [to.width / from.width, to.height / from.height];
  const pose = other.map(
    (joint) => joint && ([round((joint[0] + 0.5) * sx - 0.5), round((joint[1] + 0.5) * sy - 0.5)] as const),
  );
  return changed(editing, pose);
}

export function clearPose(editing: Editing): Editing {
  return { ...changed(editing, noJoints), joint: 0 };
}

export function undo(editing: Editing): Editing {
  const last = editing.before.at(-1);
  if (last === undefined) return editing;
  return {
    ...editing,
    keypoints: last,
    before: editing.before.slice(0, -1),
    after: [editing.keypoints, ...editing.after],
  };
}

export function redo(editing: Editing): Editing {
  const [next, ...after] = editing.after;
  if (next === undefined) return editing;
  return { ...editing, keypoints: next, before: [...editing.before, editing.keypoints], after };
}

/** The next or the one before, around the ends. */
export function selectJoint(editing: Editing, by: number): Editing {
  return { ...editing, joint: (editing.joint + by + jointCount) % jointCount };
}

/** While one drag goes on, all of it is one step of undo: `start` is the editing before it. */
export function asOneStep(start: Editing, now: Editing): Editing {
  return { ...now, before: [...start.before, start.keypoints].slice(-undoSteps) };
}

/** The visible joint nearest to a point, at most `radius` away. */
export function jointNear(keypoints: ViewKeypoints, x: number, y: number, radius: number): number | undefined {
  let best: number | undefined;
  let distance = radius;
  for (const [index, joint] of keypoints.entries()) {
    if (joint === null) continue;
    const away = Math.hypot(joint[0] - x, joint[1] - y);
    if (away <= distance) [best, distance] = [index, away];
  }
  return best;
}

function changed(editing: Editing, keypoints: ViewKeypoints): Editing {
  return { ...editing, keypoints, before: [...editing.before, editing.keypoints].slice(-undoSteps), after: [] };
}

function firstMissing(keypoints: ViewKeypoints): number | undefined {
  const index = keypoints.indexOf(null);
  return index === -1 ? undefined : index;
}

function nextMissing(keypoints: ViewKeypoints, joint: number): number | undefined {
  const later = keypoints.findIndex((place, index) => index > joint && place === null);
  return later === -1 ? firstMissing(keypoints) : later;
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
