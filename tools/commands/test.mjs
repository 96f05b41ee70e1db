// npm test: set up, then the tests of every package. Arguments go to `nx run-many -t test`, e.g. `-p native-ops`.
import { rmSync } from 'node:fs';
import { ensureBrowser } from '../bootstrap/browser.mjs';
import { runNx } from '../bootstrap/run-command.mjs';
import { main, setUp } from '../bootstrap/set-up.mjs';
import { countsLine, readReports, reportFolder } from '../ci/report.mjs';

const args = process.argv.slice(2);

await main(() => {
  if (args.includes('--help') || args.includes('-h')) {
    console.log('Usage: npm test -- [-p PROJECT] [arguments for jest]\nAll of it goes to `nx run-many -t test`.');
    return 0;
  }
  setUp();
  ensureBrowser();
  rmSync(reportFolder(), { recursive: true, force: true });
  // One project at a time: the specs themselves use every core. What they depend on has just been built.
  const options = ['--parallel=1', '--output-style=stream', '--exclude-task-dependencies'];
  const status = runNx(['run-many', '-t', 'test', ...options, ...args]);
  const report = readReports(reportFolder());
  if (report === undefined) {
    console.error('npm test: no suite reported a count, so nothing is known to have passed.');
    return 1;
  }
  if (status !== 0 && report.failed === 0) {
    report.failed = 1;
    report.failures.push('a test target failed without reporting a failed test; Nx names it above');
  }
  for (const skip of report.skips) console.log(`skipped: ${skip.name}: ${skip.reason}`);
  for (const failure of report.failures) console.log(`failed: ${failure}`);
  console.log(countsLine(report));
  return status;
});
