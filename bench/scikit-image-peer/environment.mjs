// The Python environment of the scikit-image peer: pinned packages from PyPI in a virtual environment beneath the ignored
// folder, made when it is missing or when its list has changed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, scratchFolder } from '../../tools/bootstrap/repository.mjs';
import { SetUpError } from '../../tools/bootstrap/set-up-error.mjs';

export const scikitImagePeerFolder = join(repositoryRoot, 'bench', 'scikit-image-peer');
const requirements = join(scikitImagePeerFolder, 'requirements.txt');

/**
 * What scikit-image is fastest with. Without the first three, glibc maps every temporary image anew and the kernel clears
 * it, which takes as long as the computation. One process a core leaves nothing for threads of BLAS.
 */
export function scikitImageEnvironment() {
  const { OPENBLAS_CORETYPE, ...environment } = process.env;
  return {
    ...environment,
    MALLOC_MMAP_MAX_: '0',
    MALLOC_TRIM_THRESHOLD_: '100000000000',
    MALLOC_TOP_PAD_: String(256 * 1024 * 1024),
    OPENBLAS_NUM_THREADS: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** @returns {string} the path of the interpreter, after making the environment if need be. */
export function scikitImagePython() {
  const folder = join(scratchFolder, 'scikit-image-peer');
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'made-from');
  const madeFrom = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeFrom) return python;

  console.error(
    'Making the environment of the scikit-image peer in .ggb/scikit-image-peer (0.3 GB from PyPI, once) ...',
  );
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(scratchFolder, { recursive: true });
  run('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'], 'needs Python 3.11 or later', 'python3');
  run('python3', ['-m', 'venv', folder], 'cannot make a virtual environment', 'python3-venv');
  const pip = ['-m', 'pip', 'install', '--no-deps', '--no-cache-dir', '--disable-pip-version-check', '--quiet'];
  run(python, [...pip, '--requirement', requirements], 'cannot install from PyPI', '');
  run(python, ['-c', 'import skimage.metrics, PIL'], 'scikit-image does not load', '');
  writeFileSync(stamp, madeFrom);
  return python;
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} problem
 * @param {string} debianPackage  that brings what is missing, '' if it is not that.
 */
function run(command, args, problem, debianPackage) {
  const result = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (result.status === 0) return;
  const fix = debianPackage ? `apt-get install ${debianPackage}` : 'See the messages above.';
  throw new SetUpError('scikit-image peer', `it ${problem}: ${[command, ...args].join(' ')}`, fix);
}
