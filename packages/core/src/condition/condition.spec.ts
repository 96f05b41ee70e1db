import type { ConditionConfig } from '../config/model-config.ts';
import { conditionSchema } from '../config/model-config.ts';
import type { VariationInput } from '../dataset/example.ts';
import { conditionChannels, drawCondition } from './condition.ts';
import { ConditionError } from './condition-error.ts';
import { bones, flipKeypoints, type Joint, jointCount, type Keypoints } from './keypoints.ts';

const hidden: Keypoints = Array.from({ length: jointCount }, () => null);

function pose(joints: Record<number, Joint>): Keypoints {
  return hidden.map((_, i) => joints[i] ?? null);
}

/** The map as planes, plane by plane, row by row. `out` begins as NaN: a value that is not written shows. */
function planes(config: ConditionConfig, variation: VariationInput, size: number): number[][][] {
  const channels = conditionChannels(config);
  const out = new Float32Array(size * size * channels).fill(Number.NaN);
  drawCondition(config, variation, size, out);
  return Array.from({ length: channels }, (_, c) =>
    Array.from({ length: size }, (_, y) =>
      Array.from({ length: size }, (_, x) => out[(y * size + x) * channels + c] as number),
    ),
  );
}

const picture = (plane: number[][]) =>
  plane.map((row) => row.map((value) => (value === 1 ? '#' : value === -1 ? '.' : '?')).join(''));

const keypointsConfig = (values: object = {}) => conditionSchema.parse({ kind: 'keypoints', ...values });

describe('discs', () => {
  const config = keypointsConfig({ radiusAt256: 32 }); // radius 2 in 16 pixels

  it('are +1 where the distance from the joint is at most the radius, else -1', () => {
    const plane = planes(config, { keypoints: pose({ 3: [5, 6] }) }, 16)[3] as number[][];
    for (const [y, row] of plane.entries()) {
      expect(row).toEqual(row.map((_, x) => (Math.hypot(x - 5, y - 6) <= 2 ? 1 : -1)));
    }
  });

  it('have a radius of 4 pixels at 256, as PG2 draws them', () => {
    const plane = planes(keypointsConfig(), { keypoints: pose({ 0: [100, 50] }) }, 256)[0] as number[][];
    // Whole points in a circle of radius 4 (Gauss's circle problem): 49.
    expect(plane.flat().filter((value) => value === 1)).toHaveLength(49);
    expect([plane[50]?.[104], plane[50]?.[105], plane[53]?.[102], plane[53]?.[103]]).toEqual([1, -1, 1, -1]);
  });

  it('are cut off at borders, and gone far outside', () => {
    const [cut, gone] = planes(config, { keypoints: pose({ 0: [15, -1], 1: [40, -300] }) }, 16);
    expect(picture(cut as number[][]).slice(0, 3)).toEqual([
      '..............##',
      '...............#',
      '................',
    ]);
    expect(picture(gone as number[][]).join('')).toBe('.'.repeat(256));
  });

  it('mark at least the pixel of the joint, however small the image', () => {
    const plane = planes(keypointsConfig(), { keypoints: pose({ 0: [7.4, 2.6] }) }, 16)[0] as number[][];
    expect(picture(plane)[3]).toBe('.......#........');
    expect(plane.flat().filter((value) => value === 1)).toHaveLength(1);
  });

  it('leave the planes of hidden joints empty', () => {
    const drawn = planes(config, { keypoints: pose({ 4: [8, 8] }) }, 16);
    expect(drawn.map((plane) => plane.flat().includes(1))).toEqual(hidden.map((_, i) => i === 4));
    expect(new Set(drawn.flat(2))).toEqual(new Set([-1, 1]));
  });
});

describe('gaussians', () => {
  it('are exp(-d^2 / (2 sigma^2)) of the exact distance, in float32, everywhere', () => {
    const config = keypointsConfig({ map: 'gaussians', radiusAt256: 48 }); // sigma 3 in 16 pixels
    const plane = planes(config, { keypoints: pose({ 17: [4.25, -1.5] }) }, 16)[17] as number[][];
    for (const [y, row] of plane.entries()) {
      for (const [x, value] of row.entries()) {
        const exact = Math.exp(-((x - 4.25) ** 2 + (y + 1.5) ** 2) / 18);
        // One rounding to float32 is 6e-8; the product of two exponentials in float64 adds nothing visible.
        expect(Math.abs(value - exact)).toBeLessThanOrEqual(exact * 6e-8);
      }
    }
  });

  it('are 0 where no normal float32 is small enough, and for hidden joints', () => {
    const config = keypointsConfig({ map: 'gaussians', radiusAt256: 4 }); // sigma 0.5 in 32 pixels: 0 from 6.6 pixels on
    const [shown, empty] = planes(config, { keypoints: pose({ 0: [10, 10] }) }, 32) as [number[][], number[][]];
    expect(shown[10]?.[10]).toBe(1);
    expect(shown[10]?.[16]).toBe(Math.fround(Math.exp(-72)));
    expect(shown[10]?.[17]).toBe(0);
    expect(shown.flat().every((value) => value === 0 || value >= 2 ** -126)).toBe(true);
    expect(empty.flat().every((value) => value === 0)).toBe(true);
  });
});

describe('limbs', () => {
  const config = keypointsConfig({ map: 'limbs', radiusAt256: 16 }); // half width 1 in 16 pixels

  it('are capsules around the bones: +1 where the distance from the segment is at most the half width', () => {
    const [neck, shoulder] = [1, 2];
    const drawn = planes(config, { keypoints: pose({ [neck]: [4, 3], [shoulder]: [9, 3] }) }, 16);
    expect(picture(drawn[0] as number[][]).slice(1, 6)).toEqual([
      '................',
      '....######......',
      '...########.....',
      '....######......',
      '................',
    ]);
  });

  it('agree with the distance from points of the segment, in any direction', () => {
    const plane = planes(config, { keypoints: pose({ 2: [2, 13], 3: [11, 1] }) }, 16)[2] as number[][];
    const points = Array.from({ length: 1001 }, (_, i) => [2 + (9 * i) / 1000, 13 - (12 * i) / 1000] as const);
    for (const [y, row] of plane.entries()) {
      for (const [x, value] of row.entries()) {
        const distance = Math.min(...points.map(([px, py]) => Math.hypot(x - px, y - py)));
        // Points lie 0.015 apart, so distances of about 1 are at most 0.0075^2 / 2 too large. Nearer than that, either is right.
        if (Math.abs(distance - 1) > 0.001) expect([x, y, value]).toEqual([x, y, distance < 1 ? 1 : -1]);
      }
    }
  });

  it('are one plane a bone, empty when one of its joints is hidden', () => {
    const keypoints = pose({ 1: [4, 3], 2: [9, 3], 8: [4, 12] });
    const drawn = planes(config, { keypoints }, 16);
    const shown = drawn.map((plane) => plane.flat().includes(1));
    expect(shown).toEqual(bones.map(([a, b]) => keypoints[a] !== null && keypoints[b] !== null));
    expect(shown.filter(Boolean)).toHaveLength(2);
  });
});

describe('pose maps', () => {
  it.each(['discs', 'gaussians', 'limbs'] as const)(
    '%s of a mirrored pose are the mirrored maps, sides exchanged',
    (map) => {
      const config = keypointsConfig({ map, radiusAt256: 24 });
      const keypoints = hidden.map((_, i) => [(i * 5) % 16, (i * 7) % 16] as const);
      const straight = planes(config, { keypoints }, 16);
      const mirrored = planes(config, { keypoints: flipKeypoints(keypoints, 16) }, 16);
      const inPlace = planes(config, { keypoints: flipKeypoints(flipKeypoints(keypoints, 16), 16) }, 16);
      expect(inPlace).toEqual(straight);
      // Planes change places, so compare them as sets.
      const text = (plane: number[][]) => plane.map((row) => row.join()).join('\n');
      const reversed = straight.map((plane) => text(plane.map((row) => [...row].reverse())));
      expect(mirrored.map(text).sort()).toEqual(reversed.sort());
    },
  );

  it.each(['discs', 'gaussians', 'limbs'] as const)('%s of the source follow those of the target', (map) => {
    const one = keypointsConfig({ map, radiusAt256: 16 });
    const both = keypointsConfig({ map, radiusAt256: 16, sourceKeypoints: true });
    const keypoints = hidden.map((_, i) => [i, 3] as const);
    const sourceKeypoints = hidden.map((_, i) => [3, i] as const);
    expect(planes(both, { keypoints, sourceKeypoints }, 16)).toEqual([
      ...planes(one, { keypoints }, 16),
      ...planes(one, { keypoints: sourceKeypoints }, 16),
    ]);
  });
});

describe('label maps', () => {
  it('are one constant plane a number', () => {
    const label = [0, 1, -0.5];
    const drawn = planes({ kind: 'label', length: 3 }, { label }, 16);
    expect(drawn).toEqual(
      label.map((value) => Array.from({ length: 16 }, () => Array.from({ length: 16 }, () => value))),
    );
  });
});

describe('image maps', () => {
  it('are the pixels, 0 as -1 and 255 as 1', () => {
    const data = Uint8Array.from({ length: 16 * 16 * 3 }, (_, i) => i % 256);
    const out = new Float32Array(16 * 16 * 3);
    drawCondition({ kind: 'image' }, { image: { data, width: 16, height: 16 } }, 16, out);
    expect([out[0], out[51], out[255]]).toEqual([-1, Math.fround(-0.6), 1]);
    expect([...out]).toEqual([...data].map((byte) => Math.fround(byte / 127.5 - 1)));
  });
});

describe('drawCondition', () => {
  const draw = (config: ConditionConfig, variation: VariationInput) => () => planes(config, variation, 16);

  it('says which field is missing', () => {
    expect(draw(keypointsConfig(), {})).toThrow(
      new ConditionError('keypoints', '18 joints in COCO-18 order, [x, y] or null', 'none'),
    );
    expect(draw(keypointsConfig({ sourceKeypoints: true }), { keypoints: hidden })).toThrow(
      /^condition: sourceKeypoints: /,
    );
    expect(draw({ kind: 'label', length: 3 }, {})).toThrow(
      'condition: label: expected 3 numbers (condition.length), received none.',
    );
    expect(draw({ kind: 'image' }, {})).toThrow('condition: image: expected 16 x 16 pixels, received none.');
  });

  it('refuses what has the wrong length, size or value', () => {
    const error = ConditionError;
    expect(draw(keypointsConfig(), { keypoints: hidden.slice(1) })).toThrow(error);
    expect(draw(keypointsConfig(), { keypoints: pose({ 2: [Number.NaN, 1] }) })).toThrow(
      /keypoints\[2\] \(rightShoulder\)/,
    );
    expect(draw({ kind: 'label', length: 3 }, { label: [1, 2] })).toThrow(/received 2\./);
    expect(draw({ kind: 'label', length: 1 }, { label: [Number.POSITIVE_INFINITY] })).toThrow(/label\[0\]/);
    const image = { data: new Uint8Array(8 * 16 * 3), width: 8, height: 16 };
    expect(draw({ kind: 'image' }, { image })).toThrow(/received 8 x 16\./);
    expect(() => drawCondition({ kind: 'image' }, { image }, 16, new Float32Array(5))).toThrow(/768 values/);
  });
});
