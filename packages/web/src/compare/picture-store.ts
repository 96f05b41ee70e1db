// Decoded pictures. As many are kept as a budget allows, so that stepping back and forth, and flickering, costs no decoding.
import type { RgbImage } from '@ggb/metrics';

/** Something a canvas can draw, and its size in pixels. */
export interface Picture {
  readonly drawable: CanvasImageSource;
  readonly width: number;
  readonly height: number;
}

/** A picture that did not arrive, or that is no picture. */
export class PictureError extends Error {
  override readonly name = 'PictureError';

  constructor(
    readonly url: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface PictureStoreOptions {
  /** Of decoded pixels, four bytes each. */
  readonly capacityBytes?: number;
  readonly decode?: (url: string) => Promise<Picture>;
}

interface Kept {
  readonly promise: Promise<Picture>;
  /** Once it has arrived. */
  picture?: Picture;
}

export class PictureStore {
  /** In the order of use, the oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** On the screen: these stay, however large they are. */
  #held: ReadonlySet<string> = new Set();
  readonly #capacityBytes: number;
  readonly #decode: (url: string) => Promise<Picture>;

  constructor({ capacityBytes = 256 * 2 ** 20, decode = decodeUrl }: PictureStoreOptions = {}) {
    this.#capacityBytes = capacityBytes;
    this.#decode = decode;
  }

  /** Bytes of the pictures that have arrived and are kept. */
  get usedBytes(): number {
    let bytes = 0;
    for (const { picture } of this.#kept.values()) bytes += picture === undefined ? 0 : bytesOf(picture);
    return bytes;
  }

  /**
   * These are shown, and those that were held before are not. A picture that is not held may be closed at any time.
   *
   * @param urls  may grow while they are held.
   */
  hold(urls: ReadonlySet<string>): void {
    this.#held = urls;
  }

  /** @throws PictureError */
  load(url: string): Promise<Picture> {
    const kept = this.#kept.get(url) ?? this.#begin(url);
    // The last used is the last to go.
    this.#kept.delete(url);
    this.#kept.set(url, kept);
    return kept.promise;
  }

  /** What has been loaded before, at once: no frame without a picture while stepping back and forth. */
  arrived(url: string): Picture | undefined {
    return this.#kept.get(url)?.picture;
  }

  #begin(url: string): Kept {
    const kept: Kept = { promise: this.#decode(url) };
    kept.promise.then(
      (picture) => {
        kept.picture = picture;
        this.#forget();
      },
      // It may be there the next time: while pairs are scored, pictures appear one by one.
      () => this.#kept.delete(url),
    );
    return kept;
  }

  #forget(): void {
    let bytes = this.usedBytes;
    for (const [url, { picture }] of this.#kept) {
      if (bytes <= this.#capacityBytes) return;
      // What is on its way has no size yet.
      if (picture === undefined || this.#held.has(url)) continue;
      this.#kept.delete(url);
      bytes -= bytesOf(picture);
      // Otherwise its pixels stay until the collector comes by, which does not know how many they are.
      (picture.drawable as Partial<ImageBitmap>).close?.();
    }
  }
}

/** Whether a store has given it up: a closed bitmap has no size, and to draw it is an error. */
export function isClosed({ drawable, width }: Picture): boolean {
  return width > 0 && (drawable as ImageBitmap).width === 0;
}

function bytesOf({ width, height }: Picture): number {
  return 4 * width * height;
}

async function decodeUrl(url: string): Promise<Picture> {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
  } catch (cause) {
    throw new PictureError(url, 'The picture is not there, or is none.', { cause });
  }
  // Colour profiles would change the numbers that were scored.
  const bitmap = await createImageBitmap(image, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  return { drawable: bitmap, width: bitmap.width, height: bitmap.height };
}

/**
 * The pixels of a picture as metrics take them.
 *
 * @throws PictureError  where the browser does not let the page read them: pictures from file: beside the page.
 */
export function pixelsOf({ drawable, width, height }: Picture, url = ''): RgbImage {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' }) as CanvasRenderingContext2D;
  context.drawImage(drawable, 0, 0);
  let rgba: Uint8ClampedArray;
  try {
    rgba = context.getImageData(0, 0, width, height).data;
  } catch (cause) {
    throw new PictureError(url, 'The browser does not let this page read the pixels of its pictures.', { cause });
  }
  const data = new Uint8ClampedArray(3 * width * height);
  for (let i = 0, at = 0; i < rgba.length; i += 4) {
    data[at++] = rgba[i] as number;
    data[at++] = rgba[i + 1] as number;
    data[at++] = rgba[i + 2] as number;
  }
  return { data, width, height };
}

/** A picture of RGBA pixels. */
export function pictureOf(rgba: Uint8ClampedArray<ArrayBuffer>, width: number, height: number): Picture {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  (canvas.getContext('2d') as CanvasRenderingContext2D).putImageData(new ImageData(rgba, width, height), 0, 0);
  return { drawable: canvas, width, height };
}
