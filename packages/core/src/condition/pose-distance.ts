// How far apart two poses are on the screen. Needs nothing but key points: runs in the browser too.
import { jointCount, type Keypoints } from './keypoints.ts';

/**
 * What a joint counts that one pose shows and the other hides, in figure heights. About how far a wrist is from where it was
 * between two unlike poses: hiding a limb is as much of a difference as moving it.
 */
const hiddenPenalty = 0.25;

/** Longer side of the box around the joints; 0 if fewer than two are visible. */
function extent(pose: Keypoints): number {
  const visible = pose.filter((joint) => joint !== null);
  if (visible.length < 2) return 0;
  const spread = (axis: 0 | 1) => {
    const values = visible.map((joint) => joint[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  return Math.max(spread(0), spread(1));
}

/** A pose with what every comparison with it needs: measured once, for a search among many. */
export interface MeasuredPose {
  readonly keypoints: Keypoints;
  /** Longer side of the box around the visible joints; 0 if fewer than two are. */
  readonly extent: number;
}

/** @throws RangeError  if the pose has not 18 entries. */
export function measuredPose(keypoints: Keypoints): MeasuredPose {
  if (keypoints.length !== jointCount) {
    throw new RangeError(`poseDistance: a pose has ${keypoints.length} joints, expected ${jointCount} (COCO-18).`);
  }
  return { keypoints, extent: extent(keypoints) };
}

/**
 * Distance between two poses of the same frame, in figure heights: the mean over joints of how far each is from its
 * twin. Place and size in the frame count: a figure further to the left is another pose.
 *
 * A joint hidden in one pose alone counts 0.25; one hidden in both is left out. 0 for equal poses, symmetric, and the same
 * for pictures of any size. `Infinity` if one pose shows no joint and the other does.
 *
 * @throws RangeError  if a pose has not 18 entries.
 */
export function poseDistance(a: Keypoints, b: Keypoints): number {
  return measuredPoseDistance(measuredPose(a), measuredPose(b));
}

/** {@link poseDistance} of poses that are measured already. */
export function measuredPoseDistance(first: MeasuredPose, second: MeasuredPose): number {
  const { keypoints: a } = first;
  const { keypoints: b } = second;
  // The greater of the two: a figure that crouches or turns its limbs to the viewer is not a smaller person.
  const height = Math.max(first.extent, second.extent);
  let sum = 0;
  let count = 0;
  let shared = 0;
  for (let joint = 0; joint < jointCount; joint++) {
    const p = a[joint] ?? null;
    const q = b[joint] ?? null;
    if (p === null && q === null) continue;
    count += 1;
    if (p === null || q === null) {
      sum += hiddenPenalty;
      continue;
    }
    shared += 1;
    const distance = Math.hypot(p[0] - q[0], p[1] - q[1]);
    if (distance > 0) sum += distance / height;
  }
  if (count === 0) return 0;
  return shared === 0 ? Number.POSITIVE_INFINITY : sum / count;
}
