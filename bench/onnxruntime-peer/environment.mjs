// The ONNX Runtime peer: a pinned onnxruntime-node in a folder of its own beneath the ignored one, so that it is no
// dependency of the repository. Its install script, which would download CUDA libraries, is not run: the package brings the
// library for the CPU.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, scratchFolder } from '../../tools/bootstrap/repository.mjs';
import { SetUpError } from '../../tools/bootstrap/set-up-error.mjs';

export const onnxRuntimeVersion = '1.30.0';
export const peerScript = join(repositoryRoot, 'bench', 'onnxruntime-peer', 'onnxruntime-peer.mjs');

/** @returns {string} the folder that has onnxruntime-node in its node_modules, after installing it if need be. */
export function onnxRuntimeFolder() {
  const folder = join(scratchFolder, 'onnxruntime-peer');
  const manifest = join(folder, 'node_modules', 'onnxruntime-node', 'package.json');
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === onnxRuntimeVersion) return folder;
  console.error(`Installing onnxruntime-node ${onnxRuntimeVersion} in .ggb/onnxruntime-peer (0.3 GB, once) ...`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', `onnxruntime-node@${onnxRuntimeVersion}`];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    throw new SetUpError('ONNX Runtime peer', `npm ${args.join(' ')} failed`, 'See the messages above.');
  }
  return folder;
}
