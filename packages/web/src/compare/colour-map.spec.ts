import { colourise, colourOf, colourTable } from './colour-map.ts';

/** Relative luminance, as WCAG 2 defines it. */
function luminance(index: number): number {
  const linear = (channel: number) => {
    const value = (colourTable[3 * index + channel] as number) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(0) + 0.7152 * linear(1) + 0.0722 * linear(2);
}

describe('the colours of the maps', () => {
  it('only get brighter, so that they read in grey too', () => {
    for (let index = 9; index < 256; index++) expect(luminance(index)).toBeGreaterThan(luminance(index - 9));
  });

  it('begin and end where viridis does', () => {
    expect(colourOf(0)).toEqual([68, 1, 84]);
    expect(colourOf(1)).toEqual([253, 231, 37]);
    expect(colourOf(-3)).toEqual(colourOf(0));
    expect(colourOf(3)).toEqual(colourOf(1));
  });

  it('show values between the two ends, whichever is larger', () => {
    expect([...colourise([1, 0], 1, 0)]).toEqual([...colourise([0, 1], 0, 1)]);
    expect([...colourise([0, 100], 0, 100)]).toEqual([68, 1, 84, 255, 253, 231, 37, 255]);
  });

  it('leave out what has no value', () => {
    expect([...colourise([Number.NaN], 0, 1)]).toEqual([0, 0, 0, 0]);
  });
});
