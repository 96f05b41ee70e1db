// The browser of the tests that need one: Chromium as the system has it. Nothing else needs it, so its absence stops
// nothing: those tests are then skipped, and say so.
import { delimiter, join } from 'node:path';
import { aptAdvice, installWithApt, isDebianLike, mayUseApt } from './apt.mjs';
import { outputOf } from './run-command.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const packages = ['chromium'];

/** Path of a Chromium that starts, undefined when there is none in the PATH. */
export function findBrowser() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const paths = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  // Ubuntu's `chromium` may be a script that only says to install a snap, so being there is not enough.
  return paths.find((path) => outputOf(path, ['--version']) !== undefined);
}

/** Why there is no browser and what to do, for the reason of a skipped test. */
export function browserAdvice() {
  const how = isDebianLike() ? aptAdvice(packages) : 'install Chromium and put it in the PATH';
  return `no ${names.join(', ')} in the PATH starts; ${how}`;
}

/** Installs Chromium where that may be done; elsewhere says what the tests will lack. */
export function ensureBrowser() {
  if (findBrowser() !== undefined) return;
  if (mayUseApt()) {
    console.log('Set-up: Chromium was not found; the test of the example page needs it.');
    const problem = installWithApt(packages);
    if (problem !== undefined) console.log(`Set-up: ${problem}.`);
    if (findBrowser() !== undefined) return;
  }
  console.log(`Set-up: the test of the example page will be skipped: ${browserAdvice()}`);
}
