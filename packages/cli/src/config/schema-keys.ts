// The keys a schema knows, read from the schema itself, and the one that a mistyped key was probably meant to be.
import { nearestName } from '@ggb/native-ops/messages';

/** As much of a zod schema as is walked here; naming the class would be a dependency of its own. */
interface SchemaNode {
  readonly def: {
    readonly type: string;
    readonly innerType?: SchemaNode;
    readonly options?: readonly SchemaNode[];
    readonly shape?: Readonly<Record<string, SchemaNode>>;
  };
}

export type KeyKind = 'section' | 'text' | 'other';

/** Every key of an object schema, dotted, sections included. */
export function schemaKeys(schema: unknown): ReadonlyMap<string, KeyKind> {
  const keys = new Map<string, KeyKind>();
  const walk = (node: SchemaNode, path: string) => {
    const inner = unwrapped(node);
    const objects = inner.def.type === 'union' ? (inner.def.options ?? []) : [inner];
    const isSection = objects.every(({ def }) => def.type === 'object');
    if (path !== '') keys.set(path, isSection ? 'section' : isTextual(inner) ? 'text' : 'other');
    if (!isSection) return;
    for (const object of objects) {
      for (const [key, child] of Object.entries(object.def.shape ?? {}))
        walk(child, path === '' ? key : `${path}.${key}`);
    }
  };
  walk(schema as SchemaNode, '');
  return keys;
}

/** Default, optional and prefault say nothing about the value. */
function unwrapped(node: SchemaNode): SchemaNode {
  return node.def.innerType === undefined ? node : unwrapped(node.def.innerType);
}

/** Choices by name count as text too: what is typed is what is meant, also where YAML would read `no` or `1e3`. */
function isTextual({ def }: SchemaNode): boolean {
  return def.type === 'string' || def.type === 'enum' || def.type === 'literal';
}

/**
 * The known key nearest to an unknown one: by spelling among its siblings, by its last part anywhere (`steps` for
 * `training.steps`), by spelling anywhere. Undefined if nothing is near.
 */
export function nearestKey(unknown: string, known: Iterable<string>): string | undefined {
  const keys = [...known];
  const section = unknown.slice(0, unknown.lastIndexOf('.') + 1);
  const siblings = keys.filter((key) => key.startsWith(section) && !key.slice(section.length).includes('.'));
  const name = unknown.slice(section.length);
  const byPart = (candidates: readonly string[]) => {
    const keyOf = new Map(candidates.toReversed().map((key) => [key.slice(key.lastIndexOf('.') + 1), key]));
    const nearest = nearestName(name, [...keyOf.keys()].reverse());
    return nearest === undefined ? undefined : keyOf.get(nearest);
  };
  return byPart(siblings) ?? byPart(keys) ?? nearestName(unknown, keys);
}
