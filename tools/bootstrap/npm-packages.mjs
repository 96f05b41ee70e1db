import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './repository.mjs';
import { runCommand } from './run-command.mjs';
import { SetUpError } from './set-up-error.mjs';

/**
 * @typedef {{ version?: string, link?: boolean, optional?: boolean, resolved?: string }} LockedPackage
 * @typedef {{ packages: Record<string, LockedPackage> }} LockFile
 */

/**
 * Makes node_modules hold what package-lock.json says; does nothing when it already does.
 *
 * @param {string} [root]
 */
export function ensureNpmPackages(root = repositoryRoot) {
  const reason = whyStale(root);
  if (reason === undefined) return;
  console.log(`Set-up: npm ci (${reason})`);
  // npm tells us where it is when it runs us; this works where `npm` is not in the PATH of the child.
  const npmCli = process.env.npm_execpath;
  const [command, prefix] = npmCli?.endsWith('npm-cli.js') ? [process.execPath, [npmCli]] : ['npm', []];
  // NODE_ENV=production would leave out the test tools.
  const status = runCommand(command, [
    ...prefix,
    'ci',
    '--include=dev',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
  ]);
  if (status !== 0) {
    throw new SetUpError(
      'npm packages',
      `npm ci failed with exit code ${status}; its message is above.`,
      'Check that the npm registry can be reached (npm ping), then run the same command again.',
    );
  }
  writeFileSync(stampPath(root), lockHash(root));
}

/**
 * Why the packages have to be installed, undefined when they need not.
 *
 * @param {string} root
 * @returns {string | undefined}
 */
export function whyStale(root) {
  const installedPath = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedPath)) return 'node_modules is missing or incomplete';
  const hash = lockHash(root);
  if (existsSync(stampPath(root)) && readFileSync(stampPath(root), 'utf8') === hash) return undefined;
  // No stamp, or an old one: someone may have installed by hand, which is as good if the versions agree.
  const wanted = /** @type {LockFile} */ (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
  const installed = /** @type {LockFile} */ (JSON.parse(readFileSync(installedPath, 'utf8')));
  const difference = firstDifference(wanted, installed);
  if (difference === undefined) writeFileSync(stampPath(root), hash);
  return difference;
}

/**
 * The first package whose installed version is not the locked one.
 * Optional packages may be absent: most of them are binaries for other platforms.
 *
 * @param {LockFile} wanted
 * @param {LockFile} installed
 * @returns {string | undefined}
 */
export function firstDifference(wanted, installed) {
  for (const [path, entry] of Object.entries(wanted.packages)) {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) continue;
    const present = installed.packages[path];
    if (present === undefined) {
      if (entry.optional) continue;
      return `${path} is missing`;
    }
    if (!entry.link && present.version !== entry.version) {
      return `${path} is ${present.version}, the lock file says ${entry.version}`;
    }
  }
  return undefined;
}

/** @param {string} root */
function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** @param {string} root */
function stampPath(root) {
  // Inside node_modules, so that deleting the folder deletes the claim.
  return join(root, 'node_modules', '.ggb-lock-hash');
}
