import { commandFor, type KeyCommand, keyTitle } from './keys.ts';

const commands: KeyCommand[] = [
  { keys: ['j', 'ArrowRight'], title: 'next', run() {} },
  { keys: [' '], title: 'flicker', run() {} },
];

function event(key: string, target?: { tag: string; type?: string }, modifier = {}): KeyboardEvent {
  const element = target && { tagName: target.tag, getAttribute: () => target.type ?? null };
  return { key, target: element ?? null, ...modifier } as unknown as KeyboardEvent;
}
const title = (...args: Parameters<typeof event>) => commandFor(event(...args), commands)?.title;

describe('keys', () => {
  it('do what they are listed for', () => {
    expect(title('j')).toBe('next');
    expect(title('ArrowRight')).toBe('next');
    expect(title('x')).toBeUndefined();
  });

  it('are text while text is typed', () => {
    expect(title('j', { tag: 'INPUT', type: 'search' })).toBeUndefined();
    expect(title('j', { tag: 'SELECT' })).toBeUndefined();
    expect(title('j', { tag: 'BUTTON' })).toBe('next');
  });

  it('leave Space to a focused button and arrows to a focused slider', () => {
    expect(title(' ')).toBe('flicker');
    expect(title(' ', { tag: 'BUTTON' })).toBeUndefined();
    expect(title('ArrowRight', { tag: 'INPUT', type: 'range' })).toBeUndefined();
    expect(title('j', { tag: 'INPUT', type: 'range' })).toBe('next');
  });

  it('leave shortcuts to the browser', () => {
    expect(title('j', undefined, { ctrlKey: true })).toBeUndefined();
  });

  it('have names', () => {
    expect([' ', 'ArrowLeft', '?'].map(keyTitle)).toEqual(['Space', '←', '?']);
  });
});
