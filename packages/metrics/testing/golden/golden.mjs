// Runs the Python programs that our metrics are held against, in an environment with the packages that their headers pin
// (.ggb/metrics-references, made when it is missing or out of date).
//
//   node packages/metrics/testing/golden/golden.mjs write   writes protocols.golden.json, ssim.golden.json, piq.golden.json
//   node packages/metrics/testing/golden/golden.mjs check   computes the first two again, compares them with the committed
//                                                           ones, and runs the specs on scikit-image's whole photographs
//
// `write` takes PyTorch from the environment of bench/pytorch-peer and makes that too (0.6 GB).
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { peerPython } from '../../../../bench/pytorch-peer/environment.mjs';
import { packagesFolder, pythonEnvironment } from '../../../../tools/bootstrap/python-environment.mjs';
import { repositoryRoot, scratchFolder } from '../../../../tools/bootstrap/repository.mjs';
import { SetUpError } from '../../../../tools/bootstrap/set-up-error.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const scripts = { protocols: 'protocols.py', ssim: 'ssim.py', piq: 'with_piq.py' };

// Other processors add vectors up in another order; the values have fifteen digits.
const tolerance = 1e-12;

const [task] = process.argv.slice(2);
try {
  if (task === 'write') write();
  else if (task === 'check') check();
  else fail(`golden.mjs: expected "write" or "check", received ${task ?? 'nothing'}.`);
} catch (error) {
  if (!(error instanceof SetUpError)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}

function write() {
  const python = environment();
  const torch = packagesFolder(peerPython());
  for (const [name, script] of Object.entries(scripts)) {
    const text = run(python, [join(here, script)], name === 'piq' ? { PYTHONPATH: torch, GGB_LAZY_BINDING: '1' } : {});
    writeFileSync(join(here, `${name}.golden.json`), text);
  }
  run(join(repositoryRoot, 'node_modules', '.bin', 'biome'), ['format', '--write', here]);
}

function check() {
  const python = environment();
  for (const name of /** @type {const} */ (['protocols', 'ssim'])) {
    const committed = JSON.parse(readFileSync(join(here, `${name}.golden.json`), 'utf8'));
    const problem = difference(committed, JSON.parse(run(python, [join(here, scripts[name])])), name);
    if (problem !== undefined) fail(`${name}.golden.json is not what ${scripts[name]} computes: ${problem}`);
    console.log(`${name}.golden.json: as ${scripts[name]} computes it, to ${tolerance}`);
  }
  const photographs = join(scratchFolder, 'photographs');
  run(python, [join(here, scripts.protocols), '--photographs', photographs]);
  const jest = join(repositoryRoot, 'node_modules', '.bin', 'jest');
  const { status } = spawnSync(jest, ['protocols.golden'], {
    cwd: join(here, '..', '..'),
    env: { ...process.env, GGB_PHOTOGRAPHS: photographs },
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}

/**
 * @returns {string} the interpreter of an environment with exactly the packages that the scripts name.
 * @throws {SetUpError}
 */
function environment() {
  return pythonEnvironment({
    name: 'metrics-references',
    title: 'reference metrics',
    size: '0.2 GB',
    requirements: [...new Set(Object.values(scripts).flatMap(dependencies))].sort().join('\n'),
    check: 'import numpy, scipy, skimage.metrics',
  });
}

/**
 * The pinned packages in the header of a script (PEP 723).
 *
 * @param {string} script
 */
function dependencies(script) {
  const list = readFileSync(join(here, script), 'utf8').match(/^# dependencies = (\[.*\])$/m)?.[1];
  return list === undefined ? [] : /** @type {string[]} */ (JSON.parse(list));
}

/**
 * The first place at which two JSON values differ.
 *
 * @param {unknown} expected
 * @param {unknown} received
 * @param {string} place
 * @returns {string | undefined}
 */
function difference(expected, received, place) {
  if (typeof expected === 'number' && typeof received === 'number') {
    const isClose = Math.abs(expected - received) <= tolerance * Math.max(1, Math.abs(expected));
    return isClose ? undefined : `${place}: committed ${expected}, computed ${received}`;
  }
  if (typeof expected !== 'object' || expected === null || typeof received !== 'object' || received === null) {
    return expected === received ? undefined : `${place}: committed ${expected}, computed ${received}`;
  }
  const keys = new Set([...Object.keys(expected), ...Object.keys(received)]);
  for (const key of keys) {
    const problem = difference(Reflect.get(expected, key), Reflect.get(received, key), `${place}.${key}`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} [variables]
 * @returns {string} what it printed.
 */
function run(command, args, variables = {}) {
  const { status, stdout, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) fail(`${command} ${args.join(' ')}: ${error?.message ?? `exit code ${status}`}`);
  return stdout;
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message);
  process.exit(1);
}
