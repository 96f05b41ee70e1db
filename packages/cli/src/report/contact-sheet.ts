// Small images side by side in one PNG, enlarged without smoothing so that every pixel that was scored can be seen.
import type { RgbImage } from '@ggb/core';
import sharp from 'sharp';

/** Grey that is neither the figures' background nor a colour. */
const gap = { width: 2, colour: { r: 255, g: 255, b: 255 } } as const;

/** An image that is left out; its place stays empty. */
export type Cell = RgbImage | undefined;

/**
 * Every row has as many cells; `side` is what each cell is enlarged to, by nearest neighbour.
 *
 * @returns PNG bytes.
 */
export async function contactSheet(rows: readonly (readonly Cell[])[], side: number): Promise<Buffer> {
  const columns = Math.max(...rows.map((row) => row.length));
  const step = side + gap.width;
  const cells = rows.flatMap((row, rowIndex) =>
    row.flatMap((cell, column) =>
      cell === undefined ? [] : [{ cell, left: column * step + gap.width, top: rowIndex * step + gap.width }],
    ),
  );
  const parts = await Promise.all(
    cells.map(async ({ cell: { data, width, height }, left, top }) => ({
      input: await sharp(data, { raw: { width, height, channels: 3 } })
        .resize(side, side, { kernel: 'nearest', fit: 'fill' })
        .png({ compressionLevel: 1 })
        .toBuffer(),
      left,
      top,
    })),
  );
  return (
    sharp({
      create: {
        width: columns * step + gap.width,
        height: rows.length * step + gap.width,
        channels: 3,
        background: gap.colour,
      },
    })
      .composite(parts)
      // Compositing brings an alpha channel that nothing here needs.
      .removeAlpha()
      .png({ compressionLevel: 9 })
      .toBuffer()
  );
}
