// The condition as the eye reads it: the person's right and left in two hues that differ in lightness too.
import { bones, jointNames, type Keypoints } from '@ggb/core/keypoints';

export type BodySide = 'right' | 'left' | 'middle';

export interface DrawnBone {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly side: BodySide;
}

export interface DrawnJoint {
  readonly index: number;
  readonly name: string;
  readonly side: BodySide;
  readonly at: readonly [x: number, y: number];
}

/** Right and left are the person's own, as in the names. */
export function sideOf(joint: number): BodySide {
  const name = jointNames[joint] ?? '';
  if (name.startsWith('right')) return 'right';
  return name.startsWith('left') ? 'left' : 'middle';
}

/** `right knee` for `rightKnee`. */
export function jointTitle(joint: number): string {
  return (jointNames[joint] ?? '').replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/**
 * Bones between visible joints, in pixels with (0, 0) at the corner of the image, so half a pixel off the key points,
 * whose (0, 0) is the centre of the first pixel. A bone has the side of the joint it leads to, the one further from the neck.
 */
export function drawnBones(keypoints: Keypoints): DrawnBone[] {
  return bones.flatMap(([from, to]) => {
    const [a, b] = [keypoints[from], keypoints[to]];
    if (!a || !b) return [];
    return [{ from: cornerBased(a), to: cornerBased(b), side: sideOf(to) }];
  });
}

/** The visible joints, as {@link drawnBones} places them. */
export function drawnJoints(keypoints: Keypoints): DrawnJoint[] {
  return keypoints.flatMap((joint, index) =>
    joint ? [{ index, name: jointTitle(index), side: sideOf(index), at: cornerBased(joint) }] : [],
  );
}

function cornerBased([x, y]: readonly [number, number]): readonly [number, number] {
  return [x + 0.5, y + 0.5];
}
