// Single keys as commands. Those of the view that is shown come first; `?` lists what there is.

export interface KeyCommand {
  /** `event.key` as it is typed: `j`, `?`, `ArrowLeft`, `Escape`, ` ` for the space bar. Several mean the same. */
  readonly keys: readonly string[];
  readonly title: string;
  run(event: KeyboardEvent): void;
  /** For what lasts while a key is held. */
  release?(): void;
}

/**
 * The command of a key; none while text is typed, or with a modifier that belongs to the browser.
 *
 * @param options.isFocusByPointer  what has the focus has it from a click: Space is a command there too.
 */
export function commandFor(
  event: KeyboardEvent,
  commands: readonly KeyCommand[],
  { isFocusByPointer = false }: { readonly isFocusByPointer?: boolean } = {},
): KeyCommand | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return undefined;
  if (isOperating(event, isFocusByPointer)) return undefined;
  return commands.find(({ keys }) => keys.includes(event.key));
}

/** `Space`, `←`: a key as people call it. */
export function keyTitle(key: string): string {
  const names: Record<string, string> = {
    ' ': 'Space',
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
    Delete: 'Del',
  };
  return names[key] ?? key;
}

function isTyping({ target }: KeyboardEvent): boolean {
  if (!isElement(target)) return false;
  if (target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true;
  return (
    target.tagName === 'INPUT' && !['checkbox', 'radio', 'range', 'button'].includes(target.getAttribute('type') ?? '')
  );
}

/** Space and Enter press the button that has the focus, arrows move the slider that has it. */
function isOperating({ target, key }: KeyboardEvent, isFocusByPointer: boolean): boolean {
  if (!isElement(target)) return false;
  if (key === ' ' && isFocusByPointer && ['BUTTON', 'A'].includes(target.tagName)) return false;
  if (key === 'Enter' || key === ' ') return ['BUTTON', 'A', 'INPUT', 'SUMMARY'].includes(target.tagName);
  return key.startsWith('Arrow') && target.tagName === 'INPUT';
}

interface ElementLike {
  readonly tagName: string;
  getAttribute(name: string): string | null;
}

function isElement(target: unknown): target is ElementLike {
  return typeof (target as Partial<ElementLike> | null)?.getAttribute === 'function';
}
