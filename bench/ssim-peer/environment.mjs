// The Python environment of the SSIM peers: scikit-image and pytorch-msssim, pinned, on the PyTorch and NumPy of
// bench/pytorch-peer. Made in the ignored folder when it is missing or when what it is made from has changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, scratchFolder } from '../../tools/bootstrap/repository.mjs';
import { SetUpError } from '../../tools/bootstrap/set-up-error.mjs';
import { peerPython } from '../pytorch-peer/environment.mjs';

export const ssimPeerFolder = join(repositoryRoot, 'bench', 'ssim-peer');

/** @returns {string} the path of the interpreter, after making the environment if need be. */
export function ssimPeerPython() {
  const torchPython = peerPython();
  const folder = join(scratchFolder, 'ssim-peer');
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'made-from');
  const requirements = join(ssimPeerFolder, 'requirements.txt');
  const sources = [requirements, join(ssimPeerFolder, 'environment.mjs')].map((file) => readFileSync(file, 'utf8'));
  const madeFrom = createHash('sha256')
    .update([...sources, torchPython].join('\0'))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeFrom) return python;

  console.error('Making the environment of the SSIM peers in .ggb/ssim-peer (80 MB from PyPI, once) ...');
  rmSync(folder, { recursive: true, force: true });
  run('python3', ['-m', 'venv', folder]);
  const pip = ['-m', 'pip', 'install', '--no-deps', '--no-cache-dir', '--disable-pip-version-check', '--quiet'];
  run(python, [...pip, '--requirement', requirements]);
  // What stands in the other environment is found behind what stands in this one; its own .pth files are read too.
  const platlib = ['-c', 'import sysconfig; print(sysconfig.get_path("platlib"))'];
  const [own, torch] = [python, torchPython].map((path) =>
    spawnSync(path, platlib, { encoding: 'utf8' }).stdout.trim(),
  );
  writeFileSync(join(own, 'pytorch-peer.pth'), `import site; site.addsitedir(${JSON.stringify(torch)})\n`);
  run(python, ['-c', 'import skimage.metrics, pytorch_msssim']);
  writeFileSync(stamp, madeFrom);
  return python;
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status === 0) return;
  throw new SetUpError('SSIM peers', `${[command, ...args].join(' ')} failed`, 'See the messages above.');
}
