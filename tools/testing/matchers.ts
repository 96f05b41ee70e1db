import { compareArrays, describeComparison, type NumericArray, type Tolerance } from './all-close.ts';

declare global {
  namespace jest {
    interface Matchers<R> {
      /**
       * Every element within `absolute + relative * |expected|`; without a tolerance, equal.
       * Say in a comment why the tolerance is what it is. A failure reports the worst element.
       */
      toBeAllClose(expected: NumericArray, tolerance?: Tolerance): R;
    }
  }
}

export function toBeAllClose(
  received: NumericArray,
  expected: NumericArray,
  tolerance: Tolerance = {},
): jest.CustomMatcherResult {
  const comparison = compareArrays(received, expected, tolerance);
  const pass = comparison.exceeded === 0 && comparison.shapeMismatch === undefined;
  return {
    pass,
    message: () =>
      pass
        ? `expected at least one element to differ, but all ${comparison.elements} are close`
        : `arrays are not close: ${describeComparison(comparison, tolerance)}`,
  };
}
