import { brushed } from './brush.ts';

const values = { min: 0.123456, max: 0.987654 };

describe('a brush', () => {
  it('holds the most extreme results when it reaches the ends', () => {
    expect(brushed(0.123456, 0.5, values)).toEqual({ max: 0.5 });
    expect(brushed(0.987654, 0.5, values)).toEqual({ min: 0.5 });
    expect(brushed(0.123456, 0.987654, values)).toBeUndefined();
  });

  it('has ends of four digits, rounded outwards', () => {
    expect(brushed(0.2345678, 0.3456712, values)).toEqual({ min: 0.2345, max: 0.3457 });
    expect(brushed(-12.34567, 1234.567, { min: -20, max: 2000 })).toEqual({ min: -12.35, max: 1235 });
    expect(brushed(0, 1.00001e-7, { min: -1, max: 1 })).toEqual({ min: 0, max: 1.001e-7 });
  });
});
