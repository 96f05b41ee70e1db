// The program runs in processes of its own, as it does for users; the spec compares what they print.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeWhen } from '../../../../tools/testing/skipping.ts';
import { loadAddon } from '../../src/backend/addon.ts';
import { BackendUnavailableError } from '../../src/backend/errors.ts';
import { compareTensors } from '../tensor-distance.ts';
import type { ProgramResult } from './digit-classifier.ts';
import { digitSize, drawDigits } from './digits.ts';

// The plain CPU backend needs about 10 seconds of an idle core, most of it for the gradients of filters.
jest.setTimeout(180_000);

const packageRoot = join(__dirname, '..', '..');
const scratch = join(packageRoot, 'generated', 'layers-program-spec');
beforeAll(() => mkdirSync(scratch, { recursive: true }));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Run = ProgramResult & { readonly tensorsLeft: number };

/** Once per backend: training on the plain CPU takes long. */
const runs = new Map<string, Run>();
function resultOf(backend: 'cpu' | 'native-cpu'): Run {
  const known = runs.get(backend);
  if (known) return known;
  const program = [join(__dirname, 'run.mjs'), backend, scratch];
  const run = JSON.parse(execFileSync(process.execPath, program, { encoding: 'utf8' })) as Run;
  runs.set(backend, run);
  return run;
}

describe('the generated digits', () => {
  const digits = drawDigits(100, 3);

  it('are the same for the same seed', () => {
    expect(drawDigits(100, 3)).toEqual(digits);
    expect(drawDigits(100, 4).images).not.toEqual(digits.images);
  });

  it('hold every digit equally often, as pictures with values from 0 to 1', () => {
    for (let digit = 0; digit < 10; digit++) expect(digits.labels.filter((label) => label === digit)).toHaveLength(10);
    expect(digits.images).toHaveLength(100 * digitSize * digitSize);
    expect(Math.min(...digits.images)).toBe(0);
    expect(Math.max(...digits.images)).toBeLessThanOrEqual(1);
  });

  it('keep their strokes inside the picture', () => {
    // The outermost pixels hold noise only, which is at most 0.15, or the blurred edge of a slanted stroke.
    const border = digits.images.filter((_, i) => i % digitSize === 0);
    expect(border.reduce((sum, value) => sum + value, 0) / border.length).toBeLessThan(0.2);
  });
});

describe('an unmodified tfjs-layers program on the plain CPU backend', () => {
  it('learns: the loss falls to a fifth and 85 of 100 unseen digits are named rightly', () => {
    const { losses, accuracy } = resultOf('cpu');
    expect(losses.at(-1)).toBeLessThan((losses[0] as number) / 5);
    expect(accuracy).toBeGreaterThan(0.85);
  });

  it('is as good after it was saved and loaded', () => {
    const { accuracy, accuracyAfterLoading } = resultOf('cpu');
    expect(accuracyAfterLoading).toBe(accuracy);
  });

  it('leaves no tensors behind', () => {
    expect(resultOf('cpu').tensorsLeft).toBe(0);
  });
});

function addonProblem(): string | undefined {
  try {
    loadAddon(process.env.GGB_NATIVE_OPS_ADDON);
    return undefined;
  } catch (error) {
    if (error instanceof BackendUnavailableError) return error.message.split('\n')[0];
    throw error;
  }
}

const problem = addonProblem();
describeWhen(problem === undefined, problem ?? '')('the same program with the native backend imported', () => {
  it("gives the CPU backend's results", () => {
    const expected = resultOf('cpu');
    const received = resultOf('native-cpu');
    // Sums in another order differ by 1e-7 each; 100 steps of Adam, which divides small gradients by small numbers, amplify
    // that: seen were 1e-4 in a loss and 0.022 in one of 2000 probabilities. A wrong kernel is off by more in one epoch.
    expect(received.losses.slice(0, 1)).toBeAllClose(expected.losses.slice(0, 1), { relative: 2e-4 });
    expect(received.losses).toBeAllClose(expected.losses as number[], { relative: 5e-3 });
    const probabilities = ({ probabilities: values }: Run) => ({ shape: [200, 10], dataSync: () => values });
    const distance = compareTensors(probabilities(received), probabilities(expected), { absolute: 0.06, relative: 0 });
    expect([distance.summary, distance.withinTolerance]).toEqual([distance.summary, true]);
    expect(distance.relativeL2).toBeLessThan(0.02);
    // A digit on the edge between two classes may change sides.
    expect(Math.abs(received.accuracy - expected.accuracy)).toBeLessThanOrEqual(0.01);
  });

  it('saves a model that loads with the same accuracy, and leaves no tensors behind', () => {
    const { accuracy, accuracyAfterLoading, tensorsLeft } = resultOf('native-cpu');
    expect(accuracyAfterLoading).toBe(accuracy);
    expect(tensorsLeft).toBe(0);
  });
});
