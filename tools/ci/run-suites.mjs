// Runs every suite of suites.json in order and ends with one line over all of them. Arguments pick suites by name.
//
// A suite is { name, command, counts, timeoutMinutes? }. `counts` says where its numbers are read:
//   "reports"  it wrote report files (report.mjs) into GGB_REPORT_DIR, as every Jest run here does;
//   "line"     it printed `N passed, N failed, N skipped`, and `skipped: NAME: REASON` for each skip.
// A suite that gives no numbers, reports nothing passed or skipped, or fails while reporting no failure, counts as one failure.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countsLine, parseCounts, readReports, sumReports } from './report.mjs';

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string[]} command
 * @property {'reports' | 'line'} counts
 * @property {number} [timeoutMinutes]  default 30.
 *
 * @typedef {import('./report.mjs').Report} Report
 */

const here = dirname(fileURLToPath(import.meta.url));
const repositoryRoot = join(here, '..', '..');
const suitesPath = process.env.GGB_SUITES || join(here, 'suites.json');

/** @type {Suite[]} */
const allSuites = JSON.parse(readFileSync(suitesPath, 'utf8'));
const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !allSuites.some((suite) => suite.name === name));
if (unknown.length > 0) {
  console.error(
    `ci: no suite is called ${unknown.join(', ')}. Known: ${allSuites.map((suite) => suite.name).join(', ')}`,
  );
  process.exit(2);
}

/** @type {Report[]} */
const reports = [];
/** @type {string[]} */
const table = [];
let setUpFailed = false;
for (const suite of allSuites.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  console.log(`\n=== ${suite.name}: ${suite.command.join(' ')}`);
  const start = performance.now();
  // Exit code 2 means that the machine lacks something; every later suite would only say so again.
  const report = setUpFailed ? notRun(suite, 'set-up failed before') : await runSuite(suite);
  reports.push(report);
  table.push(`${suite.name.padEnd(20)} ${countsLine(report)} (${((performance.now() - start) / 1000).toFixed(0)} s)`);
}

const total = sumReports(reports);
console.log('\n=== summary');
for (const row of table) console.log(row);
for (const skip of total.skips) console.log(`skipped: ${skip.name}: ${skip.reason}`);
for (const failure of total.failures) console.log(`failed: ${failure}`);
console.log(countsLine(total));
process.exitCode = total.failed === 0 ? 0 : 1;

/**
 * @param {Suite} suite
 * @returns {Promise<Report>}
 */
async function runSuite(suite) {
  const folder = mkdtempSync(join(tmpdir(), 'ggb-reports-'));
  try {
    const { status, output, isTimedOut } = await run(suite, { ...process.env, GGB_REPORT_DIR: folder });
    if (status === 2) setUpFailed = true;
    const counts = suite.counts === 'reports' ? readReports(folder) : parseCounts(output);
    const outcome = isTimedOut ? `stopped after ${timeoutMinutes(suite)} minutes` : `exit code ${status}`;
    if (counts === undefined) return notRun(suite, `no counts, ${outcome}`);
    const report = qualified(suite.name, counts);
    if (report.failed > 0) return report;
    if (status !== 0) return withFailure(report, `${suite.name}: ${outcome}, but no failed test was reported`);
    if (report.passed + report.skipped === 0) return withFailure(report, `${suite.name}: nothing ran`);
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {Suite} suite
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ status: number, output: string, isTimedOut: boolean }>}
 */
function run(suite, env) {
  const [command = '', ...args] = suite.command;
  return new Promise((resolve) => {
    // A process group of its own, so that a time-out ends the children too.
    const child = spawn(command, args, { cwd: repositoryRoot, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let isTimedOut = false;
    const timer = setTimeout(() => {
      isTimedOut = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeoutMinutes(suite) * 60_000);
    child.stdout.on('data', (chunk) => {
      output += chunk;
      process.stdout.write(chunk);
    });
    child.stderr.on('data', (chunk) => process.stdout.write(chunk));
    child.on('error', (error) => {
      clearTimeout(timer);
      console.log(error.message);
      resolve({ status: 127, output, isTimedOut });
    });
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status: status ?? 1, output, isTimedOut });
    });
  });
}

/** @param {Suite} suite */
function timeoutMinutes(suite) {
  return suite.timeoutMinutes ?? 30;
}

/**
 * @param {Suite} suite
 * @param {string} reason
 * @returns {Report}
 */
function notRun(suite, reason) {
  return { passed: 0, failed: 1, skipped: 0, skips: [], failures: [`${suite.name}: did not run: ${reason}`] };
}

/**
 * @param {Report} report
 * @param {string} failure
 * @returns {Report}
 */
function withFailure(report, failure) {
  return { ...report, failed: report.failed + 1, failures: [...report.failures, failure] };
}

/**
 * @param {string} suite
 * @param {Report} report
 * @returns {Report}
 */
function qualified(suite, report) {
  return {
    ...report,
    skips: report.skips.map((skip) => ({ ...skip, name: `${suite}: ${skip.name}` })),
    failures: report.failures.map((failure) => `${suite}: ${failure}`),
  };
}
