// A person in a pose as parts to paint: limbs, trunk, garments and shoes. The head has its own file.
import { type Colour, shaded } from './colour.ts';
import { drawHead } from './draw-head.ts';
import type { Fabric, FigureIdentity } from './figure-identity.ts';
import { type Circle, convexHull, type JointPlace, type Layer, type Line, type Part } from './figure-parts.ts';
import type { FigurePose } from './figure-pose.ts';
import { type Cloth, type Mark, patternMarks } from './pattern.ts';
import { lightAt, shadeMark } from './shading.ts';
import { type LimbBones, type Side, type Skeleton, sides, skeleton, trunkDepth, trunkLift } from './skeleton.ts';
import { flat, type Point, profile, type Ring, ring, Surface } from './surface.ts';
import { add, at, dot, type Frame, mix, scale, subtract, type Vector3 } from './vector3.ts';

// Offsets in depth, body heights. Arms hang beside the trunk at its own depth and are seen whole from both sides;
// legs disappear under pelvis and shirt until they are lifted towards the viewer.
const armNearer = 0.05;
const legFarther = 0.1;
const pelvisFarther = 0.03;

/**
 * The flesh around a bone. It begins with a dome around the first joint, so that cloth goes around shoulder and knee;
 * `placeOf` says where a share of the bone lies on it.
 */
function limbSurface(from: Vector3, to: Vector3, frame: Frame, radii: readonly (readonly number[])[], extra: number) {
  const first = ((radii[0] as readonly number[])[1] as number) + extra;
  const length = Math.sqrt(dot(subtract(to, from), subtract(to, from)));
  const total = length + first;
  const rings: Ring[] = [];
  const places: number[] = [];
  for (const angle of [84, 60, 36, 15]) {
    const rise = first * Math.sin((angle * Math.PI) / 180);
    const radius = first * Math.cos((angle * Math.PI) / 180);
    rings.push(ring(add(from, at(frame, 0, -rise, 0)), frame, radius, radius));
    places.push(angle === 84 ? 0 : (first - rise) / total);
  }
  for (let i = 0; i <= 5; i++) {
    const [radius] = profile(radii, i / 5) as [number];
    rings.push(ring(mix(from, to, i / 5), frame, radius + extra, radius + extra));
    places.push(i === 5 ? 1 : (first + (length * i) / 5) / total);
  }
  return { surface: new Surface(rings, places), total, placeOf: (share: number) => (first + share * length) / total };
}

function circleAt(centre: Vector3, radius: number): Circle {
  return { centre: flat(centre), radius };
}

function hemLine(surface: Surface, along: number): Line {
  return { points: surface.arc(along), width: 0.005, opacity: 0.3 };
}

function hull(circles: readonly Circle[]): Point[] {
  const points: Point[] = [];
  for (const { centre, radius } of circles) {
    for (let k = 0; k < 16; k++) {
      const angle = (k * Math.PI) / 8;
      points.push([centre[0] + radius * Math.cos(angle), centre[1] + radius * Math.sin(angle)]);
    }
  }
  return convexHull(points);
}

interface Sleeve {
  readonly fabric: Fabric;
  readonly looseness: number;
  /** Share of the bone that is covered. */
  readonly to: number;
  readonly sideStripe?: boolean;
}

/** Bare bone with flesh, and a sleeve or trouser leg over it. `blends`: no outline at its root. */
function boneLayers(
  from: Vector3,
  to: Vector3,
  frame: Frame,
  radii: readonly (readonly number[])[],
  skin: Colour,
  sleeve: Sleeve | null,
  side: Side,
  blends = false,
): Layer[] {
  const flesh = limbSurface(from, to, frame, radii, 0);
  const first = (radii[0] as readonly number[])[1] as number;
  const last = (radii[radii.length - 1] as readonly number[])[1] as number;
  const layers: Layer[] = [];
  if (!sleeve || sleeve.to < 1) {
    // Under a sleeve, no more flesh than may look out of its end.
    const start = flesh.placeOf(sleeve ? Math.max(0, sleeve.to - 0.2) : 0);
    layers.push({
      colour: skin,
      polygons: [flesh.surface.band(start, 1)],
      circles: [...(sleeve ? [] : [circleAt(from, first)]), circleAt(to, last)],
      marks: shadeMark(flesh.surface, start, 1),
      ...(blends ? { contour: flesh.surface.edges(Math.max(start, flesh.placeOf(0.3)), 1) } : {}),
    });
  }
  if (!sleeve) return layers;
  const cloth = limbSurface(from, to, frame, radii, sleeve.looseness);
  const start = cloth.placeOf(0);
  const end = sleeve.to < 1 ? cloth.placeOf(sleeve.to) : 1;
  const marks = patternMarks(cloth.surface, sleeve.fabric, {
    length: cloth.total,
    girth: 2 * Math.PI * ((first + last) / 2 + sleeve.looseness),
    from: 0,
    to: end,
  });
  if (sleeve.sideStripe) {
    const middle = side === 'left' ? 90 : -90;
    const outline = cloth.surface.patch(
      start * 0.4,
      end,
      () => middle - 26,
      () => middle + 26,
    );
    if (outline.length > 2) marks.push({ outline, colour: sleeve.fabric.accent, opacity: 1 });
  }
  layers.push({
    colour: sleeve.fabric.base,
    polygons: [cloth.surface.band(start, end)],
    circles: [
      circleAt(from, first + sleeve.looseness),
      ...(sleeve.to >= 1 ? [circleAt(to, last + sleeve.looseness)] : []),
    ],
    marks: [...marks, ...shadeMark(cloth.surface, start, end)],
    lines: sleeve.to < 1 ? [hemLine(cloth.surface, end)] : [],
    ...(blends ? { contour: cloth.surface.edges(cloth.placeOf(0.3), end) } : {}),
  });
  return layers;
}

function middleDepth(bones: LimbBones, bone: 'upper' | 'lower'): number {
  return bone === 'upper' ? (bones.root[2] + bones.middle[2]) / 2 : (bones.middle[2] + bones.end[2]) / 2;
}

/**
 * Depths of the two bones of a limb for sorting. Unless one of them clearly points at the viewer, or something at the
 * depth `between` passes between them, they stay neighbours: the other limb lies before or behind both.
 */
function togetherInDepth(upper: number, lower: number, between = Number.NaN): [number, number] {
  if (Math.abs(upper - lower) > 0.1 || (upper - between) * (lower - between) < 0) return [upper, lower];
  const middle = (upper + lower) / 2;
  return upper < lower ? [middle, middle + 1e-6] : [middle + 1e-6, middle];
}

function armParts(identity: FigureIdentity, body: Skeleton, side: Side): Part[] {
  const { build } = identity.proportions;
  const girth = 0.55 + 0.45 * build;
  const bones = body.arms[side];
  const upperRadii = [
    [0, 0.0435 * girth],
    [0.35, 0.0425 * girth],
    [1, 0.0345 * girth],
  ];
  const lowerRadii = [
    [0, 0.034 * girth],
    [0.3, 0.034 * girth],
    [1, 0.022 * girth],
  ];
  const jacket = identity.jacket;
  const sleeves = jacket ? 'long' : identity.top.sleeves;
  const fabric = jacket ? jacket.fabric : identity.top.sleeveFabric;
  const looseness = identity.top.looseness + (jacket ? 0.006 : 0.002);
  const reach = { none: 0, short: 0.58, elbow: 0.95, long: 1 }[sleeves];
  const upper = boneLayers(
    bones.root,
    bones.middle,
    bones.upper,
    upperRadii,
    identity.skin,
    reach > 0 ? { fabric, looseness, to: reach } : null,
    side,
    true,
  );
  const lower = boneLayers(
    bones.middle,
    bones.end,
    bones.lower,
    lowerRadii,
    identity.skin,
    sleeves === 'long' ? { fabric, looseness, to: 0.96 } : null,
    side,
  );
  const inward = side === 'left' ? -1 : 1;
  const onHand = (across: number, along: number, ahead: number) =>
    add(bones.end, at(bones.lower, across, along, ahead));
  const wrist = circleAt(bones.end, 0.02 * girth);
  const hand: Layer = {
    colour: identity.skin,
    polygons: [
      hull([
        wrist,
        circleAt(onHand(0, 0.026, 0.008), 0.0255),
        circleAt(onHand(0, 0.026, -0.008), 0.0255),
        circleAt(onHand(inward * 0.004, 0.056, 0.004), 0.0155),
      ]),
      hull([circleAt(onHand(0, 0.012, 0.012), 0.012), circleAt(onHand(inward * 0.012, 0.036, 0.032), 0.0095)]),
    ],
  };
  const name = side === 'left' ? 'Left' : 'Right';
  const nearer = armNearer + trunkLift(body);
  const trunk = trunkDepth(body);
  const [upperDepth, lowerDepth] = togetherInDepth(
    middleDepth(bones, 'upper') + nearer,
    middleDepth(bones, 'lower') + nearer,
    trunk,
  );
  const shoulder = upper[upper.length - 1] as Layer;
  const light = lightAt((middleDepth(bones, 'upper') + middleDepth(bones, 'lower')) / 2);
  return [
    // The round of the shoulder: under the trunk, so that no line divides sleeve and chest.
    {
      name: `shoulderLine${name}`,
      depth: Math.min(upperDepth, trunk) - 0.001,
      chain: `shoulderLine${name}`,
      carries: [],
      layers: [{ colour: shoulder.colour, polygons: [], circles: shoulder.circles?.slice(0, 1) ?? [] }],
      isContour: true,
      light,
    },
    {
      name: `upperArm${name}`,
      depth: upperDepth,
      chain: `arm${name}`,
      carries: [`${side}Shoulder`, `${side}Elbow`],
      layers: upper,
      light,
    },
    {
      name: `forearm${name}`,
      depth: lowerDepth,
      chain: `arm${name}`,
      carries: [`${side}Elbow`, `${side}Wrist`],
      // A hand that reaches for the viewer is seen before its sleeve, any other comes out of it.
      layers: bones.lower[1][2] > 0.4 ? [...lower, hand] : [hand, ...lower],
      light,
    },
  ];
}

interface LegShape {
  readonly thigh: readonly (readonly number[])[];
  readonly shin: readonly (readonly number[])[];
}

function legShape(identity: FigureIdentity): LegShape {
  const { build, hips } = identity.proportions;
  const girth = (0.5 + 0.5 * build) * (0.6 + 0.4 * hips);
  return {
    thigh: [
      [0, 0.06 * girth],
      [0.25, 0.066 * girth],
      [0.75, 0.052 * girth],
      [1, 0.046 * girth],
    ],
    shin: [
      [0, 0.046 * girth],
      [0.3, 0.048 * girth],
      [0.75, 0.034 * girth],
      [1, 0.029 * girth],
    ],
  };
}

function shoeLayers(identity: FigureIdentity, body: Skeleton, side: Side): { under: Layer[]; over: Layer[] } {
  const { foot, end, lower } = body.legs[side];
  const { kind, colour, sole, socks } = identity.shoes;
  const length = body.lengths.foot;
  const on = (down: number, ahead: number) => add(end, at(foot, 0, down, ahead));
  const shape = (drop: number) =>
    hull([
      circleAt(on(0.002, 0), 0.027),
      circleAt(on(0.022 + drop, -0.014), 0.025),
      circleAt(on(0.026 + drop, length * 0.5), 0.0245),
      circleAt(on(0.031 + drop, length * 0.78), 0.0195),
    ]);
  const under: Layer[] = [{ colour: sole, polygons: [shape(0.009)] }];
  const shoe: Layer = {
    colour,
    polygons: [shape(0)],
    marks:
      kind === 'trainers'
        ? [
            {
              outline: hull([circleAt(on(0.004, length * 0.25), 0.008), circleAt(on(0.028, length * 0.4), 0.008)]),
              colour: sole,
              opacity: 1,
            },
          ]
        : [],
  };
  under.push(shoe);
  const over: Layer[] = [];
  const shaft = (height: number, radius: number, dye: Colour) => {
    const surface = new Surface([
      ring(add(end, at(lower, 0, -height, 0)), lower, radius, radius),
      ring(add(end, at(lower, 0, 0.006, 0)), lower, radius, radius),
    ]);
    over.push({
      colour: dye,
      polygons: [surface.band(0, 1)],
      circles: [circleAt(end, radius)],
      marks: shadeMark(surface, 0, 1),
      lines: [hemLine(surface, 0)],
    });
  };
  if (kind === 'boots') shaft(0.075, 0.037, colour);
  else if (socks) shaft(0.04, 0.031, socks);
  return { under, over };
}

function legParts(identity: FigureIdentity, body: Skeleton, side: Side): Part[] {
  const bones = body.legs[side];
  const { bottom } = identity;
  const shape = legShape(identity);
  const trousers = bottom.kind === 'trousers';
  const sleeve = (to: number): Sleeve => ({
    fabric: bottom.fabric,
    looseness: bottom.looseness,
    to,
    sideStripe: bottom.sideStripe,
  });
  const thigh = boneLayers(
    bones.root,
    bones.middle,
    bones.upper,
    shape.thigh,
    identity.skin,
    bottom.kind === 'skirt' ? null : sleeve(trousers ? 1 : bottom.length),
    side,
  );
  const shin = boneLayers(
    bones.middle,
    bones.end,
    bones.lower,
    shape.shin,
    identity.skin,
    trousers ? sleeve(bottom.length) : null,
    side,
  );
  const shoe = shoeLayers(identity, body, side);
  const name = side === 'left' ? 'Left' : 'Right';
  const [upperZ, lowerZ] = togetherInDepth(middleDepth(bones, 'upper'), middleDepth(bones, 'lower'));
  const light = lightAt((upperZ + lowerZ) / 2);
  // Trousers fall over shoes and socks; the shaft of a boot is worn over a bare leg alone.
  const [skinLayer, ...cloth] = shin as [Layer, ...Layer[]];
  return [
    {
      name: `thigh${name}`,
      depth: upperZ - legFarther,
      chain: `leg${name}`,
      carries: [`${side}Hip`, `${side}Knee`],
      layers: thigh,
      light,
    },
    {
      name: `shin${name}`,
      depth: lowerZ - legFarther,
      chain: `leg${name}`,
      carries: [`${side}Knee`, `${side}Ankle`],
      layers: [...shoe.under, skinLayer, ...shoe.over, ...cloth],
      light,
    },
  ];
}

/** Half width, half depth and forward offset of the trunk, by height on the spine. */
function trunkProfile(identity: FigureIdentity): number[][] {
  const { build: g, shoulders: s, waist: w, hips: h } = identity.proportions;
  return [
    [-0.2, 0.072 * h * g, 0.06 * g, -0.006],
    [-0.08, 0.104 * h * g, 0.076 * g, -0.009],
    [0.06, 0.107 * h * g, 0.079 * g, -0.009],
    [0.22, 0.096 * ((h + w) / 2) * g, 0.073 * g, -0.002],
    [0.4, 0.083 * w * g, 0.067 * w * g, 0.004],
    [0.62, 0.097 * ((s + w) / 2) * g, 0.074 * g, 0.008],
    [0.8, 0.111 * s * g, 0.075 * g, 0.006],
    [0.9, 0.115 * s * (0.4 + 0.6 * g), 0.063 * g, 0.001],
    [0.99, 0.109 * s * (0.4 + 0.6 * g), 0.053 * g, -0.003],
    [1.05, 0.084 * s * (0.4 + 0.6 * g), 0.046 * g, -0.004],
    [1.1, 0.055 * s, 0.041, -0.003],
    [1.14, 0.037, 0.037, 0],
  ];
}

/** The trunk between two heights on the spine, from top to bottom. */
function trunkSurface(identity: FigureIdentity, body: Skeleton, top: number, bottom: number, extra: number): Surface {
  const table = trunkProfile(identity);
  const count = Math.max(3, Math.round((top - bottom) * 13));
  const rings: Ring[] = [];
  for (let i = 0; i <= count; i++) {
    const height = top + ((bottom - top) * i) / count;
    const [halfWidth, halfDepth, ahead] = profile(table, height) as [number, number, number];
    const { centre, frame } = body.spine(height);
    rings.push(ring(add(centre, at(frame, 0, 0, ahead)), frame, halfWidth + extra, halfDepth + extra));
  }
  return new Surface(rings);
}

function trunkCloth(identity: FigureIdentity, body: Skeleton, top: number, bottom: number, from = 0, to = 1): Cloth {
  const { waist, build } = identity.proportions;
  return { length: (top - bottom) * body.lengths.trunk, girth: 0.56 * build * (0.5 + 0.5 * waist), from, to };
}

const collarTop = 1.11;

function trunkParts(identity: FigureIdentity, body: Skeleton): Part[] {
  const { top, bottom, jacket, dress, skin } = identity;
  const hem = dress ? 0.32 : top.tucked ? 0.1 : -0.06;
  const shirt = trunkSurface(identity, body, collarTop, hem, top.looseness);
  const marks = patternMarks(shirt, top.fabric, {
    ...trunkCloth(identity, body, collarTop, hem),
    // The slope of the shoulders is no place for a pattern that counts in heights.
    from: top.fabric.pattern === 'dots' ? 0.1 : 0.04,
  });
  const lines: Line[] = [hemLine(shirt, 1)];
  const along = (height: number) => (collarTop - height) / (collarTop - hem);
  const neckOpening = (depth: number, halfWidth: number): Mark[] => {
    const outline = shirt.patch(
      0,
      along(depth),
      (place) => -halfWidth * (1 - 0.92 * Math.min(1, place / along(depth))),
      (place) => halfWidth * (1 - 0.92 * Math.min(1, place / along(depth))),
    );
    return outline.length > 2 ? [{ outline, colour: skin, opacity: 1 }] : [];
  };
  if (top.neckline === 'deep') marks.push(...neckOpening(0.86, 85));
  if (top.neckline === 'collar' && !jacket) {
    // A row of buttons, and a collar in the colour of the pattern.
    const placket = shirt.patch(
      along(1.05),
      1,
      () => -5,
      () => 5,
    );
    if (placket.length > 2) marks.push({ outline: placket, colour: shaded(top.fabric.base, 0.72), opacity: 1 });
  }
  const layers: Layer[] = [];
  const trunkBare: Layer = {
    colour: top.fabric.base,
    polygons: [shirt.band(0, 1)],
    marks: [...marks, ...shadeMark(shirt, 0.06, 1)],
    lines,
  };
  layers.push(trunkBare);
  if (jacket) {
    const coat = trunkSurface(identity, body, collarTop, jacket.hem, top.looseness + 0.011);
    const cloth = trunkCloth(identity, body, collarTop, jacket.hem);
    const opening = (place: number) => 16 + 26 * Math.max(0, 1 - place * 2.2);
    const panels = [
      coat.patch(0, 1, opening, () => 183),
      coat.patch(
        0,
        1,
        () => -183,
        (place) => -opening(place),
      ),
    ].filter((panel) => panel.length > 2);
    // The pattern is laid around the whole coat; the opening is painted over it with the shirt below.
    const front = coat.patch(0, 1, (place) => -opening(place), opening);
    const coatMarks = [...patternMarks(coat, jacket.fabric, cloth), ...shadeMark(coat, 0.06, 1)];
    if (front.length > 2) {
      layers.push({
        colour: jacket.fabric.base,
        polygons: [coat.band(0, 1)],
        marks: coatMarks,
        lines: [hemLine(coat, 1)],
      });
      const inner = shirt.patch(
        0,
        1,
        (place) => -opening(place) * 1.02,
        (place) => opening(place) * 1.02,
      );
      layers.push({
        colour: top.fabric.base,
        polygons: [inner],
        marks: clippedFront(shirt, identity, body, opening, hem),
        lines: [{ points: [...inner, ...inner.slice(0, 1)], width: 0.007, opacity: 0.4 }],
      });
    } else {
      layers.push({ colour: jacket.fabric.base, polygons: panels, marks: coatMarks, lines: [hemLine(coat, 1)] });
    }
  }
  const parts: Part[] = [
    {
      name: 'trunk',
      depth: trunkDepth(body),
      chain: 'trunk',
      carries: ['neck', 'leftHip', 'rightHip'],
      layers,
      light: 1,
    },
  ];
  if (top.tucked && bottom.kind !== 'skirt' && !jacket) parts.push(waistPart(identity, body, trunkDepth(body)));
  return parts;
}

/** The strip of shirt that shows between the two sides of an open jacket, with its pattern. */
function clippedFront(
  shirt: Surface,
  identity: FigureIdentity,
  body: Skeleton,
  opening: (place: number) => number,
  hem: number,
): Mark[] {
  const { fabric } = identity.top;
  const cloth = trunkCloth(identity, body, collarTop, hem);
  if (fabric.pattern === 'plain' || fabric.pattern === 'dots') return [];
  const step = fabric.period / cloth.length;
  const marks: Mark[] = [];
  const paint = (from: number, to: number) => {
    const outline = shirt.patch(from, to, (place) => -opening(place), opening);
    if (outline.length > 2) marks.push({ outline, colour: fabric.accent, opacity: 1 });
  };
  if (fabric.pattern === 'band') paint(0.34, 0.56);
  else if (fabric.pattern === 'block') paint(0.52, 1);
  else if (fabric.pattern === 'verticalStripes') {
    const outline = shirt.patch(
      0,
      1,
      () => -7,
      () => 7,
    );
    if (outline.length > 2) marks.push({ outline, colour: fabric.accent, opacity: 1 });
  } else for (let start = 0.04 + step * 0.4; start < 1; start += step) paint(start, Math.min(1, start + step / 2));
  return marks;
}

/** The waistband of trousers that are worn over the shirt. */
function waistPart(identity: FigureIdentity, body: Skeleton, depth: number): Part {
  const { bottom, top } = identity;
  const upper = 0.25;
  const lower = 0.04;
  const surface = trunkSurface(identity, body, upper, lower, Math.max(bottom.looseness, top.looseness + 0.001));
  const cloth = trunkCloth(identity, body, upper, lower);
  return {
    name: 'waist',
    depth: depth + 1e-5,
    chain: 'waist',
    carries: ['leftHip', 'rightHip'],
    layers: [
      {
        colour: bottom.fabric.base,
        polygons: [surface.band(0, 1)],
        marks: [
          ...patternMarks(surface, bottom.fabric, cloth),
          { outline: surface.band(0, 0.28), colour: shaded(bottom.fabric.base, 0.55), opacity: 1 },
          ...shadeMark(surface, 0, 1),
        ],
        contour: surface.edges(0, 1),
      },
    ],
    light: 1,
  };
}

/** Seat of the trousers; of skirts too, which keep it covered when the thighs are lifted. */
function pelvisParts(identity: FigureIdentity, body: Skeleton): Part[] {
  const { bottom } = identity;
  // Of a skirt, looseness is the width of its hem.
  const looseness = bottom.kind === 'skirt' ? 0.003 : bottom.looseness;
  const surface = trunkSurface(identity, body, 0.25, -0.2, looseness);
  const layer: Layer = {
    colour: bottom.fabric.base,
    polygons: [surface.band(0, 1)],
    marks: [
      ...patternMarks(surface, bottom.fabric, trunkCloth(identity, body, 0.25, -0.2)),
      ...shadeMark(surface, 0, 1),
    ],
  };
  return [
    {
      name: 'pelvisLine',
      depth: -1,
      chain: 'pelvisLine',
      carries: [],
      layers: [{ ...layer, marks: [] }],
      isContour: true,
      light: 1,
    },
    {
      name: 'pelvis',
      depth: -pelvisFarther,
      chain: 'pelvis',
      carries: ['leftHip', 'rightHip'],
      // Its outline lies below the legs: they grow out of it.
      layers: [{ ...layer, contour: [] }],
      light: 1,
    },
  ];
}

function cross(a: Vector3, b: Vector3): Vector3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function normalised(a: Vector3): Vector3 {
  return scale(a, 1 / Math.sqrt(dot(a, a)));
}

function skirtParts(identity: FigureIdentity, body: Skeleton, legs: readonly Part[]): Part[] {
  const { bottom, dress, top } = identity;
  if (bottom.kind !== 'skirt') return [];
  const extra = top.looseness + 0.003;
  const table = trunkProfile(identity);
  const start = dress ? 0.36 : 0.26;
  const ringAt = (height: number): Ring => {
    const [halfWidth, halfDepth, ahead] = profile(table, height) as [number, number, number];
    const { centre, frame } = body.spine(height);
    return ring(add(centre, at(frame, 0, 0, ahead)), frame, halfWidth + extra, halfDepth + extra);
  };
  // The hem goes around both thighs, wherever they are.
  const onThigh = (side: Side) => mix(body.legs[side].root, body.legs[side].middle, bottom.length);
  const [left, right] = [onThigh('left'), onThigh('right')];
  const between = subtract(left, right);
  const centre = mix(left, right, 0.5);
  const down = normalised(centre);
  const pelvisX = body.pelvis[0];
  const across = normalised(subtract(pelvisX, scale(down, dot(pelvisX, down))));
  const ahead = cross(across, down);
  const [thigh] = profile(legShape(identity).thigh, bottom.length) as [number];
  // What hangs from lifted thighs falls down instead of standing out from them.
  const drape = 0.5 + 0.5 * Math.max(0, dot(down, body.pelvis[1]));
  const hipRing = ringAt(0.02);
  const [hipWidth, hipDepth] = profile(table, 0.02) as [number, number];
  const hemRing: Ring = {
    centre,
    lateral: scale(across, Math.max(hipWidth + bottom.looseness, Math.abs(dot(between, across)) / 2 + thigh + 0.012)),
    depth: scale(
      ahead,
      Math.max((hipDepth + bottom.looseness * 0.8) * drape, Math.abs(dot(between, ahead)) / 2 + thigh + 0.012),
    ),
  };
  const blend = (t: number): Ring => ({
    centre: mix(hipRing.centre, hemRing.centre, t),
    lateral: mix(hipRing.lateral, hemRing.lateral, t),
    depth: mix(hipRing.depth, hemRing.depth, t),
  });
  const rings = [ringAt(start), ringAt((start + 0.02) / 2), hipRing, blend(1 / 3), blend(2 / 3), hemRing];
  const surface = new Surface(rings);
  const length = (start - 0.02) * body.lengths.trunk + Math.sqrt(dot(centre, centre));
  const cloth: Cloth = { length, girth: 0.66 * identity.proportions.build, from: 0, to: 1 };
  const legDepths = legs.filter((part) => part.name.startsWith('thigh')).map((part) => part.depth);
  const inside = [];
  for (let angle = 0; angle < 360; angle += 20) inside.push(flat(surface.point(1, angle)));
  return [
    {
      name: 'skirtInside',
      depth: Math.min(...legs.map((part) => part.depth)) - 0.001,
      chain: 'skirtInside',
      // Painted before both legs: it hides nothing.
      carries: [],
      layers: [{ colour: shaded(bottom.fabric.base, 0.6), polygons: [inside] }],
      light: 1,
    },
    {
      name: 'skirt',
      depth: Math.max(-pelvisFarther + 0.001, ...legDepths.map((depth) => depth + 0.001)),
      chain: 'skirt',
      carries: ['leftHip', 'rightHip', 'leftKnee', 'rightKnee'],
      layers: [
        {
          colour: bottom.fabric.base,
          polygons: [surface.band(0, 1)],
          marks: [...patternMarks(surface, bottom.fabric, cloth), ...shadeMark(surface, 0, 1)],
          lines: [hemLine(surface, 1)],
        },
      ],
      light: 1,
    },
  ];
}

/** How deep a joint in the middle of the trunk lies under the side that the viewer sees, body heights. */
function burial(joint: Vector3, centre: Vector3, frame: Frame, halfWidth: number, halfDepth: number): number {
  const lateral = frame[0];
  const ahead = frame[2];
  const offset = joint[0] - centre[0];
  const halfSeen = Math.hypot(halfWidth * lateral[0], halfDepth * ahead[0]);
  const reach = Math.hypot(halfWidth * lateral[2], halfDepth * ahead[2]);
  return centre[2] + reach * Math.sqrt(Math.max(0, 1 - (offset / halfSeen) ** 2)) - joint[2];
}

export interface DrawnFigure {
  /** In painting order. */
  readonly parts: readonly Part[];
  /** All 18 joints, hidden or not, in COCO-18 order. Body heights. */
  readonly joints: readonly JointPlace[];
}

/** The parts of a person in a pose, sorted as they are painted, and where the joints are. Body heights. */
export function drawFigure(identity: FigureIdentity, pose: FigurePose): DrawnFigure {
  const body = skeleton(identity.proportions, pose);
  const legs = sides.flatMap((side) => legParts(identity, body, side));
  const head = drawHead(identity, body);
  const parts = [
    ...legs,
    ...pelvisParts(identity, body),
    ...skirtParts(identity, body, legs),
    ...trunkParts(identity, body),
    ...sides.flatMap((side) => armParts(identity, body, side)),
    ...head.parts,
  ].sort((a, b) => a.depth - b.depth);

  const place = (name: JointPlace['name'], v: Vector3, isBuried = false): JointPlace => ({
    name,
    at: flat(v),
    isBuried,
  });
  const [hipWidth, hipDepth] = profile(trunkProfile(identity), 0) as [number, number];
  const thighRadius = (legShape(identity).thigh[0] as readonly number[])[1] as number;
  const hip = (side: Side): JointPlace => {
    const root = body.legs[side].root;
    // Under more than one and a half times the flesh of its own thigh, the other hip is what one sees.
    const isBuried = burial(root, [0, 0, 0], body.pelvis, hipWidth, hipDepth) > 1.5 * thighRadius;
    return place(`${side}Hip`, root, isBuried);
  };
  const limb = (bones: LimbBones, side: Side, names: readonly ['Elbow', 'Wrist'] | readonly ['Knee', 'Ankle']) => [
    place(`${side}${names[0]}`, bones.middle),
    place(`${side}${names[1]}`, bones.end),
  ];
  const { nose, rightEye, leftEye, rightEar, leftEar } = head.joints;
  return {
    parts,
    joints: [
      nose,
      // Where the neck leaves the trunk: half-way between the shoulders lies deep in the chest, hidden by any arm.
      place('neck', body.spine(1.05).centre),
      place('rightShoulder', body.arms.right.root),
      ...limb(body.arms.right, 'right', ['Elbow', 'Wrist']),
      place('leftShoulder', body.arms.left.root),
      ...limb(body.arms.left, 'left', ['Elbow', 'Wrist']),
      hip('right'),
      ...limb(body.legs.right, 'right', ['Knee', 'Ankle']),
      hip('left'),
      ...limb(body.legs.left, 'left', ['Knee', 'Ankle']),
      rightEye,
      leftEye,
      rightEar,
      leftEar,
    ],
  };
}
