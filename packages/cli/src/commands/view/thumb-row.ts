// The thumbnails of a line of the grid as one picture: a line that scrolls in is one request, one answer and one decoding, where
// every picture by itself costs the browser more than its pixels do.
import { createHash } from 'node:crypto';
import type { RgbImage } from '@ggb/core/files';
import type { AllowedFolders } from './allowed-folders.ts';
import { loadSharp, nameOfOrigin, type Picture, type PictureOrigin, pixelsOf } from './picture.ts';
import { fitted, sizeWithin } from './resize.ts';
import { ViewError } from './view-error.ts';

/** Above this many pixels shrinking is left to sharp's threads: here it would hold up other answers. */
const shrunkHereBelow = 512 * 512;

/** One a tile; a function, because what is not there says so by throwing. */
export type TileOrigin = () => Promise<PictureOrigin>;

interface Tile {
  readonly name: string;
  /** `undefined`: there is none. */
  readonly origin?: PictureOrigin;
}

/** What stands in a row. `name` is another one whenever one of its pictures may be another. */
export interface ThumbRow {
  readonly name: string;
  readonly tiles: readonly Tile[];
}

/** @throws ViewError  the first tile's, where not one picture may be shown. */
export async function findThumbRow(
  origins: readonly TileOrigin[],
  side: number,
  folders: AllowedFolders,
): Promise<ThumbRow> {
  let refused: unknown;
  const tiles = await Promise.all(
    origins.map(async (find): Promise<Tile> => {
      try {
        const origin = await find();
        return { origin, name: await nameOfOrigin(origin, folders) };
      } catch (error) {
        if (!(error instanceof ViewError)) throw error;
        refused ??= error;
        return { name: 'none' };
      }
    }),
  );
  if (tiles.every(({ origin }) => origin === undefined)) throw refused;
  const hash = createHash('sha256').update(JSON.stringify(tiles.map(({ name }) => name)));
  return { tiles, name: `row ${side} ${hash.digest('base64url')}` };
}

/**
 * Tiles of one size side by side, at most `side` pixels wide and high; no larger than the largest picture. A picture of another
 * shape than the first one stands in the middle of its tile; what is left of a tile is transparent.
 *
 * @throws ViewError  the first one, where not one picture can be decoded.
 */
export async function thumbRowOf({ tiles }: ThumbRow, side: number, folders: AllowedFolders): Promise<Picture> {
  const images: (RgbImage | undefined)[] = [];
  let failed: unknown;
  // One after the other: with all at once the decoding threads would take the cores from the browser.
  for (const { origin } of tiles) {
    images.push(
      origin === undefined
        ? undefined
        : await pixelsOf(origin, folders).then(
            (image) => shrunk(image, side),
            (error: unknown) => {
              failed ??= error;
              return undefined;
            },
          ),
    );
  }
  const first = images.find((image) => image !== undefined);
  if (first === undefined) throw failed;
  const largest = Math.max(...images.map((image) => Math.max(image?.width ?? 0, image?.height ?? 0)));
  return encoded(images, sizeWithin(first, largest, { enlarge: true }));
}

async function shrunk(image: RgbImage, side: number): Promise<RgbImage> {
  const { width, height } = image;
  if (width <= side && height <= side) return image;
  const size = sizeWithin(image, side);
  if (width * height <= shrunkHereBelow) return fitted(image, size);
  const sharp = await loadSharp();
  const data = await sharp(image.data, { raw: { width, height, channels: 3 } })
    .resize(size.width, size.height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return { data: new Uint8Array(data), ...size };
}

type Size = Pick<RgbImage, 'width' | 'height'>;

async function encoded(images: readonly (RgbImage | undefined)[], tile: Size): Promise<Picture> {
  const placed = images.map((image) => image && fitted(image, sizeIn(image, tile)));
  // JPEG knows no transparency; it is smaller and made faster than what does.
  const isFilled = placed.every((image) => image?.width === tile.width && image.height === tile.height);
  const channels = isFilled ? 3 : 4;
  const width = tile.width * images.length;
  const pixels = new Uint8Array(width * tile.height * channels);
  for (const [i, image] of placed.entries()) {
    if (image === undefined) continue;
    const left = i * tile.width + ((tile.width - image.width) >> 1);
    const top = (tile.height - image.height) >> 1;
    for (let y = 0; y < image.height; y++) {
      const line = image.data.subarray(3 * y * image.width, 3 * (y + 1) * image.width);
      const at = channels * ((top + y) * width + left);
      if (channels === 3) pixels.set(line, at);
      else setOpaque(pixels, at, line);
    }
  }
  const sharp = await loadSharp();
  const row = sharp(pixels, { raw: { width, height: tile.height, channels } });
  const bytes = isFilled
    ? await row.jpeg({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer()
    : await row.webp({ quality: 90, effort: 0 }).toBuffer();
  return { bytes: new Uint8Array(bytes), type: isFilled ? 'image/jpeg' : 'image/webp' };
}

/** Of a picture in a tile; the tile's own where the shapes differ by rounding alone. */
function sizeIn(image: Size, tile: Size): Size {
  const size = sizeWithin(image, Math.max(tile.width, tile.height), { enlarge: true });
  const scale = Math.min(1, tile.width / size.width, tile.height / size.height);
  const width = Math.max(1, Math.round(size.width * scale));
  const height = Math.max(1, Math.round(size.height * scale));
  return Math.abs(width - tile.width) <= 1 && Math.abs(height - tile.height) <= 1 ? tile : { width, height };
}

function setOpaque(rgba: Uint8Array, at: number, rgb: Uint8Array): void {
  for (let from = 0, to = at; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from] as number;
    rgba[to + 1] = rgb[from + 1] as number;
    rgba[to + 2] = rgb[from + 2] as number;
    rgba[to + 3] = 255;
  }
}
