// From the arguments of `ggb view` to what is shown.
import { readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { infoFile } from '@ggb/core/files';
import { UserError } from '../../user-error.ts';
import type { AllowedFolders } from './allowed-folders.ts';
import type { ReportView } from './report-view.ts';
import { RunView } from './run-view.ts';
import type { ViewedSource } from './viewed-source.ts';

/** Folders that training and the demo make, where the command runs. */
const usualFolders = ['runs', 'demo'];
/** `demo/00001/run` is two below `demo`. */
const deepest = 2;

export interface SourceList {
  list(): Promise<readonly ViewedSource[]>;
}

/** Runs in some folders. They are looked for again at each call: training begins new ones while the viewer is open. */
export class RunFinder implements SourceList {
  private readonly views = new Map<string, RunView>();

  private constructor(
    private readonly runs: readonly string[],
    private readonly reports: readonly ReportView[],
    private readonly folders: AllowedFolders,
  ) {}

  /**
   * @param given  runs, folders with runs in them, and reports; none: the folders that training makes.
   * @throws UserError  for one that is none of them; ReportError  for a JSON file that is no report.
   */
  static async open(given: readonly string[], folders: AllowedFolders): Promise<RunFinder> {
    const searched = given.length > 0 ? given : await usualHere();
    const runs: string[] = [];
    const reports: ReportView[] = [];
    for (const path of searched) {
      if ((await stat(path)).isDirectory()) {
        if (given.length > 0 && (await runsBelow(path)).length === 0) throw notARun(path, await whatIsIn(path));
        await folders.allow(path);
        runs.push(path);
      } else if (path.endsWith('.json')) {
        const { ReportView: Report } = await import('./report-view.ts');
        const report = new Report(path, folders);
        // A server for a file that shows nothing would only say so in the page.
        await report.check();
        reports.push(report);
      } else {
        throw notARun(path, 'a file');
      }
    }
    return new RunFinder(runs, reports, folders);
  }

  async list(): Promise<readonly ViewedSource[]> {
    const found = new Set<string>();
    for (const folder of this.runs) for (const run of await runsBelow(folder)) found.add(resolve(run));
    const runs = [...found].map((dir) => {
      const view = this.views.get(dir) ?? new RunView(dir, this.folders);
      this.views.set(dir, view);
      return view;
    });
    return [...runs, ...this.reports];
  }
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
  return names.length === 0
    ? 'an empty folder'
    : `a folder without ${infoFile}, which holds ${basename(names[0] as string)}`;
}

function notARun(where: string, received: string): UserError {
  return new UserError('holds no run', {
    where,
    expected: 'a folder that ggb train wrote, one with such folders in it, or a report of ggb evaluate --json',
    received,
    remedy: 'Two folders of images are compared by: ggb view --real FOLDER --generated FOLDER',
  });
}
