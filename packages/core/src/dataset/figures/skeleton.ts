// From joint angles to places in space. Unit: the height of an average adult; origin: the middle of the pelvis.
import type { Proportions } from './figure-identity.ts';
import type { ArmAngles, FigurePose, LegAngles } from './figure-pose.ts';
import { add, at, compose, type Frame, mix, swingForward, swingLeft, turnRight, type Vector3 } from './vector3.ts';

export const sides = ['left', 'right'] as const;
export type Side = (typeof sides)[number];

/** One arm or leg: three places and the frames of the two bones between them. */
export interface LimbBones {
  readonly root: Vector3;
  readonly middle: Vector3;
  readonly end: Vector3;
  readonly upper: Frame;
  readonly lower: Frame;
}

export interface LegBones extends LimbBones {
  readonly foot: Frame;
}

export interface Skeleton {
  readonly lengths: BodyLengths;
  readonly pelvis: Frame;
  readonly chest: Frame;
  readonly head: Frame;
  /** Where the neck enters the head. */
  readonly headBase: Vector3;
  /** Centre line of the trunk; 0 at the hips, 1 at the shoulders, and a little beyond both. */
  spine(height: number): { readonly centre: Vector3; readonly frame: Frame };
  readonly arms: Readonly<Record<Side, LimbBones>>;
  readonly legs: Readonly<Record<Side, LegBones>>;
}

/** Lengths and half widths of the bones, body heights. The adult of drawing manuals, with a larger head. */
export interface BodyLengths {
  readonly trunk: number;
  readonly shoulder: number;
  readonly hip: number;
  readonly upperArm: number;
  readonly forearm: number;
  readonly hand: number;
  readonly thigh: number;
  readonly shin: number;
  readonly foot: number;
  readonly neck: number;
  readonly head: number;
}

export function bodyLengths(proportions: Proportions): BodyLengths {
  const { legs, shoulders, hips, head, build } = proportions;
  // Broad people have their joints a little further apart, not in proportion to their girth.
  const frame = 1 + (build - 1) * 0.45;
  return {
    trunk: 0.3,
    shoulder: 0.104 * shoulders * frame,
    hip: 0.056 * hips * frame,
    upperArm: 0.162,
    forearm: 0.142,
    hand: 0.062,
    thigh: 0.232 * legs,
    shin: 0.215 * legs,
    foot: 0.115,
    neck: 0.052,
    head: 0.158 * head,
  };
}

// The viewer looks down by this much: feet, hems and shoulders show their roundness.
const cameraPitch = 9;

// The joints of the arms lie below the top of the shoulders.
const shoulderHeight = 0.865;

const spineSteps = 14;
const spineBottom = -0.2;
const spineTop = 1.2;

function armBones(root: Vector3, chest: Frame, angles: ArmAngles, side: Side, lengths: BodyLengths): LimbBones {
  const sign = side === 'left' ? 1 : -1;
  const upper = compose(
    chest,
    swingForward(angles.flexion),
    swingLeft(sign * angles.abduction),
    turnRight(sign * angles.rotation),
  );
  const lower = compose(upper, swingForward(angles.elbow));
  const middle = add(root, at(upper, 0, lengths.upperArm, 0));
  return { root, middle, end: add(middle, at(lower, 0, lengths.forearm, 0)), upper, lower };
}

function legBones(root: Vector3, pelvis: Frame, angles: LegAngles, side: Side, lengths: BodyLengths): LegBones {
  const sign = side === 'left' ? 1 : -1;
  const upper = compose(
    pelvis,
    swingForward(angles.flexion),
    swingLeft(sign * angles.abduction),
    turnRight(sign * angles.rotation),
  );
  const lower = compose(upper, swingForward(-angles.knee));
  const middle = add(root, at(upper, 0, lengths.thigh, 0));
  const end = add(middle, at(lower, 0, lengths.shin, 0));
  return { root, middle, end, upper, lower, foot: compose(lower, swingForward(angles.ankle)) };
}

/** Forward kinematics of a pose on a body. */
export function skeleton(proportions: Proportions, pose: FigurePose): Skeleton {
  const lengths = bodyLengths(proportions);
  const pitch = (cameraPitch * Math.PI) / 180;
  const camera: Frame = [
    [1, 0, 0],
    [0, Math.cos(pitch), -Math.sin(pitch)],
    [0, Math.sin(pitch), Math.cos(pitch)],
  ];
  const pelvis = compose(camera, turnRight(pose.yaw));
  const { lean, sideBend, headTurn, headNod, headTilt } = pose.body;
  // The spine bends in its lower two thirds, where the lumbar spine is; the rib cage above stays stiff.
  const bent = (height: number) => {
    const share = Math.max(0, Math.min(1, height / 0.65));
    return compose(pelvis, swingForward(-lean * share), swingLeft(-sideBend * share));
  };
  const heights: number[] = [];
  const centres: Vector3[] = [];
  const step = (spineTop - spineBottom) / spineSteps;
  let centre: Vector3 = at(pelvis, 0, -spineBottom * lengths.trunk, 0);
  for (let i = 0; i <= spineSteps; i++) {
    const height = spineBottom + i * step;
    heights.push(height);
    centres.push(centre);
    centre = add(centre, at(bent(height + step / 2), 0, -step * lengths.trunk, 0));
  }
  const spine = (height: number) => {
    const place = Math.max(0, Math.min(spineSteps - 1e-9, (height - spineBottom) / step));
    const below = Math.floor(place);
    return {
      centre: mix(centres[below] as Vector3, centres[below + 1] as Vector3, place - below),
      frame: bent(height),
    };
  };
  const chest = bent(1);
  const shoulders = spine(shoulderHeight).centre;
  const shoulder = (side: Side): Vector3 => {
    const angles = pose.arms[side];
    const sign = side === 'left' ? 1 : -1;
    // Above the horizontal, about a third of the arm's rise comes from the shoulder blade: the joint goes up and in.
    const raise = Math.max(0, Math.max(angles.flexion, angles.abduction) - 60) / 120;
    return add(shoulders, at(chest, sign * (lengths.shoulder - 0.012 * raise), -0.03 * raise, 0));
  };
  const hip = (side: Side): Vector3 => at(pelvis, (side === 'left' ? 1 : -1) * lengths.hip, 0, 0);
  // Eyes stay on the horizon: the neck takes back most of what the trunk leans.
  const head = compose(
    chest,
    swingForward(lean * 0.55 - headNod),
    swingLeft(-headTilt + sideBend * 0.4),
    turnRight(headTurn),
  );
  const neckBase = spine(1.02).centre;
  const headBase = add(
    neckBase,
    at(compose(chest, swingForward((lean * 0.55 - headNod) / 2)), 0, -lengths.neck - 0.012, 0.012),
  );
  const arms = (side: Side) => armBones(shoulder(side), chest, pose.arms[side], side, lengths);
  const legs = (side: Side) => legBones(hip(side), pelvis, pose.legs[side], side, lengths);
  return {
    lengths,
    pelvis,
    chest,
    head,
    headBase,
    spine,
    arms: { left: arms('left'), right: arms('right') },
    legs: { left: legs('left'), right: legs('right') },
  };
}

/** Depth of the middle of the trunk. */
function trunkMiddle(body: Skeleton): number {
  return (body.spine(0.3).centre[2] + body.spine(0.9).centre[2]) / 2;
}

/**
 * Depth at which the trunk is painted. A trunk that leans away still lies over pelvis and thighs: the shirt hangs
 * over them at the hips, which do not lean.
 */
export function trunkDepth(body: Skeleton): number {
  return Math.max(-0.015, trunkMiddle(body));
}

/** What depths of arms are raised by, so that they compare with {@link trunkDepth} as they do with the trunk. */
export function trunkLift(body: Skeleton): number {
  return trunkDepth(body) - trunkMiddle(body);
}
