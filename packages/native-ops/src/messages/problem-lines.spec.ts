import { problemLines } from './problem-lines.ts';

const wrong = (file: string, advice?: string) => ({
  text: `${file}: expected 64 x 64, received 32 x 32.`,
  ...(advice === undefined ? {} : { advice }),
});

describe('problemLines', () => {
  it('says what to do once for all problems that it helps, in the order in which they were found', () => {
    const problems = [wrong('a', 'Resize it.'), wrong('b', 'Write it again.'), wrong('c', 'Resize it.'), wrong('d')];
    expect(problemLines(problems)).toEqual([
      '  a: expected 64 x 64, received 32 x 32.',
      '  c: expected 64 x 64, received 32 x 32.',
      '  -> Resize it.',
      '  b: expected 64 x 64, received 32 x 32.',
      '  -> Write it again.',
      '  d: expected 64 x 64, received 32 x 32.',
    ]);
  });

  it('counts what it does not list', () => {
    const many = Array.from({ length: 5 }, (_, i) => wrong(`${i}`, 'Resize it.'));
    expect(problemLines(many, { shown: 2 }).slice(2)).toEqual(['  -> Resize it.', '  ... and 3 more']);
    expect(problemLines(many, { total: 9 }).slice(5)).toEqual(['  -> Resize it.', '  ... and 4 more']);
  });
});
