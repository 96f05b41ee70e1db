import { openSync } from 'node:fs';
import { describeError, isUserError, UserError } from './user-error.ts';

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('UserError', () => {
  it('says where, what, expected, received and what to do', () => {
    const error = new UserError('image.size is no power of two', {
      where: 'config.yaml:3:9',
      expected: '32, 64, 128, ...',
      received: '100',
      remedy: 'Write image.size: 128',
    });
    expect(error.message).toBe(
      'config.yaml:3:9: image.size is no power of two: expected 32, 64, 128, ..., received 100.\n  Write image.size: 128',
    );
  });
});

describe('describeError', () => {
  it('prints a user error without a stack, exit code 2', () => {
    expect(describeError(new UserError('no such key'))).toEqual({ text: 'ggb: no such key.', code: 2 });
  });

  it('adds the stack with GGB_DEBUG=1', () => {
    expect(describeError(new UserError('no such key'), true).text).toContain('user-error.spec.ts');
  });

  it('takes a missing file for a user error and names it', () => {
    const error = thrownBy(() => openSync('/no/such/file', 'r'));
    expect(isUserError(error)).toBe(true);
    expect(describeError(error)).toEqual({
      text: 'ggb: /no/such/file: does not exist (ENOENT, open).',
      code: 2,
    });
  });

  it("takes several errors for the user's if each of them is", () => {
    const users = new UserError('pair 7 cannot be read');
    const both = (other: Error) => new AggregateError([users, other], 'two things');
    expect(describeError(both(new UserError('no space')))).toEqual({ text: 'ggb: two things', code: 2 });
    expect(describeError(both(new TypeError('x is undefined'))).code).toBe(1);
  });

  it('says of an interruption no more than that, exit code 130', () => {
    const { reason } = AbortSignal.abort();
    expect(describeError(reason)).toEqual({ text: 'ggb: stopped before it was done.', code: 130 });
  });

  it('says of everything else that it is a bug, with stack and causes, exit code 1', () => {
    const { text, code } = describeError(new TypeError('x is undefined', { cause: new RangeError('inner') }));
    expect(code).toBe(1);
    expect(text).toMatch(/^TypeError: x is undefined\n\s+at .*user-error\.spec\.ts/);
    expect(text).toContain('Caused by: RangeError: inner');
    expect(text).toMatch(/ggb: this is a bug in ggb/);
  });
});
