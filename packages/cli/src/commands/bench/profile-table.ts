// The time of a training step by kernel and shape, as lines of text.
import type { NativeOpTime } from '@ggb/native-ops/node';

/** Rows that are shown; the rest is one line. */
const shown = 40;

/**
 * @param rows  of one step, longest first.
 * @param peak  what the machine reached in a matrix product, FLOP/s.
 */
export function profileTable(rows: readonly NativeOpTime[], peak: number): string {
  const total = rows.reduce((sum, { ms }) => sum + ms, 0);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column < 6 ? cell.padStart(widths[column] as number) : cell))
      .join('  ')
      .trimEnd();
  const body = rows.slice(0, shown).map(({ op, shape, calls, ms, flops, bytes }) => {
    const rate = flops / (ms / 1000);
    return line([
      ms.toFixed(2),
      `${((100 * ms) / total).toFixed(1)} %`,
      `${calls}`,
      flops === 0 ? '' : (rate / 1e9).toFixed(0),
      flops === 0 ? '' : `${((100 * rate) / peak).toFixed(0)} %`,
      bytes === 0 ? '' : (bytes / (ms / 1000) / 1e9).toFixed(1),
      `${op} ${shape}`,
    ]);
  });
  const rest = rows.slice(shown);
  if (rest.length > 0) {
    const ms = rest.reduce((sum, row) => sum + row.ms, 0);
    const calls = rest.reduce((sum, row) => sum + row.calls, 0);
    body.push(
      line([
        ms.toFixed(2),
        `${((100 * ms) / total).toFixed(1)} %`,
        `${calls}`,
        '',
        '',
        '',
        `${rest.length} further rows`,
      ]),
    );
  }
  return [
    line(['ms', 'share', 'calls', 'GFLOP/s', 'of peak', 'GB/s', 'kernel, input, filter (k), stride (s), output']),
    ...body,
  ].join('\n');
}

/** Milliseconds, share, calls, GFLOP/s, share of the peak, GB/s. */
const widths = [9, 7, 6, 8, 8, 6];
