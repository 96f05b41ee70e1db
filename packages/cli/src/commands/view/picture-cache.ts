// Pictures in memory, the least recently used dropped first, and few made at once.
import type { Picture } from './picture.ts';

export interface PictureCacheOptions {
  readonly capacityBytes: number;
  /** Pictures that are made at the same time; others wait. */
  readonly atOnce: number;
}

export class PictureCache {
  /** In the order of use, the oldest first: that is the order of a Map whose entries are put back at every use. */
  private readonly kept = new Map<string, Picture>();
  private readonly underWay = new Map<string, Promise<Picture>>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private bytes = 0;

  constructor(private readonly options: PictureCacheOptions) {}

  /** Bytes of the pictures that are kept. */
  get usedBytes(): number {
    return this.bytes;
  }

  /** The picture of this name; made once, however many ask for it meanwhile. What fails is not kept. */
  async picture(name: string, make: () => Promise<Picture>): Promise<Picture> {
    const found = this.kept.get(name);
    if (found !== undefined) {
      this.kept.delete(name);
      this.kept.set(name, found);
      return found;
    }
    const begun = this.underWay.get(name);
    if (begun !== undefined) return begun;
    const made = this.inTurn(make)
      .then((picture) => {
        this.keep(name, picture);
        return picture;
      })
      .finally(() => this.underWay.delete(name));
    this.underWay.set(name, made);
    return made;
  }

  private keep(name: string, picture: Picture): void {
    this.kept.set(name, picture);
    this.bytes += picture.bytes.length;
    for (const [oldest, { bytes }] of this.kept) {
      if (this.bytes <= this.options.capacityBytes) return;
      this.kept.delete(oldest);
      this.bytes -= bytes.length;
    }
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.options.atOnce) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
