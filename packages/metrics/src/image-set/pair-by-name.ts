// Which generated image stands for which real one, by their names alone.
import { join } from 'node:path';
import { baseKey, deepFashionKey, joinedNames, plainKey, withoutSuffix } from './image-names.ts';
import { type ImageSetProblem, printable } from './image-set-problem.ts';
import type { ImageFolder } from './list-images.ts';
import { NameTable } from './name-table.ts';
import { releasableUint32, release } from './releasable-memory.ts';

/** In {@link Pairing.realOf}: no partner. */
export const noPartner = 0xffff_ffff;

export interface Pairing {
  /** For each generated image, in order of names, the index of its real one. Several may share one. */
  readonly realOf: Uint32Array;
  /** How the names met: 'equal names', 'PATN names', ... with the number of pairs; the report says it. */
  readonly rules: Readonly<Record<string, number>>;
  /** 1 for real images that belong to a pair, where the others need not be looked at. */
  readonly realMatters?: Uint8Array;
}

/**
 * Looks for the partner of each generated image: the same path; the same path but for the extension; the target in a joined
 * name; the same DeepFashion image in another spelling; the same file name in another sub-folder. The first rule that finds
 * one decides, so what else lies in the folders does not matter.
 *
 * A real image that nothing was generated for is a problem where names are equal one to one, and only then: folders beside
 * joined names hold the sources as well.
 */
export function pairByName(real: ImageFolder, generated: ImageFolder, problems: ImageSetProblem[]): Pairing {
  const index = new RealIndex(real.names);
  const realOf = new Uint32Array(generated.names.length).fill(noPartner);
  const rules: Record<string, number> = {};
  const used = new Uint8Array(real.names.length);
  let joined = 0;
  for (let i = 0; i < generated.names.length; i++) {
    const name = generated.names.at(i);
    const found = index.partner(name);
    if (found === undefined) {
      problems.push(missing('generated', generated, name, `an image of that name in ${printable(real.root)}`));
    } else if (found.indices.length > 1) {
      const names = found.indices.map((candidate) => printable(real.names.at(candidate)));
      problems.push({
        kind: 'ambiguous-name',
        severity: 'error',
        side: 'generated',
        file: printable(join(generated.root, name)),
        expected: `one image in ${printable(real.root)}`,
        received: `${names.slice(0, 4).join(', ')}${names.length > 4 ? ', ...' : ''}`,
        advice: 'Keep one of them, or say with --pairs MANIFEST which one is meant.',
      });
      for (const candidate of found.indices) used[candidate] = 1;
    } else {
      const [partner] = found.indices as [number];
      realOf[i] = partner;
      used[partner] = 1;
      rules[found.rule] = (rules[found.rule] ?? 0) + 1;
      if (found.isJoined) joined++;
    }
  }
  index.release();
  const paired = Object.values(rules).reduce((sum, count) => sum + count, 0);
  const isJoined = joined * 2 > paired;
  for (let i = 0; i < used.length && !isJoined; i++) {
    if (used[i] === 1) continue;
    problems.push(missing('real', real, real.names.at(i), `an image of that name in ${printable(generated.root)}`));
  }
  return { realOf, rules, ...(isJoined ? { realMatters: used } : {}) };
}

function missing(side: 'real' | 'generated', folder: ImageFolder, name: string, expected: string): ImageSetProblem {
  return {
    kind: 'missing-partner',
    severity: 'error',
    side,
    file: printable(join(folder.root, name)),
    expected,
    received: 'none',
    advice: 'Pairs are made by name. If the names differ, list the pairs: --pairs MANIFEST (real,generated).',
  };
}

interface Partner {
  readonly indices: readonly number[];
  readonly rule: string;
  readonly isJoined?: boolean;
}

/** The real images by each of their keys. A table of keys is sorted when the first name asks for it. */
export class RealIndex {
  private readonly plain: KeyTable;
  private readonly base: KeyTable;
  private readonly deepFashion: KeyTable;

  /** @param names  in order. */
  constructor(private readonly names: NameTable) {
    this.plain = new KeyTable(names, plainKey);
    this.base = new KeyTable(names, baseKey);
    this.deepFashion = new KeyTable(names, deepFashionKey);
  }

  partner(path: string): Partner | undefined {
    return (
      partnerBy('equal names', this.exactly(path)) ??
      partnerBy('equal names but for the extension', this.plain.find(plainKey(path))) ??
      this.joined(path) ??
      partnerBy('names without a suffix', this.named(withoutSuffix(path))) ??
      partnerBy('spellings of DeepFashion', this.deepFashion.find(deepFashionKey(path))) ??
      partnerBy('equal names in other sub-folders', this.base.find(baseKey(path)))
    );
  }

  /** Gives back what was made beside the names. */
  release(): void {
    for (const table of [this.plain, this.base, this.deepFashion]) table.release();
  }

  private exactly(path: string): readonly number[] {
    const { first, last } = this.names.find(path);
    return first === last ? [] : [first];
  }

  private joined(path: string): Partner | undefined {
    const folder = /^(.*\/)[^/]*$/.exec(path)?.[1] ?? '';
    for (const { target } of joinedNames(path)) {
      for (const name of folder === '' || target.startsWith(folder) ? [target] : [folder + target, target]) {
        const indices = this.named(name);
        if (indices.length > 0) return { indices, rule: 'targets of joined names', isJoined: true };
      }
    }
    return undefined;
  }

  private named(key: string | undefined): readonly number[] {
    if (key === undefined) return [];
    for (const found of [this.plain.find(key), this.deepFashion.find(deepFashionKey(key)), this.base.find(key)]) {
      if (found.length > 0) return found;
    }
    return [];
  }
}

function partnerBy(rule: string, indices: readonly number[]): Partner | undefined {
  return indices.length === 0 ? undefined : { indices, rule };
}

class KeyTable {
  private table: { readonly keys: NameTable; readonly order: Uint32Array; readonly owners: Uint32Array } | undefined;

  constructor(
    private readonly names: NameTable,
    private readonly keyOf: (path: string) => string | undefined,
  ) {}

  /** Indices of the names with this key, in order. */
  find(key: string | undefined): readonly number[] {
    if (key === undefined) return [];
    this.table ??= this.build();
    const { keys, order, owners } = this.table;
    const { first, last } = keys.find(key, order);
    return [...order.subarray(first, last)].map((index) => owners[index] as number);
  }

  release(): void {
    if (this.table === undefined) return;
    const { keys, order, owners } = this.table;
    keys.release();
    for (const array of [order, owners]) release(array);
    this.table = undefined;
  }

  private build() {
    const keys = new NameTable();
    const owners = releasableUint32(this.names.length);
    for (let i = 0; i < this.names.length; i++) {
      const key = this.keyOf(this.names.at(i));
      if (key !== undefined) owners[keys.add(key)] = i;
    }
    return { keys, order: keys.order(), owners };
  }
}
