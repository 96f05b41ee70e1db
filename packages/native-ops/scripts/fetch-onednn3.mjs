// node scripts/fetch-onednn3.mjs: puts a pinned oneDNN 3.x into the ignored folder .ggb/onednn3-VERSION of the repository
// and prints that folder, for -DGGB_ONEDNN_ROOT. Only the check of the adapter for 3.x needs it: Debian 12 has 2.6.3.
//
// The build from PyPI whose OpenMP runtime is libgomp, as our kernels' is. pip checks the hashes.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Release of the packages; the library inside is oneDNN 3.2.0. */
const release = '2023.2.0';
const library = '3.2.0';
const packages = {
  'onednn-cpu-gomp': '2f22a54d6a890ed14bfa185d42a4be65d8b5b1df85dc1f0f3a9abe31620416fb',
  'onednn-devel-cpu-gomp': '9763c69e8c907e119056bd52ad918ca84ac9ba939d130a99dfa95ccca3e5e284',
};

const repositoryRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const scratch = join(repositoryRoot, '.ggb');
const folder = join(scratch, `onednn3-${library}`);

try {
  if (!existsSync(folder)) fetchInto(folder);
  console.log(folder);
} catch (error) {
  console.error(`fetch-onednn3: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}

/** @param {string} target */
function fetchInto(target) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`PyPI has this oneDNN for Linux on x86-64 only, this is ${process.platform} ${process.arch}.`);
  }
  mkdirSync(scratch, { recursive: true });
  const work = mkdtempSync(join(scratch, 'onednn3-'));
  try {
    const pins = Object.entries(packages).map(([name, sha256]) => `${name}==${release} --hash=sha256:${sha256}\n`);
    writeFileSync(join(work, 'requirements.txt'), pins.join(''));
    const only = ['--quiet', '--no-deps', '--only-binary=:all:', '--require-hashes', '--disable-pip-version-check'];
    python(['-m', 'pip', 'download', ...only, '-r', join(work, 'requirements.txt'), '-d', work]);
    for (const name of Object.keys(packages)) {
      const stem = `${name.replaceAll('-', '_')}-${release}`;
      python(['-m', 'zipfile', '-e', join(work, `${stem}-py2.py3-none-manylinux1_x86_64.whl`), work]);
      const data = join(work, `${stem}.data`, 'data');
      if (existsSync(join(data, 'include')))
        cpSync(join(data, 'include'), join(work, 'sdk', 'include'), { recursive: true });
      if (!existsSync(join(data, 'lib', 'libdnnl.so.3'))) continue;
      mkdirSync(join(work, 'sdk', 'lib'), { recursive: true });
      // A wheel has copies where a library has links. The linker looks for the one name, the loader for the other.
      for (const file of ['libdnnl.so', 'libdnnl.so.3']) {
        copyFileSync(join(data, 'lib', 'libdnnl.so.3'), join(work, 'sdk', 'lib', file));
      }
    }
    // Last, in one step: a folder that exists is complete.
    renameSync(join(work, 'sdk'), target);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @param {string[]} args */
function python(args) {
  const { status, error } = spawnSync('python3', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  throw new Error(
    error
      ? `python3 could not be started: ${error.message}`
      : `python3 ${args.slice(0, 3).join(' ')} failed. It needs PyPI and, on Debian: apt-get install python3-pip`,
  );
}
