// One look at an image file before any work: what it is, how large, whether it is whole. Plain 8-bit JPEG and PNG files,
// nearly all there are, cost three system calls; everything else is shown to the decoder.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { decodeImage, ImageReadError, largestImagePixels, readMetadata } from './decode-image.ts';
import { extensionOf, formatOfExtension, type ImageFormat, readableFormats, sniffFormat } from './image-format.ts';
import type { ProblemKind } from './image-set-problem.ts';

export interface ImageFault {
  readonly kind: ProblemKind;
  readonly expected: string;
  readonly received: string;
  readonly advice: string;
}

export interface ImageFile {
  readonly width: number;
  readonly height: number;
  /** Of the file's size and time of change: what a resumed run knows it again by. */
  readonly stamp: number;
  /** The first thing that is wrong, and not among the kinds that are allowed. */
  readonly fault?: ImageFault;
}

/** Kinds of files that can be decoded, and that a user may want scored all the same. */
export const allowableKinds = ['wrong-extension', 'sixteen-bit', 'cmyk', 'animated'] as const;
export type AllowableKind = (typeof allowableKinds)[number];

/** What a first look has found; `undecided` needs the decoder. */
type Glance = { readonly width: number; readonly height: number } | { readonly fault: ImageFault } | 'undecided';

/**
 * What {@link ImageFileReader.glance} gives back: an image, or that the decoder must be asked.
 */
export interface Glimpse extends Omit<ImageFile, 'fault'> {
  readonly fault?: ImageFault;
  readonly isUndecided: boolean;
}

/** Bytes read at once: holds the headers of nearly every file. */
const headLength = 2048;
const tailLength = 12;
const pngEnd = Buffer.from('0000000049454e44ae426082', 'hex');

/**
 * Reads headers into buffers of its own, and makes no views of them: those outlive V8's young generation, and a hundred
 * thousand files would leave ten megabytes behind. Use one after the other.
 */
export class ImageFileReader {
  private readonly head = Buffer.alloc(headLength);
  private readonly tail = Buffer.alloc(tailLength);
  private readonly segment = Buffer.alloc(10);

  constructor(private readonly allowed: ReadonlySet<AllowableKind> = new Set()) {}

  /** Blocks for three system calls, microseconds on a local disk. */
  glance(path: string): Glimpse {
    let file: number;
    try {
      // Not to wait for a writer, should it be a pipe.
      file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    } catch (error) {
      return faulty(0, unreadable(error));
    }
    try {
      const stat = fstatSync(file);
      const stamp = stampOf(stat.size, stat.mtimeMs);
      if (!stat.isFile()) {
        const advice = 'Give image files alone names that end like one.';
        return faulty(stamp, { kind: 'not-a-file', expected: 'an image file', received: 'something else', advice });
      }
      const found = this.look(path, file, stat.size);
      if (found === 'undecided') return { width: 0, height: 0, stamp, isUndecided: true };
      // Not spread: V8 describes each such object anew, as `stamp` is now a small integer and now not, and the descriptions of
      // a hundred thousand files live long enough to become six megabytes.
      return 'fault' in found
        ? faulty(stamp, found.fault)
        : { width: found.width, height: found.height, stamp, isUndecided: false };
    } catch (error) {
      return faulty(0, unreadable(error));
    } finally {
      closeSync(file);
    }
  }

  /** Asks the decoder about a file that {@link glance} left undecided; decodes it to its end. */
  async inspect(path: string, stamp: number): Promise<ImageFile> {
    try {
      const { width, height, format, pages, is16Bit, isCmyk } = await readMetadata(path);
      const size = { width, height, stamp };
      if (width * height > largestImagePixels) return { ...size, fault: tooLarge(width, height) };
      if (format === undefined) return { ...size, fault: unsupported(path) };
      const fault =
        this.unlessAllowed(extensionFault(path, format)) ??
        (is16Bit ? this.unlessAllowed(sixteenBit) : undefined) ??
        (isCmyk ? this.unlessAllowed(cmyk) : undefined) ??
        (pages > 1 ? this.unlessAllowed(severalFrames(pages)) : undefined);
      if (fault !== undefined) return { ...size, fault };
      await decodeImage(path);
      return size;
    } catch (error) {
      if (!(error instanceof ImageReadError)) throw error;
      return { width: 0, height: 0, stamp, fault: undecodable(error, this.lacksEnd(path)) };
    }
  }

  private look(path: string, file: number, size: number): Glance {
    if (size === 0) {
      const advice = 'Often an interrupted copy or a full disk: write the file again.';
      return { fault: { kind: 'empty', expected: 'an image', received: 'a file of 0 bytes', advice } };
    }
    const length = readSync(file, this.head, 0, Math.min(size, headLength), 0);
    const format = sniffFormat(this.head, length);
    if (format === undefined) return { fault: noImage(this.head.subarray(0, length)) };
    if (format === 'other') return { fault: unsupported(path) };
    const wrongName = this.unlessAllowed(extensionFault(path, format));
    if (wrongName !== undefined) return { fault: wrongName };
    if (format !== 'jpeg' && format !== 'png') return 'undecided';
    const header =
      format === 'png'
        ? pngHeader(this.head, length)
        : jpegHeader({ head: this.head, segment: this.segment }, length, file, size);
    if (header === undefined) return 'undecided';
    const { width, height } = header;
    if (width * height > largestImagePixels) return { fault: tooLarge(width, height) };
    const fault =
      (header.is16Bit ? this.unlessAllowed(sixteenBit) : undefined) ??
      (header.isCmyk ? this.unlessAllowed(cmyk) : undefined) ??
      (header.isAnimated ? this.unlessAllowed(severalFrames(undefined)) : undefined);
    if (fault !== undefined) return { fault };
    return this.isWhole(format, file, size, length) ? { width, height } : 'undecided';
  }

  /** Whether the file ends as images of the format do. One that does not can still be good: bytes may follow. */
  private isWhole(format: 'jpeg' | 'png', file: number, size: number, headRead: number): boolean {
    if (size < tailLength) return false;
    if (size <= headRead) this.head.copy(this.tail, 0, size - tailLength, size);
    else readSync(file, this.tail, 0, tailLength, size - tailLength);
    return format === 'png'
      ? this.tail.equals(pngEnd)
      : this.tail[tailLength - 2] === 0xff && this.tail[tailLength - 1] === 0xd9;
  }

  /** Of a file that the decoder has refused: whether that is because its end is missing. */
  private lacksEnd(path: string): boolean {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const { size } = fstatSync(file);
      const length = readSync(file, this.head, 0, Math.min(size, headLength), 0);
      const format = sniffFormat(this.head, length);
      return (format === 'png' || format === 'jpeg') && !this.isWhole(format, file, size, length);
    } finally {
      closeSync(file);
    }
  }

  private unlessAllowed(fault: ImageFault | undefined): ImageFault | undefined {
    return fault === undefined || this.allowed.has(fault.kind as AllowableKind) ? undefined : fault;
  }
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly is16Bit?: boolean;
  readonly isCmyk?: boolean;
  readonly isAnimated?: boolean;
}

/** PNG third edition, 11.2.1: width, height, bit depth after the IHDR tag. Undefined: let the decoder say. */
function pngHeader(head: Buffer, length: number): Header | undefined {
  if (length < 33 || head.toString('latin1', 12, 16) !== 'IHDR' || head.readUInt32BE(8) !== 13) return undefined;
  const header = { width: head.readUInt32BE(16), height: head.readUInt32BE(20), is16Bit: head[24] === 16 };
  if (header.width === 0 || header.height === 0) return undefined;
  // acTL, which makes it an animation, stands before the first IDAT.
  for (let chunk = 33; chunk + 8 <= length; chunk += 12 + head.readUInt32BE(chunk)) {
    const kind = head.toString('latin1', chunk + 4, chunk + 8);
    if (kind === 'acTL') return { ...header, isAnimated: true };
    if (kind === 'IDAT') return header;
  }
  return header.width * header.height > largestImagePixels ? header : undefined;
}

interface Buffers {
  readonly head: Buffer;
  readonly segment: Buffer;
}

/** ITU T.81, annex B: segments up to the frame header, which may lie beyond a thumbnail of many kilobytes. */
function jpegHeader(buffers: Buffers, length: number, file: number, size: number): Header | undefined {
  for (let at = 2, count = 0; at + 10 <= size && count < 1000; count++) {
    const isRead = at + 10 <= length;
    if (!isRead && readSync(file, buffers.segment, 0, 10, at) < 10) return undefined;
    const bytes = isRead ? buffers.head : buffers.segment;
    const from = isRead ? at : 0;
    if (bytes[from] !== 0xff) return undefined;
    const marker = bytes[from + 1] as number;
    if (marker === 0xff) {
      at += 1; // Fill byte
      continue;
    }
    // Baseline, extended and progressive Huffman. Others are rare; the decoder knows whether it can read them.
    if (marker >= 0xc0 && marker <= 0xc2) {
      const height = bytes.readUInt16BE(from + 5);
      const width = bytes.readUInt16BE(from + 7);
      const components = bytes[from + 9] as number;
      if (bytes[from + 4] !== 8 || height === 0 || width === 0) return undefined;
      if (components === 4) return { width, height, isCmyk: true };
      return components === 1 || components === 3 ? { width, height } : undefined;
    }
    const hasLength = marker >= 0xc0 && marker !== 0xd8 && marker !== 0xd9 && !(marker >= 0xd0 && marker <= 0xd7);
    if (!hasLength || marker === 0xda) return undefined;
    at += 2 + bytes.readUInt16BE(from + 2);
  }
  return undefined;
}

const stamped = new Float64Array(2);
const stampedWords = new Uint32Array(stamped.buffer);

/** 32 bits of size and time of change, so that a million stamps are four megabytes: one change in four billion goes unseen. */
function stampOf(size: number, mtimeMs: number): number {
  stamped[0] = size;
  stamped[1] = mtimeMs;
  return mixedWords(0x811c9dc5);
}

/** MurmurHash3 (32 bits) of the four words, with its finalizer. */
function mixedWords(start: number): number {
  let hash = start;
  for (let i = 0; i < 4; i++) {
    let word = Math.imul(stampedWords[i] as number, 0xcc9e2d51);
    word = Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash ^= word;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function faulty(stamp: number, fault: ImageFault): Glimpse {
  return { width: 0, height: 0, stamp, fault, isUndecided: false };
}

function unreadable(error: unknown): ImageFault {
  const code = (error as NodeJS.ErrnoException).code ?? String(error);
  const advice = 'Check owner and permissions.';
  return { kind: 'unreadable', expected: 'a file that can be opened', received: code, advice };
}

function noImage(head: Buffer): ImageFault {
  const isText = head.every((byte) => byte >= 0x20 || byte === 9 || byte === 10 || byte === 13);
  return {
    kind: 'not-an-image',
    expected: `an image (${readableFormats})`,
    received: isText ? 'text' : 'bytes of no known format',
    advice: 'Remove the file, or rename it if it belongs to something else.',
  };
}

function unsupported(path: string): ImageFault {
  return {
    kind: 'unsupported-format',
    expected: readableFormats,
    received: `another format (${extensionOf(path) || 'no extension'})`,
    advice: 'Save the images as PNG, which loses nothing.',
  };
}

function extensionFault(path: string, format: ImageFormat): ImageFault | undefined {
  const extension = extensionOf(path);
  if (formatOfExtension[extension] === format) return undefined;
  return {
    kind: 'wrong-extension',
    expected: extension === '' ? 'a name with an extension' : `what ${extension} says`,
    received: format.toUpperCase(),
    advice: 'Rename the files, or score them as they are with --allow wrong-extension.',
  };
}

function tooLarge(width: number, height: number): ImageFault {
  return {
    kind: 'too-large',
    expected: `at most ${largestImagePixels / 1e6} megapixels`,
    received: `a header that says ${width} x ${height}`,
    advice: 'Not decoded: a small file can claim any size. Resize the image, if it is one.',
  };
}

const sixteenBit: ImageFault = {
  kind: 'sixteen-bit',
  expected: '8 bits a channel',
  received: '16',
  advice:
    "Save 8 bits: protocols are defined on them. --allow sixteen-bit scores what Pillow's convert('RGB') makes of them.",
};

const cmyk: ImageFault = {
  kind: 'cmyk',
  expected: 'RGB or grey',
  received: 'CMYK',
  advice: "Convert it as its maker meant it. --allow cmyk scores what Pillow's convert('RGB') makes of it.",
};

const severalFrames = (pages: number | undefined): ImageFault => ({
  kind: 'animated',
  expected: 'one frame',
  received: pages === undefined ? 'an animation' : `${pages} frames or pages`,
  advice: 'Save the frame that is meant. --allow animated scores the first one.',
});

function undecodable({ reason }: ImageReadError, lacksEnd: boolean): ImageFault {
  const isTruncated =
    lacksEnd || /premature|truncated|unexpected end|end of (file|stream)|too short|not enough/i.test(reason);
  return {
    kind: isTruncated ? 'truncated' : 'corrupt',
    expected: 'an image that can be decoded to its end',
    received: reason,
    advice: 'Write or copy the file again.',
  };
}
