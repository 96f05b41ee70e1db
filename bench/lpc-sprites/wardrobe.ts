// Which layers there are, which of them training never sees, and the characters dressed in them.
import type { Random } from './random.ts';

type Slot = 'body' | 'eyes' | 'shoes' | 'legs' | 'torso' | 'belt' | 'hands' | 'hair' | 'head';

/** One thing to wear: a sheet, or two that belong together, the lower first. */
export interface Garment {
  readonly slot: Slot;
  /** Of the first sheet, without '.png'. */
  readonly name: string;
  readonly files: readonly string[];
}

export interface Character {
  readonly name: string;
  readonly split: 'train' | 'test';
  /** In stacking order. */
  readonly garments: readonly Garment[];
  /** Names of those that no training character wears. */
  readonly unseen: readonly string[];
}

// 25 sheets of li2018 equal sheets of universal-male pixel by pixel (all but body/3, eyes/4, bottomwear/5, topwear/5 and
// hair); they are listed once, else a garment held out of training could be seen there under its other name.
// Left out because frames are missing: bottomwear/5 and topwear/5 (no thrust, no shoot), golden_helm (no hurt),
// leather/shoulders (not in all of shoot). Other layers are empty only where the body hides them.
const male = 'universal-male';
const bodies = ['light', 'tanned', 'tanned2', 'dark', 'dark2', 'darkelf', 'orc', 'skeleton'];
const eyes = ['blue', 'brown', 'gray', 'green', 'red'];
const hairStyles: Readonly<Record<string, readonly string[]>> = {
  bangs: ['black', 'green'],
  bangslong: ['blonde', 'purple'],
  bedhead: ['brown', 'gray'],
  jewfro: ['brunette', 'redhead'],
  long: ['gold', 'white'],
  longhawk: ['blue', 'green'],
  messy1: ['pink', 'purple'],
  messy2: ['black', 'gray'],
  mohawk: ['blonde', 'brunette'],
  page: ['brown', 'gold'],
  parted: ['blue', 'redhead'],
  plain: ['pink', 'white'],
  ponytail: ['black', 'green'],
  princess: ['blonde', 'purple'],
  shorthawk: ['brown', 'gray'],
  swoop: ['brunette', 'redhead'],
  unkempt: ['gold', 'white'],
  xlong: ['blue', 'green'],
};

export const wardrobe: Readonly<Record<Slot, readonly Garment[]>> = {
  body: [...bodies.map((name) => garment('body', `${male}/body/male/${name}`)), garment('body', 'li2018/body/3')],
  eyes: [...eyes.map((name) => garment('eyes', `${male}/body/male/eyes/${name}`)), garment('eyes', 'li2018/eyes/4')],
  shoes: [
    ...['black', 'brown', 'maroon'].map((name) => garment('shoes', `${male}/feet/shoes/male/${name}_shoes_male`)),
    ...['golden', 'metal'].map((name) => garment('shoes', `${male}/feet/armor/male/${name}_boots_male`)),
  ],
  legs: [
    ...['magenta', 'red', 'teal', 'white'].map((name) => garment('legs', `${male}/legs/pants/male/${name}_pants_male`)),
    garment('legs', `${male}/legs/armor/male/metal_pants_male`),
    garment('legs', `${male}/legs/armor/male/golden_greaves_male`),
    garment('legs', `${male}/legs/skirt/male/robe_skirt_male`),
  ],
  torso: [
    ...['brown', 'maroon', 'teal', 'white'].map((name) =>
      garment('torso', `${male}/torso/shirts/longsleeve/male/${name}_longsleeve`),
    ),
    garment('torso', `${male}/torso/plate/chest_male`, `${male}/torso/plate/arms_male`),
    garment('torso', `${male}/torso/gold/chest_male`, `${male}/torso/gold/arms_male`),
    garment('torso', `${male}/torso/leather/chest_male`),
    garment('torso', `${male}/torso/chain/mail_male`),
    garment('torso', `${male}/torso/chain/tabard/jacket_male`),
  ],
  belt: [
    garment('belt', `${male}/belt/cloth/male/white_cloth_male`),
    garment('belt', `${male}/belt/leather/male/leather_male`),
  ],
  hands: [
    garment('hands', `${male}/hands/bracers/male/leather_bracers_male`),
    garment('hands', `${male}/hands/gloves/male/golden_gloves_male`),
    garment('hands', `${male}/hands/gloves/male/metal_gloves_male`),
  ],
  hair: [
    ...Object.entries(hairStyles).flatMap(([style, colours]) =>
      colours.map((colour) => garment('hair', `${male}/hair/male/${style}/${colour}`)),
    ),
    ...Array.from({ length: 10 }, (_, i) => garment('hair', `li2018/hair/${i}`)),
  ],
  head: [
    garment('head', `${male}/head/bandanas/male/red`),
    garment('head', `${male}/head/caps/male/leather_cap_male`),
    garment('head', `${male}/head/helms/male/metal_helm_male`),
    garment('head', `${male}/head/hoods/male/chain_hood_male`),
    garment('head', `${male}/head/hoods/male/cloth_hood_male`),
  ],
};

const stackingOrder: readonly Slot[] = ['body', 'eyes', 'shoes', 'legs', 'torso', 'belt', 'hands', 'hair', 'head'];

/** 21 of 92 garments, as many of each kind as in the pilot study; hair by whole styles, two sheets each, and two more. */
const heldOutCounts: Readonly<Partial<Record<Slot, number>>> = { body: 3, shoes: 2, legs: 2, torso: 3, head: 1 };
const heldOutHairStyles = 4;
const heldOutSingleHairs = 2;

export function heldOutGarments(random: Random): ReadonlySet<Garment> {
  const bySlot = Object.entries(heldOutCounts).flatMap(([slot, count]) =>
    random.shuffled(wardrobe[slot as Slot]).slice(0, count),
  );
  const styles = random.shuffled(Object.keys(hairStyles)).slice(0, heldOutHairStyles);
  const hairs = wardrobe.hair.filter(({ name }) => styles.some((style) => name.includes(`/hair/male/${style}/`)));
  const singles = random.shuffled(wardrobe.hair.filter(({ name }) => name.startsWith('li2018/')));
  return new Set([...bySlot, ...hairs, ...singles.slice(0, heldOutSingleHairs)]);
}

/** A garment held out is chosen this often where there is one: gives about 22 % unseen layers, as in the pilot study. */
const unseenProbability = 0.17;

/**
 * Distinct characters: `train` of seen garments, `test` with at least one unseen each, then `moreTrain` again of seen ones:
 * drawn last, so that the others do not depend on their number.
 */
export function dressedCharacters(
  random: Random,
  heldOut: ReadonlySet<Garment>,
  counts: { readonly train: number; readonly test: number; readonly moreTrain: number },
): Character[] {
  const known = new Set<string>();
  const dress = (split: Character['split'], count: number, first = 0): Character[] => {
    const characters: Character[] = [];
    while (characters.length < count) {
      const garments = outfit(random, heldOut, split === 'test' ? unseenProbability : 0);
      const unseen = garments.filter((garment) => heldOut.has(garment)).map(({ name }) => name);
      const look = garments.map(({ name }) => name).join(' ');
      if (known.has(look) || (split === 'test' && unseen.length === 0)) continue;
      known.add(look);
      const name = `${split}-${String(first + characters.length).padStart(3, '0')}`;
      characters.push({ name, split, garments, unseen });
    }
    return characters;
  };
  const { train, test, moreTrain } = counts;
  return [...dress('train', train), ...dress('test', test), ...dress('train', moreTrain, train)];
}

function outfit(random: Random, heldOut: ReadonlySet<Garment>, unseen: number): Garment[] {
  const head = random.next() < 0.25 ? choose('head') : undefined;
  // Hair would stick out of helmets and hoods.
  const isHairHidden = head !== undefined && /\/(helms|hoods)\//.test(head.name);
  const chosen = [
    choose('body'),
    choose('eyes'),
    choose('shoes'),
    choose('legs'),
    choose('torso'),
    ...(random.next() < 0.5 ? [choose('belt')] : []),
    ...(random.next() < 0.5 ? [choose('hands')] : []),
    ...(isHairHidden ? [] : [choose('hair')]),
    ...(head === undefined ? [] : [head]),
  ];
  return chosen.sort((a, b) => stackingOrder.indexOf(a.slot) - stackingOrder.indexOf(b.slot));

  function choose(slot: Slot): Garment {
    const isUnseen = random.next() < unseen;
    const hidden = wardrobe[slot].filter((garment) => heldOut.has(garment));
    if (isUnseen && hidden.length > 0) return random.pick(hidden);
    return random.pick(wardrobe[slot].filter((garment) => !heldOut.has(garment)));
  }
}

function garment(slot: Slot, ...names: readonly [string, ...string[]]): Garment {
  return { slot, name: names[0], files: names.map((name) => `${name}.png`) };
}
