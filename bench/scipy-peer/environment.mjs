// Peers that need NumPy and SciPy alone.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonEnvironment } from '../../tools/bootstrap/python-environment.mjs';
import { repositoryRoot } from '../../tools/bootstrap/repository.mjs';

export const scipyPeerFolder = join(repositoryRoot, 'bench', 'scipy-peer');

/** @returns {string} the path of the interpreter, after making the environment if need be. */
export function scipyPython() {
  return pythonEnvironment({
    name: 'scipy-peer',
    title: 'SciPy peer',
    size: '0.2 GB',
    requirements: readFileSync(join(scipyPeerFolder, 'requirements.txt'), 'utf8'),
    check: 'import numpy, scipy.linalg',
  });
}
