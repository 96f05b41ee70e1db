// Runs `npm run demo` and holds its last line against what it must reach. Not a suite of CI: it takes ten quiet minutes.
//
//   node tools/ci/demo-claims.mjs
import { spawn } from 'node:child_process';
import { repositoryRoot } from '../bootstrap/repository.mjs';
import { main } from '../bootstrap/set-up.mjs';
import { claimsReport } from './demo-claims-report.mjs';
import { countsLine, writeReport } from './report.mjs';

await main(async () => {
  const { status, lastLine } = await runDemo();
  if (status !== 0) return status;
  const report = claimsReport(JSON.parse(lastLine));
  for (const failure of report.failures) console.log(`failed: ${failure}`);
  writeReport('demo', report);
  console.log(countsLine(report));
  return report.failed === 0 ? 0 : 1;
});

/** @returns {Promise<{ status: number, lastLine: string }>} */
function runDemo() {
  const child = spawn('npm', ['run', 'demo'], { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
    process.stdout.write(chunk);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) =>
      resolve({ status: status ?? 1, lastLine: output.trimEnd().split('\n').at(-1) ?? '' }),
    );
  });
}
