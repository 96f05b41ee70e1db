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
