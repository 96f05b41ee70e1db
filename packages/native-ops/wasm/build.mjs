// The SSIM kernels as a WebAssembly module, for browsers and wherever the addon cannot be loaded.
//
//   node packages/native-ops/wasm/build.mjs          builds it and writes similarity.wasm, its hash, and the module with its bytes
//   node packages/native-ops/wasm/build.mjs --check  builds it elsewhere and compares: what is committed comes from these sources
//
// Needs clang and lld 14, those of Debian 12: `apt-get install clang lld`. The same compiler gives the same bytes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aptAdvice, installWithApt, mayUseApt } from '../../../tools/bootstrap/apt.mjs';
import { outputOf } from '../../../tools/bootstrap/run-command.mjs';

const wasmFolder = import.meta.dirname;
const packageRoot = join(wasmFolder, '..');
const artefact = join(wasmFolder, 'similarity.wasm');
const hashFile = join(wasmFolder, 'similarity.wasm.sha256');
const generatedModule = join(packageRoot, 'src/ops/fused/windowed-ssim/similarity-module.generated.ts');
const compilerMajor = 14;

const kernels = 'src/ops/fused/windowed-ssim';
const sources = [
  'wasm/similarity-module.cc',
  `${kernels}/windowed-ssim.cc`,
  `${kernels}/uniform.portable.cc`,
  `${kernels}/tiled.portable.cc`,
  `${kernels}/general.portable.cc`,
];
const flags = [
  ...['--target=wasm32', '-std=c++17', '-O3', '-ffreestanding', '-nostdlib', '-fno-exceptions', '-fno-rtti'],
  // Sums stay in the order in which they are written, as in the addon.
  ...['-msimd128', '-ffp-contract=off', '-fno-math-errno', '-fno-builtin-memcpy', '-fno-builtin-memset'],
  ...['-Wall', '-Wextra', '-Werror', '-Isrc', '-Wno-pass-failed', '-Wno-unknown-pragmas'],
  ...['-Wl,--no-entry', '-Wl,--export=__heap_base', '-Wl,--strip-all', '-Wl,-z,stack-size=131072'],
];

const isCheck = process.argv.includes('--check');
const problem = compilerProblem();
if (problem !== undefined) finish(problem);
const built = build();
const hash = createHash('sha256').update(built).digest('hex');
if (isCheck) {
  check();
} else {
  writeFileSync(artefact, built);
  writeFileSync(hashFile, `${hash}  similarity.wasm\n`);
  writeFileSync(generatedModule, moduleSource());
  console.log(`${artefact}: ${built.length} bytes, SHA-256 ${hash}`);
}

function compilerProblem() {
  const find = () => outputOf('clang++', ['--version'])?.match(/version (\d+)/)?.[1];
  const canLink = () => outputOf('wasm-ld', ['--version']) !== undefined;
  if ((find() === undefined || !canLink()) && mayUseApt()) installWithApt(['clang', 'lld']);
  if (find() === undefined || !canLink()) return `clang++ and wasm-ld were not found; ${aptAdvice(['clang', 'lld'])}`;
  if (Number(find()) === compilerMajor) return undefined;
  return `clang++ is version ${find()}; the committed module comes from version ${compilerMajor}, that of Debian 12`;
}

function build() {
  const folder = mkdtempSync(join(tmpdir(), 'ggb-wasm-'));
  try {
    const output = join(folder, 'similarity.wasm');
    const { status } = spawnSync('clang++', [...flags, ...sources, '-o', output], {
      cwd: packageRoot,
      stdio: 'inherit',
    });
    if (status !== 0) process.exit(1);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function check() {
  const differences = [];
  if (!readFileSync(artefact).equals(built)) differences.push('similarity.wasm is not what its sources give');
  if (readFileSync(hashFile, 'utf8') !== `${hash}  similarity.wasm\n`)
    differences.push('similarity.wasm.sha256 differs');
  if (readFileSync(generatedModule, 'utf8') !== moduleSource()) differences.push('the module with its bytes differs');
  for (const difference of differences)
    console.error(`wasm: ${difference}. Run: node packages/native-ops/wasm/build.mjs`);
  console.log(`${3 - differences.length} passed, ${differences.length} failed, 0 skipped`);
  process.exit(differences.length > 0 ? 1 : 0);
}

function moduleSource() {
  return [
    '// Made by packages/native-ops/wasm/build.mjs from similarity.wasm; do not edit.',
    `export const similarityModuleHash = '${hash}';`,
    '',
    '/** In base64, so that it works where nothing can be fetched, as from file:. */',
    'export const similarityModuleBase64 =',
    `  '${built.toString('base64')}';`,
    '',
  ].join('\n');
}

/** @param {string} reason */
function finish(reason) {
  if (!isCheck) {
    console.error(`wasm: ${reason}.`);
    process.exit(2);
  }
  console.log(`skipped: rebuilding similarity.wasm: ${reason}`);
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}
