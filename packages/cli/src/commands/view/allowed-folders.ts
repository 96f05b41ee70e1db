// The border of what the viewer shows: files below the folders it was given, and no others. Records and manifests name
// paths, and they may come from anybody; what they name is looked at here before it is opened.
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileMark } from './file-mark.ts';
import { ViewError } from './view-error.ts';

export interface FolderListener {
  /** Hears of every folder that is new. */
  onAllow?(folder: string): void;
  /** Hears of a folder that `namedBy` names and that was refused. */
  onRefuse?(folder: string, namedBy: string): void;
}

export class AllowedFolders {
  private readonly roots = new Set<string>();
  /** As they were given, for messages and for paths that do not exist. */
  private readonly given = new Set<string>();

  /** @param parent  what it allows is allowed here too; not the other way round. */
  constructor(
    private readonly listener: FolderListener = {},
    private readonly parent?: AllowedFolders,
  ) {}

  /** For one source: what its files name is open to it alone, what the user named to all. */
  ofSource(): AllowedFolders {
    return new AllowedFolders(this.listener, this);
  }

  /** Everything below `folder` may be read from now on. Links are followed here, once. A folder that is not there is kept. */
  async allow(folder: string): Promise<void> {
    const path = resolve(folder);
    const isNew = !this.given.has(path);
    this.given.add(path);
    if (isNew) this.listener.onAllow?.(path);
    const real = await realpath(folder).catch(() => undefined);
    if (real !== undefined) this.roots.add(real);
  }

  /**
   * Allows a folder that a file from anybody names, if the user has named it or one above it, or if it does not lead out of
   * `home`, where the file lies.
   *
   * @returns whether it is allowed.
   */
  async allowWithin(folder: string, { home, namedBy }: { home: string; namedBy: string }): Promise<boolean> {
    const [real, realHome] = await Promise.all([folder, home].map((path) => realpath(path).catch(() => resolve(path))));
    const isWithin = [realHome as string, ...this.allRoots()].some((root) => isAtOrBelow(root, real as string));
    if (isWithin) await this.allow(folder);
    else this.listener.onRefuse?.(resolve(folder), namedBy);
    return isWithin;
  }

  /** Whether a path is below one of the folders as text; links are not looked at, nothing is asked of the disk. */
  names(path: string): boolean {
    const isNamed = [...this.given, ...this.roots].some((root) => isBelow(root, path));
    return isNamed || (this.parent?.names(path) ?? false);
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
    if (!this.allRoots().some((root) => isBelow(root, real))) throw outside(path);
    return real;
  }

  private allRoots(): readonly string[] {
    return [...this.roots, ...(this.parent?.allRoots() ?? [])];
  }
}

// Windows knows neither of the two.
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function isAtOrBelow(root: string, path: string): boolean {
  return root === path || isBelow(root, path);
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
