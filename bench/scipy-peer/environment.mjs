// The Python environment of peers that need NumPy and SciPy alone: pinned packages from PyPI in a virtual environment beneath the
// ignored folder, made when it is missing or when what it is made from has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, scratchFolder } from '../../tools/bootstrap/repository.mjs';
import { SetUpError } from '../../tools/bootstrap/set-up-error.mjs';

export const scipyPeerFolder = join(repositoryRoot, 'bench', 'scipy-peer');

/** @returns {string} the path of the interpreter, after making the environment if need be. */
export function scipyPython() {
  const requirements = join(scipyPeerFolder, 'requirements.txt');
  const folder = join(scratchFolder, 'scipy-peer');
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'made-from');
  const madeFrom = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeFrom) return python;

  console.error('Making the environment of the SciPy peer in .ggb/scipy-peer (0.2 GB from PyPI, once) ...');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(scratchFolder, { recursive: true });
  run('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'], 'needs Python 3.11 or later');
  run('python3', ['-m', 'venv', folder], 'cannot make a virtual environment (Debian: python3-venv)');
  const pip = ['-m', 'pip', 'install', '--no-deps', '--no-cache-dir', '--disable-pip-version-check', '--quiet'];
  run(python, [...pip, '--requirement', requirements], 'cannot install from PyPI');
  writeFileSync(stamp, madeFrom);
  return python;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} problem
 */
function run(command, args, problem) {
  if (spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0) return;
  throw new SetUpError('SciPy peer', `it ${problem}: ${[command, ...args].join(' ')}`, 'See the messages above.');
}
