// Colours of the figures: sRGB, integers 0..255.
import type { FigureRandom } from './figure-random.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** The one background of the figures. */
export const figureBackground: Colour = [232, 232, 230];

export const skinTones: readonly Colour[] = [
  [250, 220, 196],
  [240, 200, 168],
  [228, 178, 140],
  [208, 154, 112],
  [180, 124, 86],
  [146, 96, 64],
  [112, 72, 50],
  [84, 54, 40],
];

export const hairColours: readonly Colour[] = [
  [28, 24, 26],
  [52, 36, 30],
  [88, 56, 36],
  [128, 82, 46],
  [176, 124, 62],
  [222, 184, 104],
  [168, 64, 32],
  [150, 148, 150],
  [206, 206, 212],
  [66, 92, 168],
  [190, 70, 140],
];

/** Dyes of fabrics: far enough apart that two of them are told from each other at 64 px. */
export const fabricColours: readonly Colour[] = [
  [198, 40, 44],
  [232, 92, 40],
  [246, 160, 36],
  [250, 208, 60],
  [164, 196, 56],
  [62, 148, 66],
  [24, 98, 74],
  [34, 160, 152],
  [92, 186, 226],
  [44, 112, 206],
  [34, 58, 138],
  [24, 32, 64],
  [98, 66, 176],
  [160, 100, 200],
  [212, 72, 148],
  [246, 160, 180],
  [130, 30, 58],
  [116, 70, 40],
  [186, 140, 90],
  [222, 198, 152],
  [44, 44, 48],
  [96, 100, 108],
  [150, 156, 164],
  [252, 250, 244],
];

/** Euclidean distance in sRGB, 0..441. */
export function colourDistance(a: Colour, b: Colour): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

function clampByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

/** Each channel moved by at most `amount`. */
export function jitteredColour(colour: Colour, amount: number, random: FigureRandom): Colour {
  return [
    clampByte(colour[0] + random.uniform(-amount, amount)),
    clampByte(colour[1] + random.uniform(-amount, amount)),
    clampByte(colour[2] + random.uniform(-amount, amount)),
  ];
}

/** The colour with its channels multiplied by `factor`. */
export function shaded(colour: Colour, factor: number): Colour {
  return [clampByte(colour[0] * factor), clampByte(colour[1] * factor), clampByte(colour[2] * factor)];
}

/** A dye at least `minimum` away from every colour in `others`. */
export function dyeAwayFrom(others: readonly Colour[], minimum: number, random: FigureRandom): Colour {
  const candidates = fabricColours.filter((dye) => others.every((other) => colourDistance(dye, other) >= minimum));
  return jitteredColour(random.pick(candidates.length > 0 ? candidates : fabricColours), 10, random);
}

/** `#rrggbb`. */
export function hex(colour: Colour): string {
  return `#${colour.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}
