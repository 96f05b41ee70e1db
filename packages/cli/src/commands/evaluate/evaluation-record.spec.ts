import { join } from 'node:path';
import { evaluationName } from './evaluation-record.ts';

describe('the name of an evaluation', () => {
  const name = { split: 'test', step: 500, weights: 'average' } as const;

  it('says split, step, weights and, of a part, how many pairs', () => {
    expect(evaluationName(name)).toBe('test-step-000500-average');
    expect(evaluationName({ ...name, count: 16 })).toBe('test-step-000500-average-16');
  });

  it('is another for data or a checkpoint from elsewhere, and the same for the same ones', () => {
    const other = evaluationName({ ...name, others: ['ab'] });
    expect(other).toMatch(/^test-step-000500-average-other-[0-9a-f]{8}$/);
    expect(evaluationName({ ...name, others: ['ab'] })).toBe(other);
    expect(evaluationName({ ...name, others: ['ab', 'cd'] })).not.toBe(other);
  });

  it.each([
    ['../x', '%2E%2E%2Fx'],
    ['a b', 'a%20b'],
    ['50%', '50%25'],
    ['prüf:*', 'pr%C3%BCf%3A%2A'],
  ])('stays a file name for a split called %s', (split, expected) => {
    expect(evaluationName({ ...name, split })).toBe(`${expected}-step-000500-average`);
    expect(join('evaluation', evaluationName({ ...name, split }))).toMatch(/^evaluation[\\/][^\\/]+$/);
  });
});
