import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { repositoryRoot } from './repository.mjs';

/**
 * Runs a command in the repository with its output on ours and nothing to read from: no step may ask a question.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {number} the exit code; 127 when the command does not exist.
 */
export function runCommand(command, args, env = process.env) {
  const result = spawnSync(command, args, { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'], env });
  if (result.error) return 127;
  return result.status ?? 1;
}

/**
 * What a command printed, undefined when it is missing or failed.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} [input]
 */
export function outputOf(command, args, input) {
  const result = spawnSync(command, args, { cwd: repositoryRoot, encoding: 'utf8', input: input ?? '' });
  return result.status === 0 ? result.stdout : undefined;
}

/**
 * Nx without anything that asks, draws or stays behind. The same choices stand in nx.json; the environment wins over
 * what a user may have set.
 *
 * @param {readonly string[]} args
 */
export function runNx(args) {
  const env = {
    ...process.env,
    NX_DAEMON: 'false',
    NX_TUI: 'false',
    NX_NO_CLOUD: 'true',
    NX_NATIVE_COMMAND_RUNNER: 'false',
  };
  return runCommand(join(repositoryRoot, 'node_modules', '.bin', 'nx'), args, env);
}
