import { assertTensorsClose, compareTensors, type TensorLike, TensorMismatchError } from './tensor-distance.ts';

function tensor(shape: number[], values: number[]): TensorLike {
  return { shape, dataSync: () => Float32Array.from(values) };
}

const exact = { absolute: 0, relative: 0 };

describe('the distance of two tensors', () => {
  it('is nothing for equal values, NaN and infinities included', () => {
    const values = [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    const distance = compareTensors(tensor([5], values), tensor([5], values), exact);
    expect(distance).toMatchObject({
      withinTolerance: true,
      exceeding: 0,
      misplacedNonFinite: 0,
      relativeL2: 0,
      largestError: 0,
    });
  });

  it('takes -0 for 0', () => {
    expect(compareTensors(tensor([1], [-0]), tensor([1], [0]), exact).withinTolerance).toBe(true);
  });

  it('names the worst element by axis, with both values, and counts those that exceed the tolerance', () => {
    const distance = compareTensors(tensor([2, 2], [1, 2.5, 3, 5]), tensor([2, 2], [1, 2, 3, 4]), {
      absolute: 0.1,
      relative: 0,
    });
    expect(distance).toMatchObject({ withinTolerance: false, exceeding: 2, largestError: 1, size: 4 });
    expect(distance.worst).toMatchObject({ coordinates: [1, 1], expected: 4, received: 5, error: 1 });
    expect(distance.summary).toContain('2 of 4 elements exceed');
  });

  it('allows more for larger values when the tolerance is relative', () => {
    const [actual, expected] = [tensor([2], [0.01, 1001]), tensor([2], [0, 1000])];
    expect(compareTensors(actual, expected, { absolute: 0.02, relative: 0 }).exceeding).toBe(1);
    expect(compareTensors(actual, expected, { absolute: 0.02, relative: 2e-3 }).exceeding).toBe(0);
  });

  it('measures the relative L2 error: ||(0, 3)|| / ||(4, 0)||', () => {
    expect(compareTensors(tensor([2], [4, 3]), tensor([2], [4, 0]), exact).relativeL2).toBe(0.75);
  });

  it.each([
    ['NaN instead of a number', Number.NaN, 1],
    ['a number instead of NaN', 1, Number.NaN],
    ['an infinity of the wrong sign', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['a number instead of an infinity', 3e38, Number.POSITIVE_INFINITY],
  ])('accepts no tolerance for %s', (_what, received, expected) => {
    const distance = compareTensors(tensor([1], [received]), tensor([1], [expected]), {
      absolute: 1e30,
      relative: 1e30,
    });
    expect(distance).toMatchObject({ withinTolerance: false, exceeding: 1, misplacedNonFinite: 1 });
  });

  it('is beyond every tolerance when the shapes differ, even with equal values', () => {
    const distance = compareTensors(tensor([2, 1], [1, 2]), tensor([1, 2], [1, 2]), { absolute: 1, relative: 1 });
    expect(distance).toMatchObject({ withinTolerance: false, exceeding: 2 });
    expect(distance.summary).toContain('expected [1, 2], received [2, 1]');
  });

  it('is nothing for two empty tensors of one shape', () => {
    expect(compareTensors(tensor([0, 3], []), tensor([0, 3], []), exact)).toMatchObject({
      withinTolerance: true,
      size: 0,
    });
  });

  it('can be asserted; the error says what was compared', () => {
    const compare = () => assertTensorsClose(tensor([1], [2]), tensor([1], [1]), exact, 'conv2d, 1 thread');
    expect(compare).toThrow(TensorMismatchError);
    expect(compare).toThrow(/conv2d, 1 thread.*1 of 1 elements/s);
  });
});
