// Small pictures made smaller without a thread and a library for each: a hundred thousandths of a second, not a thousandth.
import type { RgbImage } from '@ggb/core/files';

type Size = Pick<RgbImage, 'width' | 'height'>;

/** The size at which a picture fits into a square; pictures that fit already keep theirs unless they are enlarged. */
export function sizeWithin({ width, height }: Size, side: number, { enlarge = false } = {}): Size {
  const scale = side / Math.max(width, height);
  if (scale >= 1 && !enlarge) return { width, height };
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/**
 * The picture in another size, where one that is smaller averages the area of each pixel, and one that is larger repeats pixels.
 * The same object for the same size.
 */
export function fitted(image: RgbImage, { width, height }: Size): RgbImage {
  if (image.width === width && image.height === height) return image;
  const columns = sharesOf(image.width, width);
  const rows = sharesOf(image.height, height);
  const line = new Float32Array(3 * width);
  const sums = new Float32Array(3 * width);
  const data = new Uint8Array(3 * width * height);
  let lineAt = -1;
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let i = rows.starts[y] as number; i < (rows.starts[y + 1] as number); i++) {
      const at = rows.from[i] as number;
      if (at !== lineAt) averageLine(image.data, 3 * at * image.width, columns, line);
      lineAt = at;
      const share = rows.share[i] as number;
      for (let x = 0; x < sums.length; x++) sums[x] = (sums[x] as number) + share * (line[x] as number);
    }
    // Shares sum to 1, so values stay within 0..255 but for rounding.
    for (let x = 0; x < sums.length; x++) data[3 * y * width + x] = Math.min(255, (sums[x] as number) + 0.5);
  }
  return { data, width, height };
}

/** For each new pixel which old ones it covers, and what share of it each has; entry `starts[i]` on are pixel i's. */
interface Shares {
  readonly starts: Int32Array;
  readonly from: readonly number[];
  readonly share: readonly number[];
}

function sharesOf(before: number, after: number): Shares {
  const starts = new Int32Array(after + 1);
  const from: number[] = [];
  const share: number[] = [];
  const scale = before / after;
  for (let i = 0; i < after; i++) {
    if (after >= before) {
      from.push(Math.floor((i + 0.5) * scale));
      share.push(1);
    } else {
      const [low, high] = [i * scale, (i + 1) * scale];
      for (let at = Math.floor(low); at < Math.min(before, Math.ceil(high)); at++) {
        from.push(at);
        share.push((Math.min(at + 1, high) - Math.max(at, low)) / scale);
      }
    }
    starts[i + 1] = from.length;
  }
  return { starts, from, share };
}

function averageLine(data: RgbImage['data'], at: number, { starts, from, share }: Shares, line: Float32Array): void {
  for (let x = 0; x + 1 < starts.length; x++) {
    let [r, g, b] = [0, 0, 0];
    for (let i = starts[x] as number; i < (starts[x + 1] as number); i++) {
      const pixel = at + 3 * (from[i] as number);
      const part = share[i] as number;
      r += part * (data[pixel] as number);
      g += part * (data[pixel + 1] as number);
      b += part * (data[pixel + 2] as number);
    }
    line[3 * x] = r;
    line[3 * x + 1] = g;
    line[3 * x + 2] = b;
  }
}
