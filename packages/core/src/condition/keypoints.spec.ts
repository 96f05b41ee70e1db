import {
  bones,
  flipKeypoints,
  jointNames,
  type Keypoints,
  keypointsFromBody25,
  keypointsFromCoco17,
  mirroredJoints,
} from './keypoints.ts';

/** A pose whose joint i stands at [i, 100 + i]. */
const numbered: Keypoints = jointNames.map((_, i) => [i, 100 + i] as const);

describe('flipKeypoints', () => {
  it('mirrors x about the middle of the image and gives each joint to its partner', () => {
    const flipped = flipKeypoints(numbered, 64);
    for (const [i, name] of jointNames.entries()) {
      const partner = name.replace(/^(right|left)/, (side) => (side === 'right' ? 'left' : 'right'));
      const from = jointNames.indexOf(partner as (typeof jointNames)[number]);
      expect([name, flipped[i]]).toEqual([name, [63 - from, 100 + from]]);
    }
  });

  it('gives back the pose when done twice, hidden joints included', () => {
    const pose = numbered.map((joint, i) => (i % 4 === 2 ? null : joint));
    expect(flipKeypoints(flipKeypoints(pose, 64), 64)).toEqual(pose);
  });

  it('maps the skeleton onto itself', () => {
    const names = bones.map((bone) => [...bone].sort((a, b) => a - b).join('-'));
    const mirrored = bones.map((bone) =>
      [...bone]
        .map((i) => mirroredJoints[i])
        .sort((a, b) => a - b)
        .join('-'),
    );
    expect(mirrored.sort()).toEqual(names.sort());
  });
});

describe('other key point layouts', () => {
  // Names in the order of COCO's annotation files and of OpenPose's BODY_25, from their documentation.
  const coco17 =
    'nose leftEye rightEye leftEar rightEar leftShoulder rightShoulder leftElbow rightElbow leftWrist rightWrist leftHip rightHip leftKnee rightKnee leftAnkle rightAnkle'.split(
      ' ',
    );
  const body25 =
    'nose neck rightShoulder rightElbow rightWrist leftShoulder leftElbow leftWrist midHip rightHip rightKnee rightAnkle leftHip leftKnee leftAnkle rightEye leftEye rightEar leftEar leftBigToe leftSmallToe leftHeel rightBigToe rightSmallToe rightHeel'.split(
      ' ',
    );
  const placeOf = (names: string[]) => names.map((_, i) => [i, -i] as const);

  it('COCO-17: takes every joint by its name, and the middle of the shoulders as neck', () => {
    const pose = keypointsFromCoco17(placeOf(coco17));
    for (const [i, name] of jointNames.entries()) {
      const place = name === 'neck' ? 5.5 : coco17.indexOf(name);
      expect([name, pose[i]]).toEqual([name, [place, -place]]);
    }
  });

  it('COCO-17: has no neck where a shoulder is hidden', () => {
    const pose = keypointsFromCoco17(placeOf(coco17).map((joint, i) => (i === 6 ? null : joint)));
    expect([pose[1], pose[2], pose[5]]).toEqual([null, null, [5, -5]]);
  });

  it('BODY_25: takes every joint by its name', () => {
    const pose = keypointsFromBody25(placeOf(body25));
    expect(pose).toEqual(jointNames.map((name) => [body25.indexOf(name), -body25.indexOf(name)]));
  });

  it('refuses another number of joints, and says both numbers', () => {
    expect(() => keypointsFromCoco17(numbered)).toThrow('COCO-17 key points: expected 17, received 18.');
    expect(() => keypointsFromBody25(numbered)).toThrow('BODY_25 key points: expected 25, received 18.');
  });
});
