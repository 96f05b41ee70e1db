// Who is drawn: body, face, hair and clothes of a figure. Nothing here depends on pose or view.

import { randomPurposes } from '../../random/seeded-random.ts';
import { type Colour, dyeAwayFrom, figureBackground, hairColours, jitteredColour, skinTones } from './colour.ts';
import { FigureRandom } from './figure-random.ts';

export const patternKinds = [
  'plain',
  'horizontalStripes',
  'verticalStripes',
  'diagonalStripes',
  'checks',
  'dots',
  'band',
  'block',
] as const;
export type PatternKind = (typeof patternKinds)[number];

/** A dyed cloth with its pattern. */
export interface Fabric {
  readonly pattern: PatternKind;
  readonly base: Colour;
  /** Colour of the pattern. */
  readonly accent: Colour;
  /** Distance from one stripe or dot to the next, in body heights. */
  readonly period: number;
}

export const hairStyles = [
  'bald',
  'buzz',
  'short',
  'fringe',
  'bob',
  'long',
  'ponytail',
  'bun',
  'afro',
  'beanie',
] as const;
export type HairStyle = (typeof hairStyles)[number];

export interface Top {
  readonly fabric: Fabric;
  readonly sleeves: 'none' | 'short' | 'elbow' | 'long';
  /** Sleeves are cut from this one (raglan shirts); mostly the fabric of the body. */
  readonly sleeveFabric: Fabric;
  readonly neckline: 'round' | 'deep' | 'high' | 'collar';
  /** Worn inside the trousers or the skirt. */
  readonly tucked: boolean;
  /** Added to the radius of the body, in body heights. */
  readonly looseness: number;
}

/** Worn open over the top: its sleeves are long and hide those of the top. */
export interface Jacket {
  readonly fabric: Fabric;
  /** Where it ends: 0 at the hips, 1 at the shoulders. */
  readonly hem: number;
}

export interface Bottom {
  readonly kind: 'trousers' | 'shorts' | 'skirt';
  readonly fabric: Fabric;
  /** Share of the leg that is covered: trousers of the shin, shorts and skirts of the thigh. */
  readonly length: number;
  /** Added to the radius of the leg; for skirts the width of the hem. In body heights. */
  readonly looseness: number;
  readonly sideStripe: boolean;
}

export interface Shoes {
  readonly kind: 'shoes' | 'trainers' | 'boots';
  readonly colour: Colour;
  readonly sole: Colour;
  readonly socks: Colour | null;
}

/** Widths and lengths as factors on an average adult. */
export interface Proportions {
  readonly height: number;
  readonly build: number;
  readonly shoulders: number;
  readonly waist: number;
  readonly hips: number;
  readonly legs: number;
  readonly head: number;
}

export interface FigureIdentity {
  readonly seed: number;
  readonly index: number;
  readonly proportions: Proportions;
  readonly skin: Colour;
  readonly hair: { readonly style: HairStyle; readonly colour: Colour; readonly beanie: Colour };
  readonly face: { readonly eyes: Colour; readonly lips: number; readonly beard: boolean; readonly glasses: boolean };
  /** A dress: the skirt is cut from the fabric of the top. */
  readonly dress: boolean;
  readonly top: Top;
  readonly jacket: Jacket | null;
  readonly bottom: Bottom;
  readonly shoes: Shoes;
}

// Less than this from the background, and the edge of the figure would be found by its outline alone.
const backgroundContrast = 75;
// Less than this between two garments or between stripes and ground, and 64 px would not show the difference.
const garmentContrast = 110;

function drawFabric(
  random: FigureRandom,
  weights: Readonly<Record<PatternKind, number>>,
  others: readonly Colour[],
): Fabric {
  const base = dyeAwayFrom([figureBackground, ...others], backgroundContrast, random);
  return {
    pattern: random.weighted(weights),
    base,
    accent: dyeAwayFrom([base], garmentContrast + 30, random),
    // At 64 px a figure is about 58 px tall: the finest period has a little more than three pixels.
    period: random.uniform(0.056, 0.09),
  };
}

const topPatterns = {
  plain: 3,
  horizontalStripes: 4,
  verticalStripes: 2.5,
  diagonalStripes: 1.5,
  checks: 2.5,
  dots: 2.5,
  band: 2,
  block: 2,
} as const;
const bottomPatterns = {
  plain: 7,
  horizontalStripes: 1,
  verticalStripes: 1.5,
  diagonalStripes: 0.6,
  checks: 1.6,
  dots: 1,
  band: 0,
  block: 0,
} as const;
const jacketPatterns = { ...bottomPatterns, plain: 5, block: 1.5 } as const;

/**
 * Identity `index` of `seed`. A function of these two numbers alone, the same on every machine.
 *
 * @param seed   of the data set, an integer.
 * @param index  of the person, an integer from 0.
 */
export function figureIdentity(seed: number, index: number): FigureIdentity {
  const random = new FigureRandom(seed, randomPurposes.figureIdentity, index);
  const skin = jitteredColour(random.pick(skinTones), 8, random);
  const style = random.weighted({
    bald: 0.5,
    buzz: 1,
    short: 2.5,
    fringe: 1.5,
    bob: 1.8,
    long: 2,
    ponytail: 1.3,
    bun: 1.2,
    afro: 1.1,
    beanie: 1,
  });

  const bearded =
    (style === 'bald' || style === 'buzz' || style === 'short' || style === 'beanie') && random.chance(0.4);
  // The dyed colours come last; nobody dyes a beard or a shaven head.
  const natural = hairColours.slice(0, -2);
  const hairColour = jitteredColour(random.pick(bearded || style === 'bald' ? natural : hairColours), 10, random);

  const topFabric = drawFabric(random, topPatterns, [skin]);
  const dress = random.chance(0.14);
  const jacket: Jacket | null =
    !dress && random.chance(0.2)
      ? { fabric: drawFabric(random, jacketPatterns, [skin, topFabric.base]), hem: random.uniform(-0.12, 0.12) }
      : null;
  const bottomKind = dress ? 'skirt' : random.weighted({ trousers: 5, shorts: 2.4, skirt: 2 });
  const worn = [skin, topFabric.base, ...(jacket ? [jacket.fabric.base] : [])];
  const bottomFabric = drawFabric(random, bottomPatterns, worn);
  const raglan = !dress && random.chance(0.2);
  const sleeves = random.weighted({ none: dress ? 3 : 1, short: 4, elbow: 1, long: 4 });
  const top: Top = {
    fabric: topFabric,
    sleeves,
    sleeveFabric: raglan
      ? { ...topFabric, pattern: 'plain', base: topFabric.accent, accent: topFabric.base }
      : // A block or a band across the chest leaves the sleeves plain.
        { ...topFabric, pattern: topFabric.pattern === 'block' ? 'plain' : topFabric.pattern },
    neckline: random.weighted({ round: 4, deep: 2, high: 1.2, collar: 2 }),
    tucked: !dress && (bottomKind === 'skirt' ? random.chance(0.6) : random.chance(0.3)),
    looseness: random.uniform(0.004, 0.014),
  };
  const bottom: Bottom = {
    kind: bottomKind,
    fabric: dress ? topFabric : bottomFabric,
    length:
      bottomKind === 'trousers'
        ? random.uniform(0.82, 0.98)
        : bottomKind === 'shorts'
          ? random.uniform(0.45, 0.85)
          : random.uniform(0.68, 0.98),
    looseness: bottomKind === 'skirt' ? random.uniform(0.03, 0.085) : random.uniform(0.004, 0.017),
    sideStripe: bottomKind !== 'skirt' && bottomFabric.pattern === 'plain' && random.chance(0.3),
  };
  const shoeColour = dyeAwayFrom([figureBackground, bottom.fabric.base], 60, random);
  return {
    seed,
    index,
    proportions: {
      height: 1 + 0.09 * random.bell(),
      build: 1.13 + 0.22 * random.bell(),
      shoulders: 1 + 0.13 * random.bell(),
      waist: 1 + 0.16 * random.bell(),
      hips: 1 + 0.13 * random.bell(),
      legs: 1 + 0.05 * random.bell(),
      head: 1.06 + 0.07 * random.bell(),
    },
    skin,
    hair: { style, colour: hairColour, beanie: dyeAwayFrom([figureBackground, skin], backgroundContrast, random) },
    face: {
      eyes: random.pick<Colour>([
        [58, 40, 30],
        [40, 34, 34],
        [52, 84, 120],
        [58, 92, 62],
      ]),
      lips: random.uniform(0.3, 1),
      beard: bearded,
      glasses: random.chance(0.15),
    },
    dress,
    top,
    jacket,
    bottom,
    shoes: {
      kind: random.weighted({ shoes: 3, trainers: 3, boots: bottomKind === 'trousers' ? 1 : 2.5 }),
      colour: shoeColour,
      sole: random.pick<Colour>([
        [250, 250, 248],
        [40, 38, 40],
        [150, 104, 66],
      ]),
      socks: random.chance(0.5) ? dyeAwayFrom([skin, shoeColour], 70, random) : null,
    },
  };
}
