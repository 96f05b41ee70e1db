// The joints every part of the project speaks of: OpenPose's COCO-18 order.

/** Joint names in COCO-18 order. Right and left are the person's own. */
export const jointNames = [
  'nose',
  'neck',
  'rightShoulder',
  'rightElbow',
  'rightWrist',
  'leftShoulder',
  'leftElbow',
  'leftWrist',
  'rightHip',
  'rightKnee',
  'rightAnkle',
  'leftHip',
  'leftKnee',
  'leftAnkle',
  'rightEye',
  'leftEye',
  'rightEar',
  'leftEar',
] as const;

export const jointCount = jointNames.length;

/** Place of a joint in pixels, x to the right, y down, (0, 0) the centre of the top left pixel. `null`: not visible. */
export type Joint = readonly [x: number, y: number] | null;

/** 18 joints in the order of {@link jointNames}. */
export type Keypoints = readonly Joint[];

/** Joints that a straight piece of the body joins, as OpenPose draws its COCO skeleton; indices of {@link jointNames}. */
export const bones = [
  [1, 2],
  [1, 5],
  [2, 3],
  [3, 4],
  [5, 6],
  [6, 7],
  [1, 8],
  [8, 9],
  [9, 10],
  [1, 11],
  [11, 12],
  [12, 13],
  [1, 0],
  [0, 14],
  [14, 16],
  [0, 15],
  [15, 17],
] as const satisfies readonly (readonly [number, number])[];

/** For each joint the one that takes its place in a mirror image: right and left change names. */
export const mirroredJoints = [0, 1, 5, 6, 7, 2, 3, 4, 11, 12, 13, 8, 9, 10, 15, 14, 17, 16] as const;

/** The pose of a person in an image `width` pixels wide after the image is mirrored left-right. */
export function flipKeypoints(keypoints: Keypoints, width: number): Keypoints {
  return mirroredJoints.map((partner) => {
    const joint = keypoints[partner];
    return joint ? ([width - 1 - joint[0], joint[1]] as const) : null;
  });
}

/** Where the joints of COCO-18 stand in COCO-17, the order of COCO's own annotations, which has no neck. */
const coco17Indices = [0, undefined, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3];

/** Where the joints of COCO-18 stand in OpenPose's BODY_25. */
const body25Indices = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];

/**
 * COCO-18 from the 17 key points of COCO annotations. The neck is the middle of the shoulders, if both are visible.
 *
 * @throws RangeError  unless there are 17 joints.
 */
export function keypointsFromCoco17(joints: readonly Joint[]): Keypoints {
  expectCount('COCO-17', joints, 17);
  const [left, right] = [joints[5], joints[6]];
  const neck = left && right ? ([(left[0] + right[0]) / 2, (left[1] + right[1]) / 2] as const) : null;
  return coco17Indices.map((index) => (index === undefined ? neck : (joints[index] ?? null)));
}

/**
 * COCO-18 from the 25 key points of OpenPose's BODY_25; the middle of the hips and the feet are dropped.
 *
 * @throws RangeError  unless there are 25 joints.
 */
export function keypointsFromBody25(joints: readonly Joint[]): Keypoints {
  expectCount('BODY_25', joints, 25);
  return body25Indices.map((index) => joints[index] ?? null);
}

/** What to do with so many joints where COCO-18 is asked for; nothing for numbers that no layout has. */
export function layoutAdvice(count: number): { readonly advice?: string } {
  if (count === 17)
    return { advice: "Make them of COCO's 17 with keypointsFromCoco17 of @ggb/core/keypoints (docs/pairs.md)." };
  if (count === 25)
    return { advice: "Make them of BODY_25's 25 with keypointsFromBody25 of @ggb/core/keypoints (docs/pairs.md)." };
  return {};
}

function expectCount(layout: string, joints: readonly Joint[], count: number): void {
  if (joints.length !== count)
    throw new RangeError(`${layout} key points: expected ${count}, received ${joints.length}.`);
}
