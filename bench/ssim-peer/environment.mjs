// scikit-image and pytorch-msssim, on the PyTorch and NumPy of bench/pytorch-peer.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packagesFolder, pythonEnvironment } from '../../tools/bootstrap/python-environment.mjs';
import { repositoryRoot } from '../../tools/bootstrap/repository.mjs';
import { peerPython } from '../pytorch-peer/environment.mjs';

export const ssimPeerFolder = join(repositoryRoot, 'bench', 'ssim-peer');

/** @returns {string} the path of the interpreter, after making the environment if need be. */
export function ssimPeerPython() {
  const torch = packagesFolder(peerPython());
  // What stands in the other environment is found behind what stands in this one; its own .pth files are read too.
  const link = `import site; site.addsitedir(${JSON.stringify(torch)})\n`;
  return pythonEnvironment({
    name: 'ssim-peer',
    title: 'SSIM peers',
    size: '80 MB',
    requirements: readFileSync(join(ssimPeerFolder, 'requirements.txt'), 'utf8'),
    completion: {
      madeFrom: link,
      make: (python) => writeFileSync(join(packagesFolder(python), 'pytorch-peer.pth'), link),
    },
    check: 'import skimage.metrics, pytorch_msssim',
  });
}
