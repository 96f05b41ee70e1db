import { durationText, ProgressLine, progressText, shortNumber } from './progress-line.ts';

function recorder(isTTY: boolean, environment: NodeJS.ProcessEnv = {}, columns = 80) {
  let written = '';
  let time = 0;
  const stream = { isTTY, columns, write: (text: string) => (written += text) };
  const line = new ProgressLine(stream, { environment, now: () => time });
  return {
    line,
    wait: (ms: number) => {
      time += ms;
    },
    /** What was written since the last call. */
    output: () => {
      const text = written;
      written = '';
      return text;
    },
  };
}

const erase = '\r\u001b[2K';

describe('the text of a progress line', () => {
  it('is step, losses by name, images per second and the time left', () => {
    expect(
      progressText({
        unit: 'step',
        done: 120,
        total: 3000,
        values: { discriminator: 1.2345, l1: 0.04567 },
        imagesPerSecond: 47.31,
        secondsLeft: 245,
      }),
    ).toBe('step 120/3000 | discriminator 1.23 l1 0.0457 | 47.3 images/s | 4 min 05 s left');
  });

  it('gives up the last values first where the line is short', () => {
    const progress = { unit: 'step', done: 7, values: { d: 1, g: 2, l1: 3 }, imagesPerSecond: 50 };
    expect(progressText(progress, 40)).toBe('step 7 | d 1.00 .. | 50.0 images/s');
    expect(progressText(progress, 41)).toBe('step 7 | d 1.00 g 2.00 .. | 50.0 images/s');
  });

  it('leaves out what is not known', () => {
    expect(progressText({ unit: 'pair', done: 3 })).toBe('pair 3');
  });

  it.each([
    [0, '0'],
    [0.00001234, '1.2e-5'],
    [12.345, '12.3'],
    [-0.5, '-0.500'],
    [123456, '123456'],
    [Number.NaN, 'NaN'],
  ])('shows %d as %s', (value, text) => expect(shortNumber(value)).toBe(text));

  it.each([
    [0.4, '0 s'],
    [59.6, '1 min 00 s'],
    [3725, '1 h 02 min'],
  ])('shows %d seconds as %s', (seconds, text) => expect(durationText(seconds)).toBe(text));
});

describe('on a terminal', () => {
  it('rewrites one line and leaves the last state standing', () => {
    const { line, wait, output } = recorder(true, { NO_COLOR: '1' });
    line.update({ unit: 'step', done: 1 });
    wait(200);
    line.update({ unit: 'step', done: 2 });
    line.finish();
    expect(output()).toBe(`${erase}step 1${erase}step 2${erase}step 2\n`);
  });

  it('does not redraw more often than ten times a second', () => {
    const { line, wait, output } = recorder(true, { NO_COLOR: '1' });
    for (let step = 0; step < 50; step++) {
      line.update({ unit: 'step', done: step });
      wait(10);
    }
    expect(output().split(erase)).toHaveLength(1 + 5);
  });

  it('prints notes above the line', () => {
    const { line, output } = recorder(true, { NO_COLOR: '1' });
    line.update({ unit: 'step', done: 1 });
    output();
    line.note('saved');
    expect(output()).toBe(`${erase}saved\n${erase}step 1`);
  });

  it('cuts the line before it wraps', () => {
    const { line, output } = recorder(true, { NO_COLOR: '1' }, 12);
    line.update({ unit: 'step', done: 123456789 });
    expect(output()).toBe(`${erase}step 123456`);
  });

  it('is coloured unless NO_COLOR is set', () => {
    const { line, output } = recorder(true);
    line.update({ unit: 'step', done: 1 });
    expect(output()).toBe(`${erase}\u001b[36mstep 1\u001b[39m`);
  });
});

describe.each([
  ['a pipe', false, {}],
  ['CI', true, { CI: 'true' }],
  ['a dumb terminal', true, { TERM: 'dumb' }],
])('in %s', (_where, isTTY, environment) => {
  it('prints plain lines, at most one in ten seconds, and the last state', () => {
    const { line, wait, output } = recorder(isTTY, environment);
    for (let step = 1; step <= 25; step++) {
      line.update({ unit: 'step', done: step });
      wait(1000);
    }
    line.note('saved');
    line.finish();
    expect(output()).toBe('step 1\nstep 11\nstep 21\nsaved\nstep 25\n');
  });

  it('does not repeat a state it has shown', () => {
    const { line, output } = recorder(isTTY, environment);
    line.update({ unit: 'step', done: 1 });
    line.finish();
    expect(output()).toBe('step 1\n');
  });
});
