// The pictures of the result that is shown, as they arrive, and the maps computed from them.
import { untrack } from 'svelte';
import type { Session } from '../../app/session.svelte.ts';
import { colourise } from '../../compare/colour-map.ts';
import { absoluteDifference } from '../../compare/difference.ts';
import { pageProtocol, pageSsim } from '../../compare/page-ssim.ts';
import { type Picture, PictureStore, pictureOf, pixelsOf } from '../../compare/picture-store.ts';
import type { Size } from '../../compare/viewport.ts';
import type { ImageKey, ImageName, PairDetails, ResultTable } from '../../run-source/view-data.ts';
import { imageNames, type PaneName } from './compare.select.ts';

/** Differences from here on have the brightest colour: half the range, or most of a picture would be dark. */
export const brightestDifference = 128;

export interface SsimOfPair {
  readonly picture: Picture;
  readonly score: number;
  readonly values: Float64Array;
}

export interface DifferenceOfPair {
  readonly picture: Picture;
  readonly values: Float32Array;
  readonly mean: number;
}

type Outcome<T> = { readonly value: T } | { readonly problem: string } | undefined;

const store = new PictureStore();

export class ShownPair {
  /** By name, as they arrive. Those of the result before stay away: a wrong picture is worse than none. */
  pictures: Readonly<Record<string, Picture>> = $state.raw({});
  problems: Readonly<Record<string, string>> = $state.raw({});
  details: PairDetails | undefined = $state.raw();
  #readable: Readonly<Record<string, Picture>> = $state.raw({});
  // Not the whole state, which is another one with every pixel of panning.
  readonly #first = $derived.by(() => this.session.state.first);
  readonly #second = $derived.by(() => this.session.state.second);

  readonly row: number | undefined = $derived.by(() => {
    const row = this.session.table?.ids.indexOf(this.session.state.pair ?? '') ?? -1;
    return row === -1 ? this.session.order[0] : row;
  });
  readonly id: string | undefined = $derived.by(() =>
    this.row === undefined ? undefined : this.session.table?.ids[this.row],
  );
  /** Everything that can be shown, also before it has arrived. */
  readonly available: readonly PaneName[] = $derived.by(() => {
    const { table, againstTable } = this.session;
    if (table === undefined || this.row === undefined) return [];
    const names: PaneName[] = imageNames(table, this.row);
    if (this.details?.keypoints !== undefined && !names.includes('condition')) names.push('condition');
    const before = againstTable === undefined ? -1 : againstTable.ids.indexOf(this.id ?? '');
    if (againstTable !== undefined && before !== -1 && imageNames(againstTable, before).includes('output'))
      names.push('before');
    return names;
  });
  readonly size: Size | undefined = $derived(
    this.pictures.truth ?? this.pictures.output ?? Object.values(this.pictures)[0],
  );
  readonly ssim: Outcome<SsimOfPair> = $derived.by(() => this.#ssim());
  readonly difference: Outcome<DifferenceOfPair> = $derived.by(() => this.#difference());

  constructor(private readonly session: Session) {
    $effect(() => this.#load());
    $effect(() => this.#preload());
  }

  /** Red, green and blue, as they were scored. Undefined while the picture is not there, or where pages may not read it. */
  pixel(name: string, x: number, y: number): readonly number[] | undefined {
    const picture = this.#readable[name];
    if (picture === undefined || x >= picture.width || y >= picture.height) return undefined;
    try {
      const { data, width } = rgb(picture);
      return Array.from(data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3));
    } catch {
      return undefined;
    }
  }

  #load(): (() => void) | undefined {
    const { table, againstTable, source } = this.session;
    const id = this.id;
    const evaluation = table?.evaluation;
    this.pictures = {};
    this.#readable = {};
    this.problems = {};
    this.details = undefined;
    const held = new Set<string>();
    store.hold(held);
    if (table === undefined || id === undefined || evaluation === undefined || this.row === undefined) return undefined;
    let isCurrent = true;
    const wanted: { name: string; of: ResultTable; image: ImageName }[] = imageNames(table, this.row).map((name) => ({
      name,
      of: table,
      image: name,
    }));
    if (againstTable?.ids.includes(id)) wanted.push({ name: 'before', of: againstTable, image: 'output' });
    for (const { name, of, image } of wanted) {
      const key: ImageKey = { evaluation: of.evaluation, id, image };
      const url = source.imageUrl(of.source, key);
      held.add(url);
      const known = store.arrived(url);
      // At once where it is known: no frame without a picture while stepping.
      if (known !== undefined) this.pictures = { ...untrack(() => this.pictures), [name]: known };
      const failed = (error: unknown) => {
        if (isCurrent)
          this.problems = { ...this.problems, [name]: error instanceof Error ? error.message : `${error}` };
      };
      store.load(url).then((picture) => {
        if (isCurrent && picture !== known) this.pictures = { ...this.pictures, [name]: picture };
      }, failed);
      source
        .readableImageUrl(of.source, key)
        .then((readable) => {
          held.add(readable);
          return store.load(readable);
        })
        .then((picture) => {
          if (isCurrent) this.#readable = { ...this.#readable, [name]: picture };
        }, failed);
    }
    source.pair(table.source, evaluation, id).then(
      (details) => {
        if (isCurrent) this.details = details;
      },
      // Without it there is no skeleton; the pictures are there all the same.
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }

  /** The next and the one before are decoded while this one is looked at. */
  #preload(): void {
    const { table, order, source } = this.session;
    if (table === undefined || this.row === undefined) return;
    const place = order.indexOf(this.row);
    for (const row of [order[place + 1], order[place - 1]]) {
      if (row === undefined) continue;
      for (const image of imageNames(table, row)) {
        const url = source.imageUrl(table.source, {
          evaluation: table.evaluation,
          id: table.ids[row] as string,
          image,
        });
        store.load(url).catch(() => {});
      }
    }
  }

  #ssim(): Outcome<SsimOfPair> {
    const { output, truth } = this.#readable;
    if (output === undefined || truth === undefined) return undefined;
    const name = this.session.table?.protocol?.name;
    const protocol = pageProtocol(name);
    if (protocol === undefined) return { problem: `This page does not know the protocol ${name}.` };
    if (protocol.mask !== 'none' && this.details === undefined) return undefined;
    return attempt(() => {
      const { values, score, width, height } = pageSsim(rgb(truth), rgb(output), protocol, this.details?.keypoints);
      return { picture: pictureOf(colourise(values, 1, 0), width, height), score, values };
    });
  }

  #difference(): Outcome<DifferenceOfPair> {
    const [a, b] = [this.#readable[this.#first], this.#readable[this.#second]];
    if (a === undefined || b === undefined) return undefined;
    return attempt(() => {
      const values = absoluteDifference(rgb(a), rgb(b));
      const picture = pictureOf(colourise(values, 0, brightestDifference), a.width, a.height);
      return { picture, values, mean: values.reduce((sum, value) => sum + value, 0) / values.length };
    });
  }
}

const pixels = new WeakMap<Picture, ReturnType<typeof pixelsOf>>();

function rgb(picture: Picture): ReturnType<typeof pixelsOf> {
  const known = pixels.get(picture) ?? pixelsOf(picture);
  pixels.set(picture, known);
  return known;
}

function attempt<T>(compute: () => T): Outcome<T> {
  try {
    return { value: compute() };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : `${error}` };
  }
}
