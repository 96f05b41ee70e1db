// node testing/variants/run-variant.mjs NAME [jest arguments]: builds the addon as the variant says, in a folder of its
// own, and runs the specs of the engine on it.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeReport } from '../../../../tools/ci/report.mjs';
import { variants } from './variants.mjs';

/** What depends on native code. */
const engineSpecs = ['src/ops', 'src/runtime', 'src/backend', 'src/images', 'testing'];

const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const require = createRequire(import.meta.url);
const [name = '', ...jestArguments] = process.argv.slice(2);
const variant = variants[name];
if (variant === undefined) {
  console.error(`run-variant: no variant is called "${name}". Known: ${Object.keys(variants).join(', ')}`);
  process.exit(2);
}
console.log(`${name}: ${variant.why}`);

/** @type {NodeJS.ProcessEnv} */
const env = { ...process.env, ...variant.env };
const cmake = [...(variant.cmake ?? [])];
if (variant.needs === 'onednn3') cmake.push(`-DGGB_ONEDNN_ROOT=${fetchOneDnn3()}`);
if (cmake.length > 0) {
  const folder = `build-${name}`;
  run(
    'cmake-js',
    [
      require.resolve('cmake-js/bin/cmake-js'),
      'build',
      '-O',
      folder,
      ...cmake.map((option) => `--C${option.slice(1)}`),
    ],
    process.env,
  );
  env.GGB_NATIVE_OPS_ADDON = join(packageRoot, folder, 'Release', 'native_ops.node');
  env.GGB_NATIVE_IMAGES_ADDON = join(packageRoot, folder, 'Release', 'native_images.node');
}
leaveOutMissingInstructionSet();
// The address sanitizer must be the first library of the process; Node itself is built without it.
if (variant.needs === 'asan') env.LD_PRELOAD = compilerFile('libasan.so');

run(
  'jest',
  [
    join(dirname(require.resolve('jest/package.json')), 'bin', 'jest.js'),
    ...(jestArguments.length > 0 ? jestArguments : engineSpecs),
  ],
  env,
);

/**
 * @param {string} step
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} environment
 */
function run(step, args, environment) {
  const { status, error } = spawnSync(process.execPath, args, { cwd: packageRoot, env: environment, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`run-variant: ${step} failed${error ? `: ${error.message}` : ''}`);
  process.exit(1);
}

/** Runs with the best instruction set this processor has, and says so in the counts, where the variant's is missing. */
function leaveOutMissingInstructionSet() {
  if (env.GGB_ISA === undefined) return;
  const sets = ['baseline', 'avx2', 'avx512'];
  const addon = require(env.GGB_NATIVE_OPS_ADDON || join(packageRoot, 'build', 'Release', 'native_ops.node'));
  if (sets.indexOf(env.GGB_ISA) <= sets.indexOf(addon.bestInstructionSet)) return;
  skip(`kernels with ${env.GGB_ISA}`, `this processor has ${addon.bestInstructionSet} at best`);
  delete env.GGB_ISA;
}

/** @param {string} file */
function compilerFile(file) {
  const path = spawnSync('g++', [`-print-file-name=${file}`], { encoding: 'utf8' }).stdout.trim();
  if (path === file) {
    console.error(`run-variant: g++ has no ${file}. It comes with the compiler: apt-get install g++`);
    process.exit(2);
  }
  return path;
}

/** The folder of a pinned oneDNN 3.x. Where it cannot be had, the variant is skipped, and says why. */
function fetchOneDnn3() {
  const script = join(packageRoot, 'scripts', 'fetch-onednn3.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (status === 0) return stdout.trim().split('\n').at(-1);
  skip('the adapter for oneDNN 3.x', stderr.trim().split('\n').at(-1) || 'oneDNN 3.x could not be fetched');
  process.exit(0);
}

/**
 * @param {string} what
 * @param {string} reason
 */
function skip(what, reason) {
  console.log(`skipped: ${what}: ${reason}`);
  const skips = [{ name: what, reason }];
  writeReport(`native-ops-${name}`, { passed: 0, failed: 0, skipped: 1, skips, failures: [] });
}
