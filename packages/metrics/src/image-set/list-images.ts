// The image files below a folder, in the order of their names whatever order the file system gives them in.
import { isUtf8 } from 'node:buffer';
import { closeSync, constants, type Dirent, opendirSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isImageName, sniffFormat } from './image-format.ts';
import { type ImageSetProblem, printable } from './image-set-problem.ts';
import { NameTable } from './name-table.ts';
import { release } from './releasable-memory.ts';

export type ImageSide = 'real' | 'generated';

export interface ImageFolder {
  readonly side: ImageSide;
  /** As the user named it. */
  readonly root: string;
  /** Paths within the folder with forward slashes, sorted; each can be opened by joining it to `root`. */
  readonly names: NameTable;
  /** Files that are no images and do not look like any. */
  readonly ignored: number;
}

/** The folder that was named is no folder that can be read. */
export class ImageFolderError extends Error {
  override readonly name = 'ImageFolderError';

  constructor(
    readonly folder: string,
    readonly received: string,
  ) {
    super(`${printable(folder)}: expected a folder of images, received ${received}.`);
  }
}

/** Deeper trees are a mistake: system calls would fail on the path first. */
const deepest = 100;

/**
 * Lists a folder with its sub-folders. Links are followed, each folder is listed once. Files whose name begins with a dot
 * and those that are no images by name are left out and counted; what looks like an image and is none is a problem.
 *
 * @throws ImageFolderError  if `root` itself cannot be listed.
 */
export function listImages(root: string, side: ImageSide, problems: ImageSetProblem[]): ImageFolder {
  return new FolderWalk(root, side, problems).images();
}

class FolderWalk {
  private readonly names = new NameTable();
  private readonly seen = new Set<string>();
  /** Links to folders wait: which of two ways to a folder counts shall not depend on the order of a directory. */
  private readonly links: string[] = [];
  private ignored = 0;

  constructor(
    private readonly root: string,
    private readonly side: ImageSide,
    private readonly problems: ImageSetProblem[],
  ) {}

  images(): ImageFolder {
    this.checkRoot();
    this.walk('', 0);
    for (let link = this.nextLink(); link !== undefined; link = this.nextLink()) {
      this.walk(link, link.split('/').length);
    }
    return { side: this.side, root: this.root, names: this.names.sorted(), ignored: this.ignored };
  }

  private nextLink(): string | undefined {
    return this.links.sort((a, b) => Buffer.compare(Buffer.from(b), Buffer.from(a))).pop();
  }

  private checkRoot(): void {
    const found = attempt(() => statSync(this.root));
    if (found.error?.code === 'ENOENT') throw new ImageFolderError(this.root, 'nothing there');
    if (found.error !== undefined)
      throw new ImageFolderError(this.root, `one that cannot be opened (${found.error.code})`);
    if (!found.value.isDirectory()) throw new ImageFolderError(this.root, 'a file');
    const listed = attempt(() => opendirSync(this.root).closeSync());
    if (listed.error !== undefined) {
      throw new ImageFolderError(this.root, `one that cannot be listed (${listed.error.code})`);
    }
  }

  private walk(folder: string, depth: number): void {
    if (depth > deepest) {
      this.add('symlink-loop', folder, `at most ${deepest} levels of folders`, 'more');
      return;
    }
    const path = join(this.root, folder);
    const subfolders = new NameTable();
    // Names as bytes, a character each: not every name on a disk is UTF-8, and a wrong one read as text could not be opened
    // any more. Not as buffers, each of which would be an allocation outside the heap.
    const opened = attempt(() => ({
      real: realpathSync(path),
      directory: opendirSync(path, { encoding: 'latin1', bufferSize: 256 }),
    }));
    if (opened.error !== undefined) {
      this.unreadable(folder, opened.error);
      return;
    }
    const { real, directory } = opened.value;
    try {
      // Below a link there may be folders that another link has led to before.
      if (this.seen.has(real)) {
        this.listedAlready(folder, real);
        return;
      }
      this.seen.add(real);
      for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
        this.visit(folder, entry, subfolders);
      }
    } finally {
      directory.closeSync();
    }
    const order = subfolders.order();
    for (const index of order) this.walk(subfolders.at(index), depth + 1);
    release(order);
    subfolders.release();
  }

  private listedAlready(folder: string, real: string): void {
    const received = `a way to ${printable(real)}, which is listed already`;
    this.add('symlink-loop', folder, 'a folder of its own', received);
  }

  private visit(folder: string, entry: Dirent, subfolders: NameTable): void {
    const isAscii = !/[\x80-\xff]/.test(entry.name);
    const bytes = isAscii ? undefined : Buffer.from(entry.name, 'latin1');
    const name = bytes?.toString('utf8') ?? entry.name;
    if (name.startsWith('.') || name === 'Thumbs.db' || name === '__MACOSX') {
      this.ignored++;
      return;
    }
    const path = folder === '' ? name : `${folder}/${name}`;
    if (bytes !== undefined && !isUtf8(bytes)) {
      const shown = [...bytes]
        .map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`))
        .join('');
      const expected = 'a name in UTF-8';
      const received = 'bytes that are no UTF-8';
      this.add('odd-name', folder === '' ? shown : `${folder}/${shown}`, expected, received);
      return;
    }
    if (entry.isDirectory()) this.folder(path, () => subfolders.add(path));
    else if (entry.isSymbolicLink()) this.link(path);
    else if (entry.isFile()) this.file(path);
    else this.special(path);
  }

  private folder(path: string, enter: () => void): void {
    if (isImageName(path)) this.add('not-a-file', path, 'an image file', 'a folder');
    else enter();
  }

  private link(path: string): void {
    const { value: target, error } = attempt(() => statSync(join(this.root, path)));
    if (error?.code === 'ELOOP') {
      this.add('symlink-loop', path, 'a file or folder', 'a link that leads back to itself');
    } else if (error?.code === 'ENOENT') this.add('broken-link', path, 'a file or folder', 'a link to nothing');
    else if (error !== undefined) this.unreadable(path, error);
    else if (target.isDirectory()) this.folder(path, () => this.links.push(path));
    else if (target.isFile()) this.file(path);
    else this.special(path);
  }

  private special(path: string): void {
    if (isImageName(path)) this.add('not-a-file', path, 'an image file', 'a pipe, socket or device');
    else this.ignored++;
  }

  private file(path: string): void {
    if (!isImageName(path) && !(/(^|\/)[^.]+$/.test(path) && this.beginsAsImage(path))) {
      this.ignored++;
      return;
    }
    if (/[\p{Cc}\p{Cf}\u2028\u2029\ufffd]/u.test(path)) {
      this.add('odd-name', path, 'visible characters', 'control or invisible ones, shown escaped', 'note');
    } else if (path !== path.normalize('NFC')) {
      this.add('odd-name', path, 'composed Unicode (NFC)', 'decomposed characters, paired as if composed', 'note');
    }
    this.names.add(path);
  }

  /** For names without an extension. */
  private beginsAsImage(path: string): boolean {
    const bytes = Buffer.alloc(16);
    const read = attempt(() => {
      const file = openSync(join(this.root, path), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
      try {
        return readSync(file, bytes, 0, bytes.length, 0);
      } finally {
        closeSync(file);
      }
    });
    return read.value !== undefined && sniffFormat(bytes.subarray(0, read.value)) !== undefined;
  }

  private unreadable(path: string, { code }: NodeJS.ErrnoException): void {
    this.add('unreadable', path, 'a folder or file that can be opened', `${code}`);
  }

  private add(kind: keyof typeof advices, path: string, expected: string, received: string, severity?: 'note'): void {
    this.problems.push({
      kind,
      severity: severity ?? 'error',
      side: this.side,
      file: printable(join(this.root, path)),
      expected,
      received,
      advice: advices[kind],
    });
  }
}

const advices = {
  'not-a-file': 'Give image files alone names that end like one.',
  'symlink-loop': 'Remove the link, or let it point to images outside the folder.',
  'broken-link': 'Remove the link, or put back what it points to.',
  unreadable: 'Check owner and permissions.',
  'odd-name': 'Rename the file; every program reads letters, digits, "-", "_" and ".".',
} as const;

type Attempt<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: NodeJS.ErrnoException };

function attempt<T>(action: () => T): Attempt<T> {
  try {
    return { value: action() };
  } catch (error) {
    return { error: error as NodeJS.ErrnoException };
  }
}
