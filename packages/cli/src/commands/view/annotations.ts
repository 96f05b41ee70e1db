// Key points by hand. The images of one folder are read; written is one file, its pairs.jsonl, and in lines that are there
// nothing but key points. Lines that are not about the image keep every byte.
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { extname, join, relative, resolve, sep } from 'node:path';
import { manifestFileName, type Pair, readImageHeader, readPairManifest, writeAtomically } from '@ggb/core/files';
import { jointCount, jointNames } from '@ggb/core/keypoints';
import {
  type AnnotateImage,
  type AnnotateList,
  type AnnotateSaved,
  noManifest,
  type ViewKeypoints,
} from '@ggb/web/view-data';
import { UserError } from '../../user-error.ts';
import type { AllowedFolders } from './allowed-folders.ts';
import { trainingSizeProblem, trainingSizesNote } from './training-size.ts';
import { ViewError } from './view-error.ts';

const imageEndings = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff']);
const byteOrderMark = /^\uFEFF/;
/** Hands and feet may lie a little outside of a photo, and training cuts them off; this is a slip. */
const furthestOutside = 1;

export class Annotations {
  private readonly manifest: string;
  private readonly sizes = new Map<string, { readonly width: number; readonly height: number }>();
  /** Saves come one after the other: each looks at what the one before has written. */
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    private readonly folders: AllowedFolders,
    /** Relative to the folder, by name. */
    private readonly images: readonly string[],
  ) {
    this.manifest = join(folder, manifestFileName);
  }

  /** @throws UserError  for a folder that is none or has no images; DataProblems  for a manifest that cannot be read. */
  static async open(folder: string, folders: AllowedFolders): Promise<Annotations> {
    if (!(await stat(folder)).isDirectory()) {
      throw new UserError('is a file', { where: folder, expected: 'a folder of photos for --annotate' });
    }
    await folders.allow(folder);
    const path = resolve(folder);
    const names = (await readdir(path, { recursive: true })).filter((name) =>
      imageEndings.has(extname(name).toLowerCase()),
    );
    const annotations = new Annotations(path, folders, names.sort());
    const { pairs } = await annotations.read();
    // A mask is a picture too; nobody marks joints in it.
    const others = new Set(pairs.flatMap((pair) => [pair.sourceMask, pair.targetMask, pair.condition]));
    const shown = annotations.images.filter((name) => !others.has(join(path, name)));
    if (shown.length === 0) {
      throw new UserError('has no images', {
        where: folder,
        expected: 'photos (PNG, JPEG, WebP, GIF, TIFF) for --annotate',
      });
    }
    return new Annotations(path, folders, shown);
  }

  async list(): Promise<AnnotateList> {
    const { version, pairs } = await this.read();
    const known = keypointsByImage(pairs);
    const images = await Promise.all(
      this.images.map(async (name, index): Promise<AnnotateImage> => {
        const keypoints = known.get(join(this.folder, name));
        // A photo that is broken stays in the list, without a size: its number must not become another's.
        const size = await this.sizeOf(index).catch(() => undefined);
        const problem = size && trainingSizeProblem(size);
        return {
          name: name.split(sep).join('/'),
          ...(size ?? { width: 0, height: 0 }),
          ...(keypoints === undefined ? {} : { keypoints }),
          ...(problem === undefined ? {} : { problem }),
        };
      }),
    );
    return { version, manifest: this.manifest, images };
  }

  /** What to say at the start: that training refuses photos of such sizes. `undefined` if it does not. */
  async sizesNote(): Promise<string | undefined> {
    const { images } = await this.list();
    // Without a size: a photo that cannot be read, which the page says.
    return trainingSizesNote(images.filter(({ width }) => width > 0));
  }

  /** @throws ViewError  404 for a number that is none. */
  imagePath(index: number): string {
    const name = this.images[index];
    if (name === undefined) throw new ViewError(404, `There is no image ${index}.`);
    return join(this.folder, name);
  }

  /**
   * Key points of one image into every line it stands in: `keypoints` where it is the target, `sourceKeypoints` where it is
   * the source. An image that is no line's target gets lines: a pair with each other image of the same person, which is
   * whose name is the same up to the last `-` or `_`; with itself, if there is none.
   *
   * @throws ViewError  409 if the file is not the `version` that was read; 400 for key points that are none.
   */
  async save(version: string, index: number, keypoints: ViewKeypoints): Promise<AnnotateSaved> {
    const path = this.imagePath(index);
    const { width, height } = await this.sizeOf(index);
    const checked = checkedKeypoints(keypoints, width, height);
    const saved = this.last.then(() => this.write(version, path, checked));
    this.last = saved.catch(() => undefined);
    return saved;
  }

  private async write(version: string, path: string, keypoints: ViewKeypoints): Promise<AnnotateSaved> {
    const { text, version: now, pairs } = await this.read();
    if (now !== version) {
      throw new ViewError(
        409,
        `${this.manifest} has been changed by somebody else since it was read. Nothing was written.`,
      );
    }
    const lines = text.split('\n');
    let changed = 0;
    for (const pair of pairs) {
      if (pair.source !== path && pair.target !== path) continue;
      const line = lines[pair.line - 1] as string;
      const value = JSON.parse(line.replace(byteOrderMark, '')) as Record<string, unknown>;
      if (pair.target === path) value.keypoints = keypoints;
      if (pair.source === path) value.sourceKeypoints = keypoints;
      const [mark, end] = [byteOrderMark.exec(line)?.[0] ?? '', line.endsWith('\r') ? '\r' : ''];
      lines[pair.line - 1] = `${mark}${JSON.stringify(value)}${end}`;
      changed += 1;
    }
    const added = pairs.some(({ target }) => target === path) ? [] : this.newLines(path, keypoints, pairs);
    const whole = lines.join('\n');
    const written = `${whole}${whole === '' || whole.endsWith('\n') ? '' : '\n'}${added.map((line) => `${line}\n`).join('')}`;
    await writeAtomically(this.manifest, async (file) => void (await file.writeFile(written)));
    return { version: versionOf(written), lines: changed + added.length, added: added.length };
  }

  private newLines(target: string, keypoints: ViewKeypoints, pairs: readonly Pair[]): string[] {
    const known = keypointsByImage(pairs);
    const person = personOf(target);
    const partners = this.images
      .map((name) => join(this.folder, name))
      .filter((path) => path !== target && personOf(path) === person);
    const taken = new Set(pairs.map(({ id }) => id));
    return (partners.length > 0 ? partners : [target]).map((source) => {
      const sourceKeypoints = source === target ? keypoints : known.get(source);
      const wanted = `${this.stemOf(source)}-to-${this.stemOf(target)}`.replaceAll('/', '-');
      let id = wanted;
      for (let number = 2; taken.has(id); number++) id = `${wanted}-${number}`;
      taken.add(id);
      return JSON.stringify({
        id,
        source: this.nameIn(source),
        target: this.nameIn(target),
        keypoints,
        ...(sourceKeypoints === undefined ? {} : { sourceKeypoints }),
        identity: this.nameIn(person),
      });
    });
  }

  private nameIn(path: string): string {
    return relative(this.folder, path).split(sep).join('/');
  }

  private stemOf(path: string): string {
    return this.nameIn(path).slice(0, -extname(path).length);
  }

  private async read(): Promise<{ text: string; version: string; pairs: readonly Pair[] }> {
    const text = await this.readText();
    if (text === undefined) return { text: '', version: noManifest, pairs: [] };
    const pairs = await readPairManifest(this.manifest);
    // Lines of one text and pairs of another would go together badly.
    if ((await this.readText()) === text) return { text, version: versionOf(text), pairs };
    throw new ViewError(409, `${this.manifest} is being changed by somebody else right now. Try again.`);
  }

  private async readText(): Promise<string | undefined> {
    const found = await lstat(this.manifest).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (found === undefined) return undefined;
    // A link may lead out of the folder, and would be replaced by a file when points are saved.
    if (!found.isFile()) throw new ViewError(403, `${this.manifest}: a link or a folder, expected a file.`);
    return readFile(this.manifest, 'utf8');
  }

  private async sizeOf(index: number): Promise<{ width: number; height: number }> {
    const path = this.imagePath(index);
    const known = this.sizes.get(path);
    if (known !== undefined) return known;
    const { width, height } = await readImageHeader(await this.folders.realPathOf(path));
    this.sizes.set(path, { width, height });
    return { width, height };
  }
}

function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What lines say of an image; of several the first. */
function keypointsByImage(pairs: readonly Pair[]): ReadonlyMap<string, ViewKeypoints> {
  const known = new Map<string, ViewKeypoints>();
  for (const { source, target, keypoints, sourceKeypoints } of pairs) {
    if (keypoints !== undefined && !known.has(target)) known.set(target, keypoints);
    if (sourceKeypoints !== undefined && !known.has(source)) known.set(source, sourceKeypoints);
  }
  return known;
}

/** `anna-2.jpg` and `anna_beach.jpg` are anna. */
function personOf(path: string): string {
  const stem = path.slice(0, -extname(path).length);
  const [folder, name] = [stem.slice(0, stem.lastIndexOf(sep) + 1), stem.slice(stem.lastIndexOf(sep) + 1)];
  return folder + name.replace(/(.)[-_][^-_]*$/, '$1');
}

/** To 1/100 pixel, as manifests of this project have them. @throws ViewError  400 */
function checkedKeypoints(keypoints: unknown, width: number, height: number): ViewKeypoints {
  if (!Array.isArray(keypoints) || keypoints.length !== jointCount) {
    throw new ViewError(400, `keypoints: expected ${jointCount} joints in COCO-18 order, [x, y] or null.`);
  }
  return keypoints.map((joint: unknown, index) => {
    if (joint === null) return null;
    const [x, y] = Array.isArray(joint) && joint.length === 2 ? joint : [];
    const isNear = (value: unknown, size: number) =>
      typeof value === 'number' && value >= -furthestOutside * size && value <= (1 + furthestOutside) * size;
    if (isNear(x, width) && isNear(y, height)) return [hundredths(x), hundredths(y)] as const;
    throw new ViewError(
      400,
      `keypoints[${index}] (${jointNames[index]}): expected [x, y] in pixels of ${width} x ${height}, or null; received ${JSON.stringify(joint)?.slice(0, 60)}.`,
    );
  });
}

const hundredths = (value: number) => Math.round(100 * value) / 100;
