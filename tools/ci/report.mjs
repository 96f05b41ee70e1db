// The one shape in which suites hand their counts to CI. Any script may write it; Jest does through its reporter.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Report
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 * @property {{ name: string, reason: string }[]} skips
 * @property {string[]} failures
 */

const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The folder reports go to: GGB_REPORT_DIR if set, else an ignored folder of the repository. */
export function reportFolder() {
  return process.env.GGB_REPORT_DIR || join(repositoryRoot, '.ggb', 'reports');
}

/**
 * @param {string} name  of the suite; one file per name, a later run replaces an earlier one.
 * @param {Report} report
 */
export function writeReport(name, report) {
  const folder = reportFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(report, null, 2)}\n`);
}

/**
 * The sum of all reports in a folder, undefined when there is none.
 *
 * @param {string} folder
 * @returns {Report | undefined}
 */
export function readReports(folder) {
  /** @type {Report[]} */
  const reports = [];
  try {
    for (const file of readdirSync(folder).sort()) {
      if (file.endsWith('.json')) reports.push(JSON.parse(readFileSync(join(folder, file), 'utf8')));
    }
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  return reports.length === 0 ? undefined : sumReports(reports);
}

/**
 * @param {Report[]} reports
 * @returns {Report}
 */
export function sumReports(reports) {
  /** @type {Report} */
  const sum = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };
  for (const report of reports) {
    sum.passed += report.passed;
    sum.failed += report.failed;
    sum.skipped += report.skipped;
    sum.skips.push(...report.skips);
    sum.failures.push(...report.failures);
  }
  return sum;
}

/** @param {{ passed: number, failed: number, skipped: number }} counts */
export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/**
 * Counts from the last `N passed, N failed, N skipped` line of a suite's output, and reasons from its
 * `skipped: NAME: REASON` lines; undefined when there is no such line.
 *
 * @param {string} output
 * @returns {Report | undefined}
 */
export function parseCounts(output) {
  // Tools colour their output even without a terminal.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what has to go.
  const plain = output.replace(/\x1b\[[0-9;]*m|\r/g, '');
  const last = [...plain.matchAll(/^(?:[\w-]+: )?(\d+) passed, (\d+) failed, (\d+) skipped$/gm)].at(-1);
  if (last === undefined) return undefined;
  const skips = [...plain.matchAll(/^(?:[\w-]+: )?skipped: (.+): (.+?)$/gm)].map(([, name = '', reason = '']) => ({
    name,
    reason,
  }));
  return { passed: Number(last[1]), failed: Number(last[2]), skipped: Number(last[3]), skips, failures: [] };
}
