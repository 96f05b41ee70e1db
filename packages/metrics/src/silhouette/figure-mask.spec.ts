import { maskWhere } from '../../testing/test-images.ts';
import { figureMask } from './figure-mask.ts';

/** '#' figure, '.' not. */
function mask(...rows: string[]) {
  return maskWhere(rows[0]?.length ?? 0, rows.length, (x, y) => rows[y]?.[x] === '#');
}

describe('figureMask', () => {
  it('is the union of both silhouettes, grown by one pixel in all eight directions', () => {
    expect(
      figureMask(mask('......', '.#....', '......', '......'), mask('......', '......', '......', '.....#')),
    ).toEqual(mask('###...', '###...', '###.##', '....##'));
  });

  it('does not wrap around at the borders', () => {
    expect(figureMask(mask('....', '#...', '....'), mask('....', '....', '....'))).toEqual(
      mask('##..', '##..', '##..'),
    );
  });

  it('is empty when both are', () => {
    expect(figureMask(mask('..', '..'), mask('..', '..'))).toEqual(mask('..', '..'));
  });

  it('leaves its inputs alone', () => {
    const source = mask('...', '.#.', '...');
    figureMask(source, source);
    expect(source).toEqual(mask('...', '.#.', '...'));
  });

  it('refuses silhouettes of different size', () => {
    expect(() => figureMask(mask('..'), mask('.'))).toThrow(
      'figureMask: target silhouette: expected 2 x 1 pixels, as the source silhouette, received 1 x 1.',
    );
  });
});
