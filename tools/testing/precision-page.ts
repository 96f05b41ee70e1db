// docs/precision.md holds what tests measured. A spec records the errors it finds anyway and ends by holding its section of
// the page against them; with GGB_WRITE_PRECISION=1 it writes the section instead.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const precisionPage = join(__dirname, '..', '..', 'docs', 'precision.md');

/** One line of the page. */
export interface PrecisionRow {
  readonly metric: string;
  /** What it was compared with. */
  readonly reference: string;
  readonly versions: string;
  /** Largest absolute error that the tests accept. */
  readonly tolerance: number;
  /** Largest absolute error that was seen. */
  readonly error: number;
}

/** Collects rows: of every metric and reference the worst error. */
export class MeasuredErrors {
  private readonly worst = new Map<string, PrecisionRow>();

  record(row: PrecisionRow): void {
    const key = `${row.metric}|${row.reference}`;
    const known = this.worst.get(key);
    if (known === undefined || row.error > known.error) this.worst.set(key, row);
  }

  get rows(): readonly PrecisionRow[] {
    return [...this.worst.values()];
  }
}

/**
 * What is wrong with a section of the page, undefined when it says what was measured. A recorded bound may be larger than
 * the error by a factor of a thousand: other versions of Node round `exp`, `pow` and `log` differently in the last digit.
 */
export function precisionSectionProblem(
  page: string,
  section: string,
  rows: readonly PrecisionRow[],
): string | undefined {
  const found = sectionOf(page, section);
  if (found === undefined) return `the page has no section "${section}"`;
  const expected = tableLines(rows);
  const lines = found.trim().split('\n');
  const changed = expected.findIndex((line, i) => withoutBound(line) !== withoutBound(lines[i] ?? ''));
  if (changed >= 0) return `expected the line\n  ${expected[changed]}\nfound\n  ${lines[changed] ?? '(nothing)'}`;
  if (lines.length !== expected.length) return `expected ${expected.length} lines, found ${lines.length}`;
  for (const [i, { metric, reference, error }] of rows.entries()) {
    const bound = Number(
      cells(lines[i + 2] as string)
        .at(-1)
        ?.replace('below ', ''),
    );
    if (!(bound >= error && bound <= Math.max(1e-12, 1000 * error))) {
      return `${metric}, ${reference}: the page says ${bound}, measured ${error}`;
    }
  }
  return undefined;
}

/** The page with the section replaced. @throws Error  if the page does not have it. */
export function withSection(page: string, section: string, rows: readonly PrecisionRow[]): string {
  const found = sectionOf(page, section);
  if (found === undefined) throw new Error(`docs/precision.md: no section "${section}" to write into`);
  const [begin, end] = [`<!-- measured: ${section} -->`, `<!-- end: ${section} -->`];
  return page.replace(`${begin}${found}${end}`, () => `${begin}\n\n${tableLines(rows).join('\n')}\n\n${end}`);
}

/** Holds the section against the rows, or writes it. @throws Error  if the page says something else. */
export function checkPrecisionPage(section: string, rows: readonly PrecisionRow[], command: string): void {
  const page = readFileSync(precisionPage, 'utf8');
  if (process.env.GGB_WRITE_PRECISION === '1') {
    writeFileSync(precisionPage, withSection(page, section, rows));
    return;
  }
  const problem = precisionSectionProblem(page, section, rows);
  if (problem !== undefined) throw new Error(`docs/precision.md is stale: ${problem}\nRun: ${command}`);
}

function sectionOf(page: string, section: string): string | undefined {
  return page.split(`<!-- measured: ${section} -->`)[1]?.split(`<!-- end: ${section} -->`)[0];
}

/** A Markdown table, its columns aligned. */
function tableLines(rows: readonly PrecisionRow[]): string[] {
  const table = [
    ['metric', 'reference', 'versions', 'tolerance', 'measured'],
    ...rows.map(({ metric, reference, versions, tolerance, error }) => [
      metric,
      reference,
      versions,
      tolerance === 0 ? 'equal' : `${tolerance.toExponential()}`,
      error === 0 ? '0' : `below ${boundOf(error, tolerance)}`,
    ]),
  ];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...table.map((row) => (row[column] as string).length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i] as number)).join(' | ')} |`;
  return [line(table[0] as string[]), line(widths.map((width) => '-'.repeat(width))), ...table.slice(1).map(line)];
}

/** A power of ten, or the tolerance where that says more. Nothing below 1e-15, which is the rounding of one operation. */
function boundOf(error: number, tolerance: number): string {
  const exponent = Math.max(-15, Math.ceil(Math.log10(error)));
  return error <= tolerance && tolerance < 10 ** exponent ? tolerance.toExponential() : `1e${exponent}`;
}

/** The bound depends on rounding, and the width of its column and of the rule with it. */
function withoutBound(line: string): string {
  const all = cells(line);
  return all.every((cell) => /^-+$/.test(cell)) ? 'rule' : all.slice(0, -1).join('|');
}

function cells(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
}
