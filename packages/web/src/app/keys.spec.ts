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
const afterClick = (...args: Parameters<typeof event>) =>
  commandFor(event(...args), commands, { isFocusByPointer: true })?.title;

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

  it('take Space also where a button has the focus from a click, but not from boxes to tick', () => {
    expect(afterClick(' ', { tag: 'BUTTON' })).toBe('flicker');
    expect(afterClick(' ', { tag: 'INPUT', type: 'checkbox' })).toBeUndefined();
    expect(afterClick('ArrowRight', { tag: 'INPUT', type: 'range' })).toBeUndefined();
  });

  it('leave shortcuts to the browser', () => {
    expect(title('j', undefined, { ctrlKey: true })).toBeUndefined();
  });

  it('have names', () => {
    expect([' ', 'ArrowLeft', '?'].map(keyTitle)).toEqual(['Space', '←', '?']);
  });
});
