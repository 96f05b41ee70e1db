// Head, face, hair and neck. The face is drawn on the front of the skull, so it turns away with it.
import { type Colour, shaded } from './colour.ts';
import type { FigureIdentity } from './figure-identity.ts';
import { convexHull, type JointPlace, type Layer, type Part } from './figure-parts.ts';
import type { Mark } from './pattern.ts';
import { shadeMark } from './shading.ts';
import { type Side, type Skeleton, trunkDepth } from './skeleton.ts';
import { flat, type Point, profile, type Ring, ring, Surface } from './surface.ts';
import { add, at, mix, scale, type Vector3 } from './vector3.ts';

// Half width, front and back of the skull by height from chin (0) to crown (1); body heights at the average head.
const skull = [
  [0, 0.021, 0.064, 0.028],
  [0.08, 0.038, 0.07, 0.01],
  [0.25, 0.0525, 0.073, -0.03],
  [0.42, 0.0595, 0.0735, -0.052],
  [0.56, 0.0625, 0.0725, -0.066],
  [0.72, 0.0615, 0.07, -0.069],
  [0.87, 0.047, 0.051, -0.053],
  [0.96, 0.0275, 0.029, -0.032],
  [1, 0.006, 0.004, -0.008],
] as const;

// The neck enters the head at this height.
const neckHeight = 0.2;

/** Lower edge of the hair by angle from the middle of the face. */
const hairEdges: Readonly<Record<string, readonly (readonly number[])[]>> = {
  buzz: [
    [0, 0.8],
    [45, 0.79],
    [64, 0.66],
    [78, 0.56],
    [100, 0.5],
    [125, 0.32],
    [180, 0.26],
  ],
  short: [
    [0, 0.8],
    [40, 0.77],
    [60, 0.66],
    [72, 0.46],
    [88, 0.5],
    [104, 0.36],
    [130, 0.2],
    [180, 0.16],
  ],
  fringe: [
    [0, 0.66],
    [38, 0.66],
    [56, 0.6],
    [70, 0.4],
    [88, 0.44],
    [104, 0.32],
    [130, 0.14],
    [180, 0.1],
  ],
  bob: [
    [0, 0.78],
    [24, 0.76],
    [50, 0.64],
    [64, 0.44],
    [76, 0.14],
    [90, 0.04],
    [180, 0.02],
  ],
  long: [
    [0, 0.82],
    [20, 0.78],
    [48, 0.66],
    [64, 0.4],
    [78, 0.14],
    [100, 0.02],
    [180, 0],
  ],
  back: [
    [0, 0.83],
    [40, 0.8],
    [62, 0.7],
    [80, 0.56],
    [100, 0.46],
    [130, 0.26],
    [180, 0.2],
  ],
  beanie: [
    [0, 0.68],
    [90, 0.62],
    [180, 0.52],
  ],
};

interface Head {
  readonly parts: Part[];
  readonly joints: Readonly<Record<'nose' | 'rightEye' | 'leftEye' | 'rightEar' | 'leftEar', JointPlace>>;
}

export function drawHead(identity: FigureIdentity, body: Skeleton): Head {
  const { skin, hair, face } = identity;
  const size = body.lengths.head;
  // Widths follow the size of the head.
  const unit = size / 0.158;
  const frame = body.head;
  const place = (height: number, across: number, ahead: number): Vector3 =>
    add(body.headBase, at(frame, across, -(height - neckHeight) * size, ahead));

  /** The skull, `swell` times as thick: hair and hats are worn outside of it. */
  const skullSurface = (swell: number): Surface => {
    const rings: Ring[] = [];
    const places: number[] = [];
    for (let i = 0; i <= 20; i++) {
      // Closer together towards chin and crown, where the outline turns.
      const height = (1 - Math.cos((i * Math.PI) / 20)) / 2;
      places.push(height);
      const [halfWidth, bareFront, bareBack] = profile(skull, height) as [number, number, number];
      // Hair is thick above and behind, thin at the forehead.
      const front = (bareFront * (1 + (swell - 1) * 0.4)) / swell;
      const back = bareBack;
      const swollen = 0.56 + (height - 0.56) * (height > 0.56 ? swell : 1);
      rings.push(
        ring(
          place(swollen, 0, ((front + back) / 2) * unit),
          frame,
          halfWidth * unit * swell,
          ((front - back) / 2) * unit * swell,
        ),
      );
    }
    return new Surface(rings, places);
  };
  const bare = skullSurface(1);
  const centre = place(0.55, 0, -0.005 * unit);

  const spot = (height: number, angle: number, halfHeight: number, halfAngle: number, colour: Colour): Mark[] => {
    if (bare.visibility(height, angle) < 0.1) return [];
    const outline: Point[] = [];
    for (let k = 0; k < 10; k++) {
      const turn = (k * Math.PI) / 5;
      outline.push(flat(bare.point(height + halfHeight * Math.sin(turn), angle + halfAngle * Math.cos(turn))));
    }
    return [{ outline, colour, opacity: 1 }];
  };
  const strip = (low: number, high: number, from: number, to: number, colour: Colour, opacity = 1): Mark[] => {
    const outline = bare.patch(
      low,
      high,
      () => from,
      () => to,
    );
    return outline.length > 2 ? [{ outline, colour, opacity }] : [];
  };

  const eyeAngle = 27;
  const eyeHeight = 0.5;
  const brow = hair.style === 'bald' ? shaded(hair.colour, 0.8) : shaded(hair.colour, 0.85);
  const white: Colour = [252, 252, 252];
  const marks: Mark[] = [...shadeMark(bare, 0.04, 0.96)];
  if (face.beard) {
    marks.push(
      ...strip(0, 0.24, -80, 80, hair.colour),
      ...strip(0.23, 0.45, -88, -58, hair.colour),
      ...strip(0.23, 0.45, 58, 88, hair.colour),
    );
    marks.push(...strip(0.24, 0.3, -24, 24, hair.colour));
  }
  const lips: Colour = [
    Math.round(skin[0] * (1 - 0.25 * face.lips) + 20 * face.lips),
    Math.round(skin[1] * (1 - 0.45 * face.lips)),
    Math.round(skin[2] * (1 - 0.38 * face.lips)),
  ];
  marks.push(...strip(0.165, 0.215, -21, 21, shaded(lips, 0.82)));
  for (const side of [1, -1]) {
    marks.push(...spot(eyeHeight, side * eyeAngle, 0.062, 12, white));
    marks.push(...spot(eyeHeight - 0.004, side * eyeAngle, 0.054, 7, face.eyes));
    const [from, to] = side > 0 ? [13, 42] : [-42, -13];
    if (bare.visibility(0.62, side * eyeAngle) > 0.1) marks.push(...strip(0.6, 0.635, from, to, brow));
    if (face.glasses) {
      const dark: Colour = [36, 36, 40];
      marks.push(...strip(0.575, 0.6, side > 0 ? 6 : -46, side > 0 ? 46 : -6, dark));
      marks.push(...strip(0.4, 0.425, side > 0 ? 10 : -44, side > 0 ? 44 : -10, dark));
      marks.push(...strip(0.4, 0.6, side > 0 ? 44 : -49, side > 0 ? 49 : -44, dark));
      marks.push(...strip(0.4, 0.6, side > 0 ? 6 : -11, side > 0 ? 11 : -6, dark));
      marks.push(...strip(0.54, 0.565, side > 0 ? 48 : -92, side > 0 ? 92 : -48, dark));
    }
  }

  // The nose stands out of the face: in profile it breaks the outline.
  const noseTip = place(0.345, 0, 0.0865 * unit);
  const nosePoints: Vector3[] = [
    place(0.5, 0, 0.0745 * unit),
    noseTip,
    place(0.325, 0, 0.082 * unit),
    place(0.295, 0, 0.073 * unit),
    place(0.325, 0.0125 * unit, 0.074 * unit),
    place(0.325, -0.0125 * unit, 0.074 * unit),
  ];
  const headsUp = frame[2][2];
  const noseIsBehind = headsUp < -0.08;
  const nose: Layer = { colour: shaded(skin, 0.89), polygons: [convexHull(nosePoints.map(flat))] };

  const hairLayer = (edge: readonly (readonly number[])[], swell: number, colour: Colour, bandHeight = 0): Layer => {
    const surface = skullSurface(swell);
    const lowest = (angle: number) => {
      const wrapped = Math.abs(angle - 360 * Math.round(angle / 360));
      return (profile(edge, wrapped) as [number])[0];
    };
    const middle = surface.facing(0.6);
    const ridge = (angleOffset: number): Point[] => {
      const from = Math.max(0, lowest(middle + angleOffset));
      return Array.from({ length: 13 }, (_, i) => {
        const height = from + (1 - from) * Math.sin((i * Math.PI) / 24);
        return flat(surface.point(height, surface.facing(height) + angleOffset));
      });
    };
    const rim: Point[] = [];
    for (let offset = -90; offset <= 90; offset += 9) {
      const angle = middle + offset;
      rim.push(flat(surface.point(Math.max(0, lowest(angle)), angle)));
    }
    const polygon = [...rim, ...ridge(90), ...ridge(-90).reverse()];
    const fold: Mark[] = [];
    if (bandHeight > 0) {
      const top: Point[] = [];
      for (let offset = 90; offset >= -90; offset -= 9) {
        const angle = middle + offset;
        top.push(flat(surface.point(lowest(angle) + bandHeight, angle)));
      }
      fold.push({ outline: [...rim, ...top], colour: shaded(colour, 0.72), opacity: 1 });
    }
    return {
      colour,
      polygons: [polygon],
      marks: fold,
      // On the ball of an afro the line would show where no hair ends.
      lines: hair.style === 'afro' ? [] : [{ points: rim, width: 0.004, opacity: 0.25 }],
    };
  };

  const style = hair.style;
  const hairLayers: Layer[] = [];
  if (style === 'buzz') hairLayers.push(hairLayer(hairEdges.buzz ?? [], 1.015, mixColours(hair.colour, skin, 0.22)));
  else if (style === 'bob') hairLayers.push(hairLayer(hairEdges.bob ?? [], 1.16, hair.colour));
  else if (style === 'long') hairLayers.push(hairLayer(hairEdges.long ?? [], 1.1, hair.colour));
  else if (style === 'ponytail' || style === 'bun') hairLayers.push(hairLayer(hairEdges.back ?? [], 1.06, hair.colour));
  else if (style === 'afro') hairLayers.push(hairLayer(hairEdges.short ?? [], 1.3, hair.colour));
  else if (style === 'fringe') hairLayers.push(hairLayer(hairEdges.fringe ?? [], 1.1, hair.colour));
  else if (style === 'short') hairLayers.push(hairLayer(hairEdges.short ?? [], 1.08, hair.colour));
  else if (style === 'beanie') {
    hairLayers.push(hairLayer(hairEdges.short ?? [], 1.05, hair.colour));
    hairLayers.push(hairLayer(hairEdges.beanie ?? [], 1.13, hair.beanie, 0.13));
  }

  const ear = (side: Side): { at: Vector3; layer: Layer } => {
    const sign = side === 'left' ? 1 : -1;
    const middle = place(0.42, sign * 0.0655 * unit, -0.008 * unit);
    // Seen from the side an ear is an oval, from the front a sliver.
    const width = (0.0085 + 0.0075 * Math.abs(frame[0][2])) * unit;
    const outline: Point[] = [];
    for (let k = 0; k < 12; k++) {
      const turn = (k * Math.PI) / 6;
      outline.push(
        flat(
          add(middle, add(scale([1, 0, 0], width * Math.cos(turn)), scale(frame[1], 0.024 * unit * Math.sin(turn)))),
        ),
      );
    }
    return { at: middle, layer: { colour: shaded(skin, 0.93), polygons: [outline] } };
  };
  const ears = { left: ear('left'), right: ear('right') };
  const depth = centre[2] + 0.03;
  const headLayers: Layer[] = [
    ...(noseIsBehind ? [nose] : []),
    { colour: skin, polygons: [bare.band(0, 1)], marks },
    ...(noseIsBehind ? [] : [nose]),
    ...hairLayers,
  ];
  const parts: Part[] = [
    {
      name: 'head',
      depth,
      chain: 'head',
      carries: ['nose', 'rightEye', 'leftEye'],
      layers: headLayers,
      light: 1,
    },
  ];
  for (const side of ['left', 'right'] as const) {
    const { at: middle, layer } = ears[side];
    // Long hair and a bob are combed over the ears.
    const covered = style === 'long' || style === 'bob' || style === 'afro';
    const isNear = middle[2] >= centre[2] - 0.004;
    parts.push({
      name: `${side}Ear`,
      depth: isNear && !covered ? depth + 0.0005 : depth - 0.0005,
      chain: 'head',
      carries: [`${side}Ear`],
      layers: [layer],
      light: 1,
    });
  }

  // Neck: from the collar into the head, its lower end round like the collar.
  const throatTop = place(neckHeight + 0.06, 0, 0.004);
  const throatBase = body.spine(1.04).centre;
  const neckRadius = 0.0345 * (0.5 + 0.5 * identity.proportions.build);
  const neckRing = (t: number) =>
    ring(mix(throatBase, throatTop, t), body.chest, neckRadius * (1.12 - 0.12 * t), neckRadius * (1.12 - 0.12 * t));
  const neck = new Surface([neckRing(1), neckRing(0.5), neckRing(0)]);
  const neckLayers: Layer[] = [
    {
      colour: shaded(skin, 0.94),
      polygons: [neck.band(0, 1)],
      marks: shadeMark(neck, 0, 1),
      contour: neck.edges(0, 0.75),
    },
  ];
  const { top, jacket } = identity;
  const collared = top.neckline === 'high' || top.neckline === 'collar';
  if (collared) {
    const colour =
      top.neckline === 'collar' || !collared
        ? jacket
          ? jacket.fabric.base
          : shaded(top.fabric.accent, 1)
        : top.fabric.base;
    const height = top.neckline === 'high' ? 0.42 : 0.24;
    const collarRing = (t: number) => {
      const radius = neckRadius * 1.2 + 0.004;
      return ring(mix(throatBase, throatTop, t), body.chest, radius, radius);
    };
    const collar = new Surface([collarRing(height), collarRing(height / 2), collarRing(-0.06)]);
    neckLayers.push({
      colour,
      polygons: [collar.band(0, 1)],
      marks: shadeMark(collar, 0, 1),
      lines: [{ points: collar.arc(0), width: 0.005, opacity: 0.3 }],
    });
  }
  parts.push({
    name: 'neck',
    // Above the shirt even when the trunk leans back a little; under the head.
    depth: Math.min(depth - 0.001, Math.max(trunkDepth(body) + 0.0005, (throatBase[2] + throatTop[2]) / 2)),
    chain: 'neck',
    carries: ['neck'],
    layers: neckLayers,
    light: 1,
  });

  const tail = (name: string, rings: Ring[], depthOfTail: number): void => {
    const surface = new Surface(rings);
    const first = rings[0] as Ring;
    const last = rings[rings.length - 1] as Ring;
    const radius = (r: Ring) => Math.hypot(...r.depth);
    parts.push({
      name,
      depth: depthOfTail,
      chain: 'head',
      carries: ['rightEar', 'leftEar'],
      layers: [
        {
          colour: hair.colour,
          polygons: [surface.band(0, 1)],
          circles: [
            { centre: flat(first.centre), radius: radius(first) },
            { centre: flat(last.centre), radius: radius(last) },
          ],
          marks: shadeMark(surface, 0.1, 1),
        },
      ],
      light: 1,
    });
  };
  if (style === 'long') {
    const { chest } = body;
    const below = (height: number, behind: number) => add(body.spine(height).centre, at(chest, 0, 0, -behind));
    const rings = [
      ring(place(0.62, 0, -0.03 * unit), frame, 0.066 * unit, 0.045 * unit),
      ring(place(0.22, 0, -0.042 * unit), frame, 0.074 * unit, 0.042 * unit),
      ring(below(1.02, 0.052), chest, 0.076 * unit, 0.032 * unit),
      ring(below(0.86, 0.074), chest, 0.068 * unit, 0.024 * unit),
      ring(below(0.74, 0.074), chest, 0.05 * unit, 0.02 * unit),
    ];
    // Behind head and trunk, or before both of them: hair falls down the back.
    const isBefore = (rings[2]?.centre[2] ?? 0) > body.spine(1.02).centre[2] - 0.012;
    tail(
      'hair',
      rings,
      isBefore ? Math.max(depth, trunkDepth(body)) + 0.001 : Math.min(depth, trunkDepth(body)) - 0.001,
    );
  } else if (style === 'ponytail') {
    const knot = place(0.72, 0, -0.088 * unit);
    const swing = at(frame, 0, 0.045, -0.034);
    const rings = [
      ring(knot, frame, 0.02 * unit, 0.02 * unit),
      ring(add(knot, scale(swing, 0.7)), frame, 0.031 * unit, 0.027 * unit),
      ring(add(knot, add(scale(swing, 1.1), [0, 0.05, 0])), frame, 0.029 * unit, 0.024 * unit),
      ring(add(knot, add(scale(swing, 1.15), [0, 0.12, 0])), frame, 0.012 * unit, 0.01 * unit),
    ];
    tail('hair', rings, knot[2] + 0.02);
  } else if (style === 'bun') {
    const knot = place(0.93, 0, -0.066 * unit);
    tail(
      'hair',
      [
        ring(knot, frame, 0.034 * unit, 0.034 * unit),
        ring(add(knot, at(frame, 0, -0.004, -0.006)), frame, 0.034 * unit, 0.034 * unit),
      ],
      knot[2] + 0.02,
    );
  } else if (style === 'afro') {
    const middle = place(0.68, 0, -0.022 * unit);
    tail(
      'hair',
      [
        ring(middle, frame, 0.108 * unit, 0.108 * unit),
        ring(add(middle, at(frame, 0, 0.012, 0)), frame, 0.108 * unit, 0.1 * unit),
      ],
      middle[2] + 0.02,
    );
  }

  const onFace = (name: JointPlace['name'], height: number, angle: number): JointPlace => ({
    name,
    at: flat(bare.point(height, angle)),
    isBuried: bare.visibility(height, angle) < 0.1,
  });
  // Positive angles lie on the person's left.
  return {
    parts,
    joints: {
      nose: { name: 'nose', at: flat(mix(noseTip, place(0.33, 0, 0.074 * unit), 0.4)), isBuried: noseIsBehind },
      leftEye: onFace('leftEye', eyeHeight, eyeAngle),
      rightEye: onFace('rightEye', eyeHeight, -eyeAngle),
      leftEar: { name: 'leftEar', at: flat(ears.left.at), isBuried: false },
      rightEar: { name: 'rightEar', at: flat(ears.right.at), isBuried: false },
    },
  };
}

function mixColours(a: Colour, b: Colour, share: number): Colour {
  return [
    Math.round(a[0] + (b[0] - a[0]) * share),
    Math.round(a[1] + (b[1] - a[1]) * share),
    Math.round(a[2] + (b[2] - a[2]) * share),
  ];
}
