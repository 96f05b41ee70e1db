// Where the values of a training run are written down: a YAML file with positions, and key=value arguments. A source
// knows its values and can say of each where it stands; what they mean is not its concern.
import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { UserError } from '../user-error.ts';

/** Keys and positions from the root: ['model', 'guidedLevels', 0]. */
export type ValuePath = readonly (string | number)[];

export interface ConfigSource {
  /** Nested as in the schema; only what the source sets. */
  readonly values: Readonly<Record<string, unknown>>;
  /**
   * Where the deepest part of `path` stands that the source sets, and how deep that is: `file:line:column`, or the
   * argument as it was typed. Undefined when the source sets nothing on the path.
   */
  locate(path: ValuePath): { readonly where: string; readonly depth: number } | undefined;
}

/** Reads a YAML (or JSON) file. An empty value (`training:`) sets nothing. */
export function readConfigFile(file: string): ConfigSource {
  const text = readFileSync(file, 'utf8');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const problem = document.errors[0];
  if (problem !== undefined) {
    throw new UserError(`the file is not valid YAML: ${problem.message}`, { where: place(problem.pos[0]) });
  }
  const root = document.contents;
  if (root !== null && !isMap(root) && !(isScalar(root) && root.value === null)) {
    throw new UserError('the file is no mapping', {
      where: place(root.range?.[0] ?? 0),
      expected: '`key: value` lines',
      received: isSeq(root) ? 'a list' : 'a single value',
    });
  }
  return {
    values: withoutNulls(document.toJS() ?? {}) as Record<string, unknown>,
    locate(path) {
      let node: unknown = root;
      let offset: number | undefined;
      let depth = 0;
      for (const key of path) {
        const child = childOf(node, key, document);
        if (child === undefined) break;
        offset = child.offset;
        node = child.node;
        depth++;
      }
      return offset === undefined ? undefined : { where: place(offset), depth };
    },
  };
}

/** A mapping is left at the key, a list at the item: that is where one reads. */
function childOf(
  node: unknown,
  key: string | number,
  document: ReturnType<typeof parseDocument>,
): { node: unknown; offset: number } | undefined {
  const resolved = isNode(node) && 'source' in node && !isScalar(node) ? (node.resolve(document) ?? node) : node;
  if (isMap(resolved)) {
    const pair = resolved.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
    const range = (pair?.key as Node | undefined)?.range;
    return pair === undefined || range == null ? undefined : { node: pair.value, offset: range[0] };
  }
  if (isSeq(resolved) && typeof key === 'number') {
    const item = resolved.items[key];
    return isNode(item) && item.range != null ? { node: item, offset: item.range[0] } : undefined;
  }
  return undefined;
}

/**
 * Reads `key=value` arguments; later ones win. Values are YAML: numbers, true, false, text, `[3, 4]`, `{a: 1}`.
 *
 * @param isText  whether the key holds text: its value is then taken as it is typed, so that run.dir=007 stays 007.
 */
export function readOverrides(args: readonly string[], isText: (key: string) => boolean = () => false): ConfigSource {
  const settings = args.map((arg) => {
    const equals = arg.indexOf('=');
    if (equals <= 0) {
      throw new UserError('the argument is no setting', {
        where: `"${arg}"`,
        expected: 'key=value, for example training.steps=1000',
        ...(/\.(ya?ml|json)$/i.test(arg) ? { remedy: 'A config file comes first, before all key=value.' } : {}),
      });
    }
    const key = arg.slice(0, equals).trim();
    const text = arg.slice(equals + 1).trim();
    return { arg, path: key.split('.'), value: isText(key) ? text : parseValue(arg, text) };
  });
  const values: Record<string, unknown> = {};
  for (const { arg, path, value } of settings) setAt(values, path, value, arg);
  return {
    values,
    locate(path) {
      let best: { where: string; depth: number } | undefined;
      for (const { arg, path: set } of settings) {
        const depth = commonLength(set, path);
        // A setting is on the path if one of them begins with the other; its own parts below are its value's.
        if (depth < Math.min(set.length, path.length) || depth === 0) continue;
        if (best === undefined || depth >= best.depth) best = { where: `"${arg}"`, depth };
      }
      return best;
    },
  };
}

/** Values of a source that cannot be pointed at more closely than by its name, such as the config of a run. */
export function namedSource(name: string, values: Readonly<Record<string, unknown>>): ConfigSource {
  return {
    values,
    locate(path) {
      let value: unknown = values;
      let depth = 0;
      for (const key of path) {
        if (typeof value !== 'object' || value === null || !(key in value)) break;
        value = (value as Record<string | number, unknown>)[key];
        depth++;
      }
      return depth === 0 ? undefined : { where: name, depth };
    },
  };
}

function parseValue(arg: string, text: string): unknown {
  const document = parseDocument(text, { prettyErrors: false });
  const problem = document.errors[0];
  if (problem !== undefined) {
    throw new UserError(`the value is not valid YAML: ${problem.message}`, {
      where: `"${arg}"`,
      expected: 'a number, true, false, text, or a list such as [3, 4]',
    });
  }
  return document.toJS();
}

function setAt(values: Record<string, unknown>, path: readonly string[], value: unknown, arg: string): void {
  let object = values;
  for (const key of path.slice(0, -1)) {
    const inner = Object.hasOwn(object, key) ? object[key] : undefined;
    if (isObject(inner)) object = inner;
    else {
      const created: Record<string, unknown> = {};
      define(object, key, created);
      object = created;
    }
  }
  const last = path.at(-1);
  if (path.some((key) => key === '') || last === undefined) {
    throw new UserError('the key has an empty part', { where: `"${arg}"`, expected: 'a key such as training.steps' });
  }
  define(object, last, value);
}

/** Not an assignment, which would take `__proto__` for the prototype and not for an unknown key like any other. */
export function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function commonLength(a: ValuePath, b: ValuePath): number {
  let length = 0;
  while (length < a.length && length < b.length && String(a[length]) === String(b[length])) length++;
  return length;
}

function withoutNulls(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
