// The pixels of whole figures are in src/protocols/protocols.golden.spec.ts, against scikit-image.
import { keypointMask, type MaskJoint } from './keypoint-mask.ts';

const nobody: readonly MaskJoint[] = Array.from({ length: 18 }, () => null);
const size = { width: 40, height: 30 };

function withJoints(joints: Readonly<Record<number, MaskJoint>>): MaskJoint[] {
  return nobody.map((_, index) => joints[index] ?? null);
}

/** Rows as text, '#' for 255, without the empty rows and columns around. */
function drawn({ data, width }: { data: ArrayLike<number>; width: number }): string[] {
  const rows = Array.from({ length: data.length / width }, (_, y) =>
    Array.from({ length: width }, (_, x) => (data[y * width + x] === 255 ? '#' : '.')).join(''),
  ).filter((row) => row.includes('#'));
  const left = Math.min(...rows.map((row) => row.indexOf('#')));
  const right = Math.max(...rows.map((row) => row.lastIndexOf('#')));
  return rows.map((row) => row.slice(left, right + 1));
}

describe('keypointMask', () => {
  it('is empty without joints', () => {
    for (const kind of ['pg2', 'defgan'] as const) {
      expect(keypointMask(kind, nobody, size).data.every((value) => value === 0)).toBe(true);
    }
  });

  it('defgan draws a joint without neighbours as a disc without rim, pg2 leaves it out', () => {
    const alone = withJoints({ 4: [20, 15] });
    expect(drawn(keypointMask('defgan', alone, size))).toEqual([
      '.#####.',
      '#######',
      '#######',
      '#######',
      '#######',
      '#######',
      '.#####.',
    ]);
    expect(drawn(keypointMask('pg2', alone, size))).toEqual([]);
  });

  it('pg2 draws two joints that are near each other as two discs with rim', () => {
    expect(drawn(keypointMask('pg2', withJoints({ 3: [20, 15], 4: [20, 15] }), size))).toEqual([
      '....#....',
      '..#####..',
      '.#######.',
      '.#######.',
      '#########',
      '.#######.',
      '.#######.',
      '..#####..',
      '....#....',
    ]);
  });

  it('defgan fills the rectangle along a limb, half a width of 4 on either side, edges included', () => {
    const { data, width } = keypointMask('defgan', withJoints({ 3: [10, 15], 4: [30, 15] }), size);
    const column = (x: number) => Array.from({ length: 30 }, (_, y) => data[y * width + x]).indexOf(255);
    expect([12, 20, 28].map(column)).toEqual([11, 11, 11]);
    expect(data[(15 + 4) * width + 20]).toBe(255);
    expect(data[(15 + 5) * width + 20]).toBe(0);
  });

  it('connects only limbs of which both ends are visible', () => {
    const arm = keypointMask('pg2', withJoints({ 2: [5, 5], 4: [35, 25] }), size);
    expect(arm.data.every((value) => value === 0)).toBe(true);
  });

  it('closes gaps of up to four pixels and is cut off at the border', () => {
    const joints = withJoints({ 8: [14, 25], 9: [14, 40], 11: [25, 25], 12: [25, 40] });
    const { data, width } = keypointMask('pg2', joints, size);
    // Two legs in the last row, discs around y = 30: x = 11 to 17 and 22 to 28. The closing fills 18 to 21.
    expect([10, 11, 18, 21, 28, 29].map((x) => data[29 * width + x])).toEqual([0, 255, 255, 255, 255, 0]);
  });

  it('leaves the background black beyond the figure', () => {
    const { data, width } = keypointMask('defgan', withJoints({ 0: [0, 0], 1: [0, 20] }), size);
    expect(data[10 * width + 4]).toBe(255);
    expect(data[10 * width + 5]).toBe(0);
  });

  it('refuses another number of joints, places that are no numbers, and sizes that are no sizes', () => {
    expect(() => keypointMask('pg2', nobody.slice(1), size)).toThrow(
      'keypointMask: key points: expected 18 joints in the order of COCO-18',
    );
    expect(() => keypointMask('pg2', withJoints({ 7: [Number.NaN, 3] }), size)).toThrow(
      'keypointMask: joint 7: expected two finite numbers, or null, received [NaN, 3].',
    );
    expect(() => keypointMask('pg2', nobody, { width: 0, height: 4 })).toThrow('received 0 x 4');
  });
});
