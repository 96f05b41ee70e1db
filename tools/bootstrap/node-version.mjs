import { SetUpError } from './set-up-error.mjs';

/**
 * Same range as `engines` in package.json; set-up-spec checks that the two agree.
 *
 * @param {string} version  e.g. '20.19.0'.
 */
export function isSupportedNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
}

/** @param {string} [version] */
export function checkNodeVersion(version = process.versions.node) {
  if (isSupportedNode(version)) return;
  throw new SetUpError(
    'Node version',
    `this is Node ${version}, but ^20.19.0 or >=22.12.0 is needed.`,
    'Install Node 20.19 or later from https://nodejs.org and run the same command again.',
  );
}
