// The Python environment of the PyTorch peer: pinned packages from PyPI in a virtual environment beneath the ignored
// folder, made when it is missing or when what it is made from has changed. `node bench/pytorch-peer/environment.mjs`
// makes it and prints the path of its interpreter.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { repositoryRoot, scratchFolder } from '../../tools/bootstrap/repository.mjs';
import { SetUpError } from '../../tools/bootstrap/set-up-error.mjs';

export const peerFolder = join(repositoryRoot, 'bench', 'pytorch-peer');
const requirements = join(peerFolder, 'requirements.txt');
const step = 'PyTorch peer';

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

/**
 * Environment variables that PyTorch is fastest with, for the process of the peer. Without the first three, glibc maps
 * every large temporary anew and the kernel clears it. The processor decides the rest: what a shell may have set for
 * older ones is taken back.
 */
export function tunedEnvironment() {
  const { OMP_NUM_THREADS, OMP_WAIT_POLICY, OPENBLAS_CORETYPE, ATEN_CPU_CAPABILITY, ...environment } = process.env;
  return {
    ...environment,
    MALLOC_MMAP_MAX_: '0',
    MALLOC_TRIM_THRESHOLD_: '100000000000',
    MALLOC_TOP_PAD_: String(256 * 1024 * 1024),
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** @returns {string} the path of the interpreter, after making the environment if need be. */
export function peerPython() {
  const folder = join(scratchFolder, 'pytorch-peer');
  const python = join(folder, 'bin', 'python');
  const stamp = join(folder, 'made-from');
  const sources = [requirements, join(peerFolder, 'environment.mjs')].map((file) => readFileSync(file, 'utf8'));
  const madeFrom = createHash('sha256').update(sources.join('\0')).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeFrom) return python;

  console.error(`Making the environment of the PyTorch peer in .ggb/pytorch-peer (0.6 GB from PyPI, once) ...`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(scratchFolder, { recursive: true });
  run('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 11))'], 'needs Python 3.11 or later', 'python3');
  run('python3', ['-m', 'venv', folder], 'cannot make a virtual environment', 'python3-venv');
  const pip = ['-m', 'pip', 'install', '--no-deps', '--no-cache-dir', '--disable-pip-version-check', '--quiet'];
  run(python, [...pip, '--requirement', requirements], 'cannot install from PyPI', '');
  if (process.platform === 'linux' && process.arch === 'x64') leaveOutCuda(python);
  run(python, ['-c', 'import torch, numpy, safetensors'], 'PyTorch does not load', '');
  writeFileSync(stamp, madeFrom);
  return python;
}

/** @param {string} python */
function leaveOutCuda(python) {
  const query = 'import sysconfig; print(sysconfig.get_path("platlib"))';
  const packages = spawnSync(python, ['-c', query], { encoding: 'utf8' }).stdout.trim();
  for (const standIn of standIns) {
    const library = join(packages, 'nvidia', standIn);
    mkdirSync(join(library, '..'), { recursive: true });
    run('cc', ['-shared', '-x', 'c', '/dev/null', '-o', library], 'cannot make an empty library', 'gcc');
  }
  writeFileSync(join(packages, 'lazy-binding.pth'), lazyBinding);
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
  throw new SetUpError(step, `it ${problem}: ${[command, ...args].join(' ')}`, fix);
}

// Not a comparison with import.meta.url: the benchmarks bundle this module into theirs.
if (basename(process.argv[1] ?? '') === 'environment.mjs') console.log(peerPython());
