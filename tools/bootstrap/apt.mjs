// Installing Debian packages: when it may be done, and how.
import { existsSync, readFileSync } from 'node:fs';
import { runCommand } from './run-command.mjs';

export function isDebianLike() {
  if (!existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** Whether packages may be installed without asking: as root on a Debian system, unless GGB_APT=0. */
export function mayUseApt() {
  return isDebianLike() && process.getuid?.() === 0 && process.env.GGB_APT !== '0';
}

/**
 * The command that installs packages, as a person would type it.
 *
 * @param {readonly string[]} packages
 */
export function aptAdvice(packages) {
  const sudo = process.getuid?.() === 0 ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}${installCommand(packages).join(' ')}`;
}

/**
 * Installs packages after saying so.
 *
 * @param {readonly string[]} packages
 * @returns {string | undefined}  which command failed and how, undefined when none did.
 */
export function installWithApt(packages) {
  console.log(`Set-up: installing ${packages.join(' ')} with apt-get (GGB_APT=0 forbids this)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  for (const [command = '', ...args] of [['apt-get', 'update'], installCommand(packages)]) {
    const status = runCommand(command, args, env);
    if (status !== 0) return `"${[command, ...args].join(' ')}" failed with exit code ${status}; its message is above`;
  }
  return undefined;
}

/** @param {readonly string[]} packages */
function installCommand(packages) {
  return ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
}
