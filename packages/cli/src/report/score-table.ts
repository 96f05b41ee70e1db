// Scores as a table for a terminal. Every column says which way is better.

export interface ScoreRow {
  readonly name: string;
  readonly scores: {
    readonly ssim: number;
    readonly insideSsim?: number;
    readonly insideL1?: number;
    readonly l1: number;
    readonly sharpness?: number;
  };
}

const columns = [
  { title: 'SSIM', key: 'ssim', digits: 3 },
  { title: 'SSIM inside', key: 'insideSsim', digits: 3 },
  { title: 'colour error inside', key: 'insideL1', digits: 1 },
  { title: 'colour error', key: 'l1', digits: 1 },
  { title: 'sharpness', key: 'sharpness', digits: 2 },
] as const;

/** A line for each row below a line of titles; columns that no row has are left out. */
export function scoreTable(rows: readonly ScoreRow[]): string {
  const shown = columns.filter(({ key }) => rows.some(({ scores }) => scores[key] !== undefined));
  const cells = [
    ['', ...shown.map(({ title }) => title)],
    ...rows.map(({ name, scores }) => [name, ...shown.map(({ key, digits }) => scores[key]?.toFixed(digits) ?? '-')]),
  ];
  const widths = ['', ...shown].map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const lines = cells.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  return [
    ...lines,
    'SSIM: higher is better, 1 is equal. Colour error: mean absolute difference, 0 to 255, lower is better.',
    ...(shown.some(({ key }) => key === 'sharpness')
      ? ['Sharpness: 1 is as sharp as the truth, less is blurred.']
      : []),
  ].join('\n');
}
