// How a figure stands: joint angles within what a healthy adult can do, the view, and the place in the frame.
import { randomPurposes } from '../../random/seeded-random.ts';
import { FigureRandom } from './figure-random.ts';

/** The side of the person that is turned to the viewer; `left` and `right` are the person's own. */
export const figureViews = ['front', 'back', 'left', 'right'] as const;
export type FigureView = (typeof figureViews)[number];

/** Degrees; 0 everywhere is the hanging arm with its thumb forward. */
export interface ArmAngles {
  /** Forward and up. */
  readonly flexion: number;
  /** Sideways, away from the body. */
  readonly abduction: number;
  /** Around the upper arm; positive turns the bent forearm across the body. */
  readonly rotation: number;
  readonly elbow: number;
}

/** Degrees; 0 everywhere is the standing leg. */
export interface LegAngles {
  /** Forward and up. */
  readonly flexion: number;
  readonly abduction: number;
  /** Positive turns the toes inwards. */
  readonly rotation: number;
  readonly knee: number;
  /** Positive lifts the toes. */
  readonly ankle: number;
}

export interface BodyAngles {
  /** Forward bend of the spine. */
  readonly lean: number;
  /** Bend of the spine towards the person's left. */
  readonly sideBend: number;
  /** Positive looks to the person's right. */
  readonly headTurn: number;
  /** Positive looks down. */
  readonly headNod: number;
  /** Towards the person's left shoulder. */
  readonly headTilt: number;
}

export interface FigurePose {
  readonly name: string;
  readonly view: FigureView;
  /** Turn of the body in degrees: 0 faces the viewer, 90 shows the left side, 180 the back, -90 the right side. */
  readonly yaw: number;
  readonly body: BodyAngles;
  readonly arms: { readonly left: ArmAngles; readonly right: ArmAngles };
  readonly legs: { readonly left: LegAngles; readonly right: LegAngles };
  /** Factor on the size of the figure; what would leave the frame is made smaller (unless `crop`). */
  readonly scale: number;
  /** Place in the free room of the frame, -1..1 each. */
  readonly shift: readonly [x: number, y: number];
  /** Leaves the figure at its scale even where it is cut off by the frame. */
  readonly crop?: boolean;
}

type Range = readonly [low: number, high: number];

/**
 * Degrees a joint can reach. The outer values are the normal ranges of motion of the American Academy of Orthopaedic
 * Surgeons (as quoted in textbooks of goniometry), a little inside of them where a clothed figure would look contorted.
 */
export const jointLimits = {
  body: {
    lean: [-15, 55],
    sideBend: [-25, 25],
    headTurn: [-60, 60],
    headNod: [-30, 35],
    headTilt: [-20, 20],
  },
  arm: { flexion: [-50, 178], abduction: [-40, 175], rotation: [-90, 80], elbow: [0, 148] },
  leg: { flexion: [-25, 118], abduction: [-20, 48], rotation: [-40, 35], knee: [0, 138], ankle: [-48, 22] },
} as const satisfies {
  body: Record<keyof BodyAngles, Range>;
  arm: Record<keyof ArmAngles, Range>;
  leg: Record<keyof LegAngles, Range>;
};

/** Middle and half width of the range an angle is drawn from. */
type Spread = readonly [middle: number, spread: number];

interface PoseKind {
  readonly weight: number;
  /** How much the figure of this kind is turned away from its view at most, degrees. */
  readonly body?: Partial<Record<keyof BodyAngles, Spread>>;
  /** First and second limb; which of them is the left one is drawn. */
  readonly arms: readonly [Partial<Record<keyof ArmAngles, Spread>>, Partial<Record<keyof ArmAngles, Spread>>];
  readonly legs: readonly [Partial<Record<keyof LegAngles, Spread>>, Partial<Record<keyof LegAngles, Spread>>];
}

const hanging = { flexion: [0, 14], abduction: [12, 8], rotation: [20, 20], elbow: [14, 12] } as const;
const standing = { flexion: [1, 5], abduction: [5, 4], rotation: [-8, 8], knee: [4, 4] } as const;
const wide = { flexion: [2, 5], abduction: [15, 7], rotation: [-14, 8], knee: [6, 6] } as const;
const onHip = { flexion: [-8, 8], abduction: [44, 8], rotation: [68, 8], elbow: [92, 10] } as const;
const overhead = { flexion: [14, 10], abduction: [148, 16], rotation: [-20, 15], elbow: [20, 16] } as const;
const sideways = { flexion: [6, 12], abduction: [86, 14], rotation: [-10, 30], elbow: [16, 14] } as const;
const forward = { flexion: [82, 18], abduction: [4, 12], rotation: [0, 20], elbow: [16, 14] } as const;
const waving = { flexion: [10, 12], abduction: [86, 14], rotation: [-80, 10], elbow: [78, 26] } as const;
const folded = { flexion: [26, 6], abduction: [4, 4], rotation: [66, 6], elbow: [106, 8] } as const;
const behindHead = { flexion: [20, 8], abduction: [112, 12], rotation: [-78, 10], elbow: [132, 8] } as const;
const behindBack = { flexion: [-28, 8], abduction: [14, 4], rotation: [72, 6], elbow: [62, 14] } as const;
const atChin = { flexion: [48, 8], abduction: [2, 5], rotation: [34, 8], elbow: [132, 8] } as const;
const swungForward = { flexion: [34, 14], abduction: [6, 5], rotation: [16, 12], elbow: [40, 26] } as const;
const swungBack = { flexion: [-34, 12], abduction: [8, 5], rotation: [10, 12], elbow: [26, 20] } as const;
const seated = { flexion: [82, 12], abduction: [10, 7], rotation: [-4, 8], knee: [84, 14] } as const;

const poseKinds: Readonly<Record<string, PoseKind>> = {
  stand: { weight: 1.6, arms: [hanging, hanging], legs: [standing, standing] },
  contrapposto: {
    weight: 1.2,
    body: { sideBend: [6, 5] },
    arms: [onHip, hanging],
    legs: [standing, { flexion: [14, 8], abduction: [14, 6], rotation: [-16, 8], knee: [22, 10] }],
  },
  handsOnHips: { weight: 1.2, arms: [onHip, onHip], legs: [wide, wide] },
  armsUp: { weight: 1.4, arms: [overhead, overhead], legs: [standing, wide] },
  star: {
    weight: 1.1,
    arms: [
      { ...overhead, abduction: [128, 16] },
      { ...overhead, abduction: [128, 16] },
    ],
    legs: [
      { ...wide, abduction: [27, 8] },
      { ...wide, abduction: [27, 8] },
    ],
  },
  sidewaysArms: { weight: 1.1, arms: [sideways, sideways], legs: [standing, wide] },
  wave: { weight: 1.4, arms: [waving, hanging], legs: [standing, wide] },
  point: { weight: 1, arms: [sideways, hanging], legs: [wide, standing] },
  reach: {
    weight: 1,
    body: { lean: [8, 8] },
    arms: [forward, forward],
    legs: [standing, { ...standing, flexion: [16, 8], knee: [16, 10] }],
  },
  oneUp: { weight: 1.2, body: { sideBend: [-6, 6] }, arms: [overhead, onHip], legs: [wide, standing] },
  foldedArms: { weight: 1.1, arms: [folded, { ...folded, flexion: [32, 5] }], legs: [standing, wide] },
  behindHead: { weight: 0.9, arms: [behindHead, behindHead], legs: [wide, standing] },
  behindBack: { weight: 0.8, body: { lean: [-2, 4] }, arms: [behindBack, behindBack], legs: [standing, standing] },
  thinking: {
    weight: 1,
    body: { headNod: [8, 6] },
    arms: [atChin, { ...folded, elbow: [94, 6] }],
    legs: [standing, standing],
  },
  walk: {
    weight: 2.2,
    body: { lean: [4, 5] },
    arms: [swungBack, swungForward],
    legs: [
      { flexion: [28, 9], abduction: [3, 3], rotation: [-4, 5], knee: [8, 8] },
      { flexion: [-16, 7], abduction: [3, 3], rotation: [-4, 5], knee: [22, 16] },
    ],
  },
  run: {
    weight: 1.8,
    body: { lean: [16, 7] },
    arms: [
      { ...swungBack, flexion: [-40, 9], elbow: [84, 18] },
      { ...swungForward, flexion: [46, 14], elbow: [92, 18] },
    ],
    legs: [
      { flexion: [62, 16], abduction: [3, 3], rotation: [0, 4], knee: [66, 22] },
      { flexion: [-16, 7], abduction: [3, 3], rotation: [0, 4], knee: [38, 26] },
    ],
  },
  sit: {
    weight: 1.3,
    body: { lean: [4, 8] },
    arms: [
      { ...hanging, flexion: [30, 12], elbow: [46, 18] },
      { ...hanging, flexion: [30, 12], elbow: [46, 18] },
    ],
    legs: [seated, seated],
  },
  squat: {
    weight: 0.9,
    body: { lean: [30, 10] },
    arms: [forward, forward],
    legs: [
      { flexion: [92, 12], abduction: [18, 8], rotation: [-12, 8], knee: [108, 12] },
      { flexion: [92, 12], abduction: [18, 8], rotation: [-12, 8], knee: [108, 12] },
    ],
  },
  lunge: {
    weight: 1.2,
    body: { lean: [8, 8] },
    arms: [onHip, sideways],
    legs: [
      { flexion: [66, 12], abduction: [6, 5], rotation: [-6, 6], knee: [72, 12] },
      { flexion: [-20, 4], abduction: [5, 4], rotation: [-6, 6], knee: [18, 12] },
    ],
  },
  kick: {
    weight: 0.9,
    body: { lean: [-6, 6] },
    arms: [sideways, swungBack],
    legs: [standing, { flexion: [72, 16], abduction: [6, 6], rotation: [0, 6], knee: [14, 12] }],
  },
  sideKick: {
    weight: 0.8,
    body: { sideBend: [-10, 8] },
    arms: [sideways, onHip],
    legs: [standing, { flexion: [8, 8], abduction: [42, 5], rotation: [-10, 8], knee: [10, 8] }],
  },
  balance: {
    weight: 1,
    arms: [sideways, sideways],
    legs: [standing, { flexion: [58, 14], abduction: [26, 10], rotation: [-30, 8], knee: [104, 16] }],
  },
  bow: {
    weight: 0.8,
    body: { lean: [42, 10], headNod: [12, 10] },
    arms: [hanging, behindBack],
    legs: [standing, standing],
  },
};

const viewYaw: Readonly<Record<FigureView, number>> = { front: 0, left: 90, back: 180, right: -90 };

function clamp(value: number, [low, high]: Range): number {
  return Math.max(low, Math.min(high, value));
}

/**
 * Pose `index` of identity `identity`: a function of the three numbers alone. Four poses in a row show the four views
 * in some order, so that each person is seen from every side.
 */
export function figurePose(seed: number, identity: number, index: number): FigurePose {
  const views = new FigureRandom(seed, randomPurposes.figureViews, identity, Math.floor(index / 4)).shuffled(
    figureViews,
  );
  const view = views[index % 4] as FigureView;
  const random = new FigureRandom(seed, randomPurposes.figurePose, identity, index);
  const weights = Object.fromEntries(Object.entries(poseKinds).map(([name, kind]) => [name, kind.weight]));
  const name = random.weighted(weights);
  const kind = poseKinds[name] as PoseKind;
  const mirrored = random.chance(0.5);

  // A draw for every angle, in the order of the limits, whether the kind names it or not: a new kind leaves the
  // draws of the others as they are.
  function draw<K extends string>(
    limits: Readonly<Record<K, Range>>,
    spreads: Partial<Record<K, Spread>>,
    fallback: number,
  ): Record<K, number> {
    const entries = (Object.entries(limits) as [K, Range][]).map(([angle, limit]) => {
      const [middle, spread] = spreads[angle] ?? [0, fallback];
      return [angle, clamp(middle + spread * random.uniform(-1, 1), limit)] as const;
    });
    return Object.fromEntries(entries) as Record<K, number>;
  }

  const drawLeg = (spreads: Partial<Record<keyof LegAngles, Spread>>): LegAngles => {
    const angles = draw(jointLimits.leg, spreads, 5);
    // The foot seeks the ground: the ankle makes up for what hip and knee leave over, as far as it can.
    const slope = angles.flexion - angles.knee;
    return { ...angles, ankle: clamp(angles.ankle - slope, jointLimits.leg.ankle) };
  };

  const drawn = draw(jointLimits.body, { headTurn: [0, 28], headNod: [2, 8], headTilt: [0, 7], ...kind.body }, 4);
  const arms = [draw(jointLimits.arm, kind.arms[0], 6), draw(jointLimits.arm, kind.arms[1], 6)] as const;
  const legs = [drawLeg(kind.legs[0]), drawLeg(kind.legs[1])] as const;
  return {
    name,
    view,
    yaw: viewYaw[view] + random.uniform(-22, 22),
    // Kinds are written with their first limb on the left.
    body: mirrored
      ? { ...drawn, sideBend: -drawn.sideBend, headTurn: -drawn.headTurn, headTilt: -drawn.headTilt }
      : drawn,
    arms: mirrored ? { left: arms[1], right: arms[0] } : { left: arms[0], right: arms[1] },
    legs: mirrored ? { left: legs[1], right: legs[0] } : { left: legs[0], right: legs[1] },
    scale: random.uniform(0.93, 1.03),
    shift: [random.uniform(-1, 1), random.uniform(-1, 1)],
  };
}

/** The relaxed stand: a starting point for poses made by hand. */
export function standingPose(view: FigureView): FigurePose {
  const arm: ArmAngles = { flexion: 0, abduction: 14, rotation: 20, elbow: 12 };
  const leg: LegAngles = { flexion: 0, abduction: 5, rotation: -8, knee: 2, ankle: 2 };
  return {
    name: 'stand',
    view,
    yaw: viewYaw[view],
    body: { lean: 0, sideBend: 0, headTurn: 0, headNod: 0, headTilt: 0 },
    arms: { left: arm, right: arm },
    legs: { left: leg, right: leg },
    scale: 1,
    shift: [0, 0],
  };
}
