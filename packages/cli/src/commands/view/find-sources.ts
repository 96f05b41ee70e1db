// From the arguments of `ggb view` to what is shown.
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { infoFile } from '@ggb/core/files';
import { UserError } from '../../user-error.ts';
import type { AllowedFolders } from './allowed-folders.ts';
import type { ManifestLibrary } from './manifest-library.ts';
import { RunView } from './run-view.ts';
import type { ViewedSource } from './viewed-source.ts';

/** Folders that training and the demo make, where the command runs. */
const usualFolders = ['runs', 'demo'];
/** `demo/00001/run` is two below `demo`. */
const deepest = 2;

/** Runs in some folders. They are looked for again at each call: training begins new ones while the viewer is open. */
export class RunFinder implements SourceList {
  private readonly views = new Map<string, RunView>();

  constructor(
    private readonly given: readonly string[],
    private readonly folders: AllowedFolders,
    private readonly manifests: ManifestLibrary,
  ) {}

  /**
   * @param given  runs, and folders with runs in them; none: the folders that training makes.
   * @throws UserError  for one that is neither, or holds no run.
   */
  static async open(given: readonly string[], folders: AllowedFolders, manifests: ManifestLibrary): Promise<RunFinder> {
    const searched = given.length > 0 ? given : await usualHere();
    for (const folder of searched) {
      if (!(await stat(folder)).isDirectory()) throw notARun(folder, 'a file');
      await folders.allow(folder);
    }
    const finder = new RunFinder(searched, folders, manifests);
    for (const folder of searched) {
      if ((await runsBelow(folder)).length === 0 && given.length > 0) throw notARun(folder, await whatIsIn(folder));
    }
    return finder;
  }

  async list(): Promise<readonly ViewedSource[]> {
    const found = new Set<string>();
    for (const folder of this.given) for (const run of await runsBelow(folder)) found.add(resolve(run));
    return [...found].map((dir) => {
      const view = this.views.get(dir) ?? new RunView(dir, this.folders, this.manifests);
      this.views.set(dir, view);
      return view;
    });
  }
}

export interface SourceList {
  list(): Promise<readonly ViewedSource[]>;
}

async function usualHere(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const folder of usualFolders) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory()) found.push(folder);
  }
  if (found.length > 0) return found;
  throw new UserError(`no folder here is called ${usualFolders.join(' or ')}`, {
    where: process.cwd(),
    remedy: 'Name a run: ggb view RUN. Or two folders of images: ggb view --real FOLDER --generated FOLDER',
  });
}

/** The folder itself, or the runs in it by name. */
async function runsBelow(folder: string, depth = 0): Promise<string[]> {
  if ((await stat(join(folder, infoFile)).catch(() => undefined))?.isFile()) return [folder];
  if (depth === deepest) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // Links are not followed: they may lead around in circles, and out of the folder.
    if (entry.isDirectory()) below.push(...(await runsBelow(join(folder, entry.name), depth + 1)));
  }
  return below;
}

async function whatIsIn(folder: string): Promise<string> {
  const names = await readdir(folder);
  return names.length === 0 ? 'an empty folder' : `a folder without ${infoFile}, which holds ${basename(names[0] as string)}`;
}

function notARun(where: string, received: string): UserError {
  return new UserError('holds no run', {
    where,
    expected: 'a folder that ggb train wrote, or one with such folders in it',
    received,
    remedy: 'Two folders of images are compared by: ggb view --real FOLDER --generated FOLDER',
  });
}
