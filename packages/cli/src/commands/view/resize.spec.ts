import { fitted, sizeWithin } from './resize.ts';

const grey = (width: number, height: number, values: readonly number[]) => ({
  width,
  height,
  data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
});
const reds = ({ data }: { readonly data: ArrayLike<number> }) => Array.from(data).filter((_, i) => i % 3 === 0);

it('fits a picture into a square, and enlarges one only when asked', () => {
  expect(sizeWithin({ width: 300, height: 100 }, 96)).toEqual({ width: 96, height: 32 });
  expect(sizeWithin({ width: 30, height: 10 }, 96)).toEqual({ width: 30, height: 10 });
  expect(sizeWithin({ width: 30, height: 10 }, 96, { enlarge: true })).toEqual({ width: 96, height: 32 });
  expect(sizeWithin({ width: 1000, height: 1 }, 96).height).toBe(1);
});

it('averages the area that a smaller pixel covers, also of parts of pixels', () => {
  expect(reds(fitted(grey(2, 2, [0, 100, 50, 250]), { width: 1, height: 1 }))).toEqual([100]);
  // Each of the two covers one and a half: (10 + 40 / 2) / 1.5 and (40 / 2 + 100) / 1.5.
  expect(reds(fitted(grey(3, 1, [10, 40, 100]), { width: 2, height: 1 }))).toEqual([20, 80]);
});

it('repeats pixels of a larger one, and leaves one of the size as it is', () => {
  const image = grey(2, 1, [7, 9]);
  expect(reds(fitted(image, { width: 4, height: 2 }))).toEqual([7, 7, 9, 9, 7, 7, 9, 9]);
  expect(fitted(image, { width: 2, height: 1 })).toBe(image);
});

it('keeps white white at every ratio', () => {
  for (const size of [1, 2, 5, 7, 11]) {
    const white = grey(13, 13, new Array<number>(169).fill(255));
    expect(new Set(fitted(white, { width: size, height: size }).data)).toEqual(new Set([255]));
  }
});
