// Python environments of what we are compared with and checked against: pinned packages from PyPI beneath the ignored folder.
// In one file, because each must be made again when, and only when, what it is made of has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from './repository.mjs';
import { SetUpError } from './set-up-error.mjs';

/**
 * @typedef {object} PythonEnvironment
 * @property {string} name  of its folder.
 * @property {string} title  for messages, e.g. 'PyTorch peer'.
 * @property {string} size  of the download, e.g. '0.6 GB'.
 * @property {string} requirements  every package with its version, as pip's requirements files are written. Nothing that these need is added.
 * @property {string} [check]  Python that runs when the packages work.
 * @property {Completion} [completion]  what pip does not do.
 */

/**
 * @typedef {object} Completion
 * @property {string} madeFrom  whatever the result depends on beside the requirements.
 * @property {(python: string, run: (problem: string, command: string, args: readonly string[], fix?: string) => void) => void} make
 *   `run` throws a SetUpError.
 */

/**
 * Makes the environment where it is missing or out of date.
 *
 * @param {PythonEnvironment} environment
 * @returns {string} the path of its interpreter.
 * @throws {SetUpError}
 */
export function pythonEnvironment({ name, title, size, requirements, check, completion }) {
  const folder = join(scratchFolder, name);
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'made-from');
  const madeFrom = createHash('sha256')
    .update([requirements, completion?.madeFrom ?? ''].join('\0'))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeFrom) return python;

  /** @type {Parameters<Completion['make']>[1]} */
  const run = (problem, command, args, fix = 'See the messages above.') => {
    // What pip prints must not become a part of what our caller prints.
    const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
    if (status !== 0) throw new SetUpError(title, `it ${problem}: ${[command, ...args].join(' ')}`, fix);
  };
  console.error(`Making the environment of the ${title} in .ggb/${name} (${size} from PyPI, once) ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(scratchFolder, { recursive: true });
  const isRecent = ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'];
  run('needs Python 3.11 or later', 'python3', isRecent, 'Debian: apt-get install python3');
  run('cannot make a virtual environment', 'python3', ['-m', 'venv', folder], 'Debian: apt-get install python3-venv');
  const list = join(folder, 'requirements.txt');
  writeFileSync(list, requirements);
  const pip = ['-m', 'pip', 'install', '--no-deps', '--no-cache-dir', '--disable-pip-version-check', '--quiet'];
  run('cannot install from PyPI', python, [...pip, '--requirement', list]);
  completion?.make(python, run);
  if (check !== undefined) run('does not load what it has installed', python, ['-c', check]);
  writeFileSync(stamp, madeFrom);
  return python;
}

/**
 * @param {string} python  the interpreter of an environment.
 * @returns {string} the folder of its packages.
 */
export function packagesFolder(python) {
  const query = 'import sysconfig; print(sysconfig.get_path("platlib"))';
  return spawnSync(python, ['-c', query], { encoding: 'utf8' }).stdout.trim();
}

/**
 * What Python computes fastest with. Without the first three, glibc maps every large temporary anew and the kernel clears it,
 * which takes as long as a computation. The processor decides the rest: what a shell may have set for older ones is taken back.
 *
 * @returns {NodeJS.ProcessEnv}
 */
export function tunedPythonVariables() {
  const { OPENBLAS_CORETYPE, ...variables } = process.env;
  return {
    ...variables,
    MALLOC_MMAP_MAX_: '0',
    MALLOC_TRIM_THRESHOLD_: '100000000000',
    MALLOC_TOP_PAD_: String(256 * 1024 * 1024),
    PYTHONDONTWRITEBYTECODE: '1',
  };
}
