// The border of what the viewer shows: files below the folders it was given, and no others. Records and manifests name
// paths, and they may come from anybody; what they name is looked at here before it is opened.
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileMark } from './file-mark.ts';
import { ViewError } from './view-error.ts';

export class AllowedFolders {
  private readonly roots = new Set<string>();
  /** As they were given, for messages and for paths that do not exist. */
  private readonly given = new Set<string>();

  /** @param onAllow  hears of every folder that is new. */
  constructor(private readonly onAllow: (folder: string) => void = () => {}) {}

  /** Everything below `folder` may be read from now on. Links are followed here, once. A folder that is not there is kept. */
  async allow(folder: string): Promise<void> {
    const path = resolve(folder);
    if (!this.given.has(path)) this.onAllow(path);
    this.given.add(path);
    const real = await realpath(folder).catch(() => undefined);
    if (real !== undefined) this.roots.add(real);
  }

  /** Whether a path is below one of the folders as text; links are not looked at, nothing is asked of the disk. */
  names(path: string): boolean {
    return [...this.given, ...this.roots].some((root) => isBelow(root, path));
  }

  /**
   * Opens a file for reading. The caller closes it.
   *
   * What is opened is what was checked: the path without links, of which the last part is refused if it has become one
   * meanwhile. Whoever can exchange folders above it while this runs can write in the given folders anyway.
   *
   * @throws ViewError  403 for what lies outside once links are followed, 404 for what is not there or no file.
   */
  async open(path: string): Promise<FileHandle> {
    const real = await this.realPathOf(path);
    const file = await open(real, constants.O_RDONLY | noFollow | nonBlocking).catch((cause: NodeJS.ErrnoException) => {
      throw unreadable(path, cause);
    });
    try {
      // A pipe or a device would never end.
      if (!(await file.stat()).isFile()) throw new ViewError(404, `${path}: not a file.`);
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Tells the file and its content from others, for what is made of it. @throws ViewError  as {@link open}. */
  async markOf(path: string): Promise<string> {
    const real = await this.realPathOf(path);
    return `${real} ${await fileMark(real)}`;
  }

  /** The path without links. @throws ViewError  as {@link open}. */
  async realPathOf(path: string): Promise<string> {
    // Refused before the disk is asked: otherwise the answer tells which files there are.
    if (path.includes('\0') || !this.names(resolve(path))) throw outside(path);
    const real = await realpath(path).catch((cause: NodeJS.ErrnoException) => {
      throw unreadable(path, cause);
    });
    if (![...this.roots].some((root) => isBelow(root, real))) throw outside(path);
    return real;
  }
}

// Windows knows neither of the two.
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function outside(path: string): ViewError {
  return new ViewError(
    403,
    `${path}: lies outside of the folders that are shown. If it belongs to them, start the viewer with --data FOLDER.`,
  );
}

function unreadable(path: string, cause: NodeJS.ErrnoException): ViewError {
  const isMissing = cause.code === 'ENOENT' || cause.code === 'ENOTDIR';
  return new ViewError(404, `${path}: ${isMissing ? 'is not there' : `cannot be opened (${cause.code})`}.`, { cause });
}
