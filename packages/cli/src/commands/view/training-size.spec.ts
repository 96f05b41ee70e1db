import { trainingSizeProblem, trainingSizesNote } from './training-size.ts';

const photo = (width: number, height = width) => ({ name: `${width}x${height}.jpg`, width, height });

it('takes squares whose side is one that image.size may be', () => {
  for (const side of [16, 64, 256, 1024]) expect(trainingSizeProblem(photo(side))).toBeUndefined();
});

it.each([
  [600, 900],
  [100, 100],
  [8, 8],
  [2048, 2048],
])('says what training wants instead of %d x %d, and what to do', (width, height) => {
  expect(trainingSizeProblem(photo(width, height))).toMatch(
    new RegExp(
      `expected a square with a side of 16, .*, 512 or 1024 pixels, received ${width} x ${height}\\. .*crop and scale first`,
    ),
  );
});

it('says of a folder how many photos training refuses, and names the first', () => {
  expect(trainingSizesNote([photo(64), photo(600, 900), photo(100)])).toMatch(
    /^Training refuses 2 of 3 photos: .* received 600x900\.jpg of 600 x 900\./,
  );
  expect(trainingSizesNote([photo(64), photo(64)])).toBeUndefined();
});

it('says that squares of several sizes are not taken together', () => {
  expect(trainingSizesNote([photo(256), photo(64), photo(64)])).toMatch(/squares of 64, 256 pixels/);
});
