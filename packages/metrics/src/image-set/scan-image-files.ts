// A set of images that have no partners, looked at before any work: what is wrong with them, all of it at once.
import { setImmediate } from 'node:timers/promises';
import { type AllowableKind, type ImageFault, ImageFileReader } from './image-file.ts';
import { type ImageSetProblem, printable } from './image-set-problem.ts';
import type { ImageSide } from './list-images.ts';

export interface ImageScanOptions {
  readonly side: ImageSide;
  /** Kinds of files that are used although they are odd. */
  readonly allow?: readonly AllowableKind[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

export interface ScannedImages {
  /** Those that can be used, in the order in which they were given. */
  readonly files: readonly string[];
  readonly problems: readonly ImageSetProblem[];
}

/** Files looked at before others get a turn: about five milliseconds. */
const chunk = 256;

/** Looks at every file's header, and decodes what is not plain. @throws the reason of `signal` when it is aborted. */
export async function scanImageFiles(
  paths: readonly string[],
  { side, allow, signal, onProgress }: ImageScanOptions,
): Promise<ScannedImages> {
  const reader = new ImageFileReader(new Set(allow));
  const files: string[] = [];
  const problems: ImageSetProblem[] = [];
  for (const [i, path] of paths.entries()) {
    const glimpse = reader.glance(path);
    const fault: ImageFault | undefined = glimpse.isUndecided
      ? (await reader.inspect(path, glimpse.stamp)).fault
      : glimpse.fault;
    if (fault === undefined) files.push(path);
    else problems.push({ ...fault, severity: 'error', side, file: printable(path) });
    if (i % chunk !== chunk - 1 && i !== paths.length - 1) continue;
    onProgress?.({ done: i + 1, total: paths.length });
    await setImmediate();
    signal?.throwIfAborted();
  }
  return { files, problems };
}
