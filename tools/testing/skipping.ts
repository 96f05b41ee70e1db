import { titleWithSkipReason } from './skip-reason.mjs';

/**
 * `it`, if the machine can run the test; else an `it` that skips and shows why, in the title and in the last lines of CI.
 *
 * @example itWhen(cpuHas('avx512f'), 'this CPU has no AVX-512')('gives the same sums with AVX-512', () => { ... });
 */
export function itWhen(condition: boolean, reason: string): (title: string, body: jest.ProvidesCallback) => void {
  if (condition) return (title, body) => it(title, body);
  return (title, body) => it.skip(titleWithSkipReason(title, reason), body);
}

/** `describe`, if the machine can run the tests; else skips all of them and shows why. */
export function describeWhen(condition: boolean, reason: string): (title: string, body: () => void) => void {
  if (condition) return (title, body) => describe(title, body);
  return (title, body) => describe.skip(titleWithSkipReason(title, reason), body);
}
