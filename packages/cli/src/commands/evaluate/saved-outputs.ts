// The pictures of an evaluation, beside its record: evaluation/NAME/ID.png is the output, ID.level4.png what the head of
// guided level 4 drew.
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RgbImage } from '@ggb/core';
import { evaluationFolder } from '@ggb/core/node';
import sharp from 'sharp';

/** Pictures that are being encoded at a time. Encoding takes a thread of sharp each, the model has the others. */
const atOnce = 8;

/**
 * Written into a folder of its own, which takes the place of an earlier evaluation's at the end: pictures of two
 * evaluations are never mixed, and one that was broken off leaves the earlier as it was.
 */
export class SavedOutputs {
  private readonly place: string;
  private readonly unfinished: string;
  private readonly underWay = new Set<Promise<void>>();
  private failure: { readonly cause: unknown } | undefined;

  private constructor(runDir: string, name: string) {
    this.place = join(runDir, evaluationFolder, name);
    this.unfinished = `${this.place}.${process.pid}.tmp`;
  }

  /** @param name  of the evaluation. */
  static async begin(runDir: string, name: string): Promise<SavedOutputs> {
    const outputs = new SavedOutputs(runDir, name);
    await rm(outputs.unfinished, { recursive: true, force: true });
    await mkdir(outputs.unfinished, { recursive: true });
    return outputs;
  }

  /** Returns when there is room for more, not when the files are there. @throws what kept an earlier one from being written. */
  async add(id: string, output: RgbImage, levels: ReadonlyMap<number, RgbImage>): Promise<void> {
    await this.write(`${id}.png`, output);
    for (const [level, image] of levels) await this.write(`${id}.level${level}.png`, image);
  }

  /** Puts the pictures in their place. */
  async finish(): Promise<void> {
    await Promise.all(this.underWay);
    this.throwIfFailed();
    const earlier = `${this.place}.${process.pid}-earlier.tmp`;
    await rename(this.place, earlier).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(this.unfinished, this.place);
    await rm(earlier, { recursive: true, force: true });
  }

  /** Leaves nothing behind; after {@link finish} it does nothing. */
  async discard(): Promise<void> {
    await Promise.allSettled(this.underWay);
    await rm(this.unfinished, { recursive: true, force: true });
  }

  private async write(name: string, { data, width, height }: RgbImage): Promise<void> {
    while (this.underWay.size >= atOnce) await Promise.race(this.underWay);
    this.throwIfFailed();
    const written = sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(join(this.unfinished, name))
      .then(
        () => undefined,
        (cause: unknown) => {
          this.failure ??= { cause };
        },
      )
      .finally(() => this.underWay.delete(written));
    this.underWay.add(written);
  }

  private throwIfFailed(): void {
    if (this.failure !== undefined) throw this.failure.cause;
  }
}
