// Writes what a Jest run counted, and why it skipped what it skipped, as one JSON file for the last line of CI.
// A skip without a reason fails the run: it would look like a pass to everyone who reads only the last line.
import { relative } from 'node:path';
import { writeReport } from '../ci/report.mjs';
import { skipReason } from '../testing/skip-reason.mjs';

export default class CountsReporter {
  /**
   * @param {import('@jest/types').Config.GlobalConfig} globalConfig
   * @param {{ suite: string }} options
   */
  constructor(globalConfig, options) {
    this.globalConfig = globalConfig;
    this.suite = options.suite;
    /** @type {Error | undefined} */
    this.error = undefined;
  }

  /**
   * @param {unknown} _contexts
   * @param {import('@jest/test-result').AggregatedResult} results
   */
  onRunComplete(_contexts, results) {
    // With -t, what the pattern leaves out is pending too; nobody decided to skip it.
    const isFiltered = Boolean(this.globalConfig.testNamePattern);
    const report = countResults(results, this.globalConfig.rootDir);
    const unexplained = isFiltered ? [] : report.skips.filter((skip) => skip.reason === '');
    report.skips = report.skips.filter((skip) => skip.reason !== '');
    report.skipped = report.skips.length;
    report.failed += unexplained.length;
    report.failures.push(...unexplained.map((skip) => `${skip.name} (skipped without a reason)`));
    for (const skip of report.skips) console.log(`skipped: ${skip.name}: ${skip.reason}`);
    writeReport(this.suite, report);
    if (unexplained.length === 0) return;
    const names = unexplained.map((skip) => `  ${skip.name}`).join('\n');
    this.error = new Error(
      `${unexplained.length} skipped without a reason, which counts as failed:\n${names}\n` +
        `  Use itWhen(condition, reason) from tools/testing/skipping.ts, or end the title with "[skipped: reason]".`,
    );
    // Jest turns the error into an exit code, but says nothing.
    console.error(this.error.message);
  }

  getLastError() {
    return this.error;
  }
}

/**
 * @param {import('@jest/test-result').AggregatedResult} results
 * @param {string} rootDir
 * @returns {import('../ci/report.mjs').Report}
 */
export function countResults(results, rootDir) {
  /** @type {import('../ci/report.mjs').Report} */
  const report = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };
  for (const file of results.testResults) {
    const path = relative(rootDir, file.testFilePath);
    // A file that cannot be loaded has no tests to count, but it is a failure.
    if (file.testExecError || (file.failureMessage && file.testResults.length === 0)) {
      report.failed += 1;
      report.failures.push(`${path} could not be run`);
    }
    for (const test of file.testResults) {
      const name = `${path}: ${test.fullName}`;
      if (test.status === 'passed') report.passed += 1;
      else if (test.status === 'failed') {
        report.failed += 1;
        report.failures.push(name);
      } else report.skips.push({ name, reason: test.status === 'todo' ? 'to do' : skipReason(test.fullName) });
    }
  }
  report.skipped = report.skips.length;
  return report;
}
