// npm run demo: set up, then the main job of the project from nothing to a report. Arguments go to `ggb demo`.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from '../bootstrap/repository.mjs';
import { main, setUp } from '../bootstrap/set-up.mjs';

await main(async () => {
  const args = process.argv.slice(2);
  const isHelp = args.includes('--help') || args.includes('-h');
  if (!isHelp) setUp();
  return runGgb(['demo', ...args]);
});

/**
 * Runs the built command until it ends. Ctrl-C reaches it directly from the terminal and means something to it; here it must
 * only not end the wait.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>} its exit code.
 */
function runGgb(args) {
  const command = join(repositoryRoot, 'packages', 'cli', 'bin', 'ggb.mjs');
  const child = spawn(process.execPath, [command, ...args], {
    cwd: repositoryRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 130)));
  });
}
