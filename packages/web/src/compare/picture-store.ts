// Decoded pictures. A few hundred are kept, so that stepping back and forth, and flickering, costs no decoding.
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

export class PictureStore {
  readonly #pictures = new Map<string, Promise<Picture>>();
  readonly #arrived = new Map<string, Picture>();

  constructor(private readonly capacity = 240) {}

  /** @throws PictureError */
  load(url: string): Promise<Picture> {
    const known = this.#pictures.get(url);
    const promise = known ?? decode(url);
    // The last used is the last to go.
    this.#pictures.delete(url);
    this.#pictures.set(url, promise);
    if (known === undefined) {
      promise.then(
        (picture) => this.#arrived.set(url, picture),
        // It may be there the next time: while pairs are scored, pictures appear one by one.
        () => this.#pictures.delete(url),
      );
      this.#forget();
    }
    return promise;
  }

  /** What has been loaded before, at once: no frame without a picture while stepping back and forth. */
  arrived(url: string): Picture | undefined {
    return this.#arrived.get(url);
  }

  #forget(): void {
    for (const url of this.#pictures.keys()) {
      if (this.#pictures.size <= this.capacity) return;
      this.#pictures.delete(url);
      this.#arrived.delete(url);
    }
  }
}

async function decode(url: string): Promise<Picture> {
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
