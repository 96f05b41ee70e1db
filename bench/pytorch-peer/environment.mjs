// PyTorch without CUDA. `node bench/pytorch-peer/environment.mjs` makes the environment and prints the path of its interpreter.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packagesFolder, pythonEnvironment, tunedPythonVariables } from '../../tools/bootstrap/python-environment.mjs';
import { repositoryRoot } from '../../tools/bootstrap/repository.mjs';

export const peerFolder = join(repositoryRoot, 'bench', 'pytorch-peer');

// PyPI's wheel for Linux x64 is the CUDA build: the same CPU kernels, oneDNN and MKL as the CPU build, and linked with
// 2 GB of CUDA libraries that a CPU never calls. An empty library of the right name in place of each satisfies the
// loader, as long as functions are looked up when they are called (RTLD_LAZY) and not when they are loaded. The CUDA
// runtime and CUPTI are the real ones (requirements.txt): the wheel calls them while it is loaded.
const standIns = [
  ...['cublas.so.13', 'cublasLt.so.13', 'cufft.so.12', 'cufile.so.0', 'curand.so.10'].map(
    (name) => `cu13/lib/lib${name}`,
  ),
  ...['cusparse.so.12', 'nvrtc.so.13'].map((name) => `cu13/lib/lib${name}`),
  'cudnn/lib/libcudnn.so.9',
  'cusparselt/lib/libcusparseLt.so.0',
  'nccl/lib/libnccl.so.2',
  'nvshmem/lib/libnvshmem_host.so.3',
];
const lazyBinding = 'import os, sys; sys.setdlopenflags(os.RTLD_LAZY)\n';

/** Environment variables that PyTorch is fastest with, for the process of the peer. */
export function tunedEnvironment() {
  const { OMP_NUM_THREADS, OMP_WAIT_POLICY, ATEN_CPU_CAPABILITY, ...variables } = tunedPythonVariables();
  return variables;
}

/** @returns {string} the path of the interpreter, after making the environment if need be. */
export function peerPython() {
  const leavesOutCuda = process.platform === 'linux' && process.arch === 'x64';
  return pythonEnvironment({
    name: 'pytorch-peer',
    title: 'PyTorch peer',
    size: '0.6 GB',
    requirements: readFileSync(join(peerFolder, 'requirements.txt'), 'utf8'),
    ...(leavesOutCuda ? { completion: { madeFrom: [...standIns, lazyBinding].join('\n'), make: leaveOutCuda } } : {}),
    check: 'import torch, numpy, safetensors',
  });
}

/** @type {import('../../tools/bootstrap/python-environment.mjs').Completion['make']} */
function leaveOutCuda(python, run) {
  const packages = packagesFolder(python);
  for (const standIn of standIns) {
    const library = join(packages, 'nvidia', standIn);
    mkdirSync(join(library, '..'), { recursive: true });
    const empty = ['-shared', '-x', 'c', '/dev/null', '-o', library];
    run('cannot make an empty library', 'cc', empty, 'Debian: apt-get install gcc');
  }
  writeFileSync(join(packages, 'lazy-binding.pth'), lazyBinding);
}

// Not a comparison with import.meta.url: the benchmarks bundle this module into theirs.
if (basename(process.argv[1] ?? '') === 'environment.mjs') console.log(peerPython());
