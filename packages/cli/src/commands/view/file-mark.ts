// Whether a file is still the one that was read.
import { stat } from 'node:fs/promises';

/** Another text whenever the file may have other content; 'absent' without one. */
export async function fileMark(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found === undefined ? 'absent' : `${found.ino}-${found.size}-${found.mtimeNs}`;
}

/** A value made from files, made again when one of their marks is another. */
export class Fresh<T> {
  private kept: { readonly mark: string; readonly value: Promise<T> } | undefined;

  /** Whether the value of this mark is there or being made. */
  has(mark: string): boolean {
    return this.kept?.mark === mark;
  }

  /** Who asks while it is being made gets the same. What fails is not kept. */
  async value(mark: string, make: () => Promise<T>): Promise<T> {
    if (this.kept?.mark !== mark) {
      const kept = { mark, value: make() };
      this.kept = kept;
      kept.value.catch(() => {
        if (this.kept === kept) this.kept = undefined;
      });
    }
    return this.kept.value;
  }
}
