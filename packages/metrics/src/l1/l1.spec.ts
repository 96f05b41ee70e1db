import { constant, maskWhere } from '../../testing/test-images.ts';
import { insideL1, l1 } from './l1.ts';

const black = constant(4, 3, 0);
/** Value 120 in one channel of the pixel at (1, 2), else 0. */
const spotted = constant(4, 3, 0);
spotted.data[3 * (2 * 4 + 1)] = 120;

describe('l1', () => {
  it('is 0 for equal images and 255 for black against white', () => {
    expect(l1(spotted, spotted)).toBe(0);
    expect(l1(black, constant(4, 3, 255))).toBe(255);
  });

  it('is the mean over pixels and channels, whichever image comes first', () => {
    expect(l1(black, spotted)).toBeCloseTo(120 / 36, 12);
    expect(l1(spotted, black)).toBe(l1(black, spotted));
  });

  it('refuses images of different size', () => {
    expect(() => l1(black, constant(3, 4, 0))).toThrow('expected 4 x 3 pixels, as first image, received 3 x 4');
  });
});

describe('insideL1', () => {
  it('is the mean over the pixels of the mask alone, the border included', () => {
    const corner = maskWhere(4, 3, (x, y) => x <= 1 && y === 2);
    expect(insideL1(black, spotted, corner)).toBe(120 / 6);
    const elsewhere = maskWhere(4, 3, (_, y) => y === 0);
    expect(insideL1(black, spotted, elsewhere)).toBe(0);
  });

  it('refuses an empty mask', () => {
    const nothing = maskWhere(4, 3, () => false);
    expect(() => insideL1(black, spotted, nothing)).toThrow(
      'insideL1: mask: expected a pixel above 127, received none',
    );
  });
});
