// What the names of generated images say about the image they stand for. Every project of this field joins and spells
// names its own way; where they agree on the image, they shall meet here.
//
//   PATN, ADGAN      fashionMENTees_Tanksid0000730104_1front.jpg___fashionMENTees_Tanksid0000730104_7additional.jpg_vis.jpg
//   pose-gan         fasionMENTeesTanksid0000730104_1front.jpg_fasionMENTeesTanksid0000730104_7additional.jpg.png
//   PIDM, CFLD       deepfashionMEN..._2_deepfashionMEN..._vis.png
//   DeepFashion      MEN/Tees_Tanks/id_00007301/04_7_additional.jpg
//
// "Source ___ target": the second name is the real image that the generated one is held against.
import { withoutExtension } from './image-format.ts';

/** Path without extension, composed Unicode: `a/b.png` and `a/b.jpg` meet. */
export function plainKey(path: string): string {
  return withoutExtension(path).normalize('NFC');
}

/** The last part of a {@link plainKey}: images meet that lie in different sub-folders. */
export function baseKey(path: string): string {
  return plainKey(path).replace(/^.*\//, '');
}

/**
 * One spelling for the four of the same DeepFashion image; undefined for other names. Prefix, folder separators and
 * underscores go, what tells images apart stays: `MENTeesTanksid00007301047additional`.
 */
export function deepFashionKey(path: string): string | undefined {
  const flat = plainKey(path).replaceAll(/[/_]/g, '');
  const match = /((?:WO)?MEN[A-Za-z]+?id\d{11}[a-z]+)$/.exec(flat);
  return match?.[1];
}

export interface JoinedName {
  readonly source: string;
  readonly target: string;
}

/**
 * Every way to read a name as "source joined with target", the likeliest first. `_2_` may also be a part of a name
 * (`04_2_side`), so whoever asks must look which target exists.
 */
export function joinedNames(path: string): readonly JoinedName[] {
  const name = plainKey(path).replace(/_vis$/, '');
  const found: JoinedName[] = [];
  for (const joint of [/___/g, /\.(?:jpe?g|png)_+(?=.)/gi, /_2_/g]) {
    for (const match of name.matchAll(joint)) {
      const [source, target] = [name.slice(0, match.index), name.slice(match.index + match[0].length)];
      if (source === '' || target === '') continue;
      // Of a joined name in a sub-folder both parts lie in it.
      found.push({ source: withoutExtension(source), target: withoutExtension(target) });
    }
  }
  return found;
}

/** The name without what programs append to their outputs; undefined if nothing is. */
export function withoutSuffix(path: string): string | undefined {
  const name = plainKey(path);
  const shorter = withoutExtension(name.replace(/_vis$|_(?:fake|generated|synthesized|output|pred)$/, ''));
  return shorter === name ? undefined : shorter;
}
