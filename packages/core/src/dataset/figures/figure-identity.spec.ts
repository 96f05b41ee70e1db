import { colourDistance, figureBackground } from './colour.ts';
import { figureIdentity, patternKinds } from './figure-identity.ts';

const people = Array.from({ length: 300 }, (_, index) => figureIdentity(1, index));

/** What tells one person's clothes from another's at a glance: kinds, patterns and dyes, dyes in steps of 32. */
function outfit(person: (typeof people)[number]): string {
  const coarse = (colour: readonly number[]) => colour.map((channel) => Math.round(channel / 32)).join('.');
  const { top, bottom, jacket, dress } = person;
  return [
    dress,
    coarse(top.fabric.base),
    top.fabric.pattern,
    coarse(top.fabric.accent),
    top.sleeves,
    jacket && coarse(jacket.fabric.base),
    bottom.kind,
    coarse(bottom.fabric.base),
    bottom.fabric.pattern,
  ].join('|');
}

describe('figureIdentity', () => {
  it('is a function of seed and index alone', () => {
    expect(figureIdentity(1, 42)).toEqual(people[42]);
    expect(figureIdentity(2, 42)).not.toEqual(people[42]);
  });

  it('dresses no two of 300 people alike', () => {
    expect(new Set(people.map(outfit)).size).toBe(people.length);
  });

  it('uses every pattern and every kind of garment', () => {
    expect(new Set(people.map((person) => person.top.fabric.pattern))).toEqual(new Set(patternKinds));
    expect(new Set(people.map((person) => person.bottom.kind))).toEqual(new Set(['trousers', 'shorts', 'skirt']));
    expect(new Set(people.map((person) => person.top.sleeves))).toEqual(new Set(['none', 'short', 'elbow', 'long']));
    expect(people.some((person) => person.jacket)).toBe(true);
    expect(people.some((person) => person.dress)).toBe(true);
  });

  it('keeps garments apart from the background, from each other and from their patterns', () => {
    // Dyes are chosen with 75 and 140; two jitters of 10 a channel can bring two colours closer by 2 * 17.4.
    for (const { top, bottom, dress } of people) {
      expect(colourDistance(top.fabric.base, figureBackground)).toBeGreaterThan(75 - 17.4);
      expect(colourDistance(bottom.fabric.base, figureBackground)).toBeGreaterThan(75 - 17.4);
      expect(colourDistance(top.fabric.base, top.fabric.accent)).toBeGreaterThan(140 - 34.7);
      if (!dress) expect(colourDistance(top.fabric.base, bottom.fabric.base)).toBeGreaterThan(75 - 34.7);
    }
  });
});
