// What `npm test`, `npm run demo`, `npm run build` and `npm run bench` do first. Plain Node, no packages: this runs on a
// clean clone. Every step checks before it acts and is silent when there is nothing to do.
import { ensureBuilds } from './builds.mjs';
import { ensureNativeToolchain } from './native-toolchain.mjs';
import { checkNodeVersion } from './node-version.mjs';
import { ensureNpmPackages } from './npm-packages.mjs';
import { SetUpError } from './set-up-error.mjs';
import { checkSettings } from './settings.mjs';

/** Everything a command needs that runs or builds the packages. */
export function setUp({ forceBuild = false } = {}) {
  const start = performance.now();
  checkNodeVersion();
  checkSettings();
  ensureNpmPackages();
  ensureNativeToolchain();
  ensureBuilds({ force: forceBuild });
  console.log(`Set-up: ready (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}

/**
 * Runs a command of the repository and turns its outcome into an exit code.
 *
 * @param {() => number | Promise<number>} command
 */
export async function main(command) {
  try {
    process.exitCode = await command();
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  }
}
