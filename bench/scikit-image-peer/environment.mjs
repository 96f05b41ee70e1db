// scikit-image and Pillow, as people score folders of images with them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonEnvironment, tunedPythonVariables } from '../../tools/bootstrap/python-environment.mjs';
import { repositoryRoot } from '../../tools/bootstrap/repository.mjs';

export const scikitImagePeerFolder = join(repositoryRoot, 'bench', 'scikit-image-peer');

/** For the process of the peer. One process a core leaves nothing for threads of BLAS. */
export function scikitImageEnvironment() {
  return { ...tunedPythonVariables(), OPENBLAS_NUM_THREADS: '1' };
}

/** @returns {string} the path of the interpreter, after making the environment if need be. */
export function scikitImagePython() {
  return pythonEnvironment({
    name: 'scikit-image-peer',
    title: 'scikit-image peer',
    size: '0.3 GB',
    requirements: readFileSync(join(scikitImagePeerFolder, 'requirements.txt'), 'utf8'),
    check: 'import skimage.metrics, PIL',
  });
}
