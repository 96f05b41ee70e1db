// Builds the addon of @tensorflow/tfjs-node without its install script, which downloads from a host that many networks do
// not reach and links TensorFlow 2.9: against the libtensorflow inside a TensorFlow wheel from PyPI instead.
// See docs/how-to/tensorflow-backend.md. Downloads one file (or takes it from --wheel), writes only into node_modules and
// the scratch folder.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compiler } from '../bootstrap/native-toolchain.mjs';
import { repositoryRoot, scratchFolder } from '../bootstrap/repository.mjs';
import { main } from '../bootstrap/set-up.mjs';
import { SetUpError } from '../bootstrap/set-up-error.mjs';

const step = 'tensorflow backend';
const addonVersion = '4.22.0';
// The highest Node-API version that tfjs-node looks for.
const napiVersion = 8;
const requirementsPath = join(dirname(new URL(import.meta.url).pathname), 'requirements.txt');

await main(() => {
  const { values } = parseArgs({ options: { wheel: { type: 'string' } } });
  const require = createRequire(join(repositoryRoot, 'package.json'));
  const packageFolder = findPackage(require);
  const wheel = values.wheel === undefined ? downloadWheel() : resolve(values.wheel);
  const libraries = join(packageFolder, 'deps', 'lib');
  const headers = join(scratchFolder, 'tensorflow', 'include');
  extract(wheel, libraries, headers);
  const addon = compile(packageFolder, libraries, headers, dirname(require.resolve('node-api-headers/package.json')));
  run('a first convolution', process.execPath, [join(import.meta.dirname, 'self-test.mjs')]);
  console.log(`Built ${addon}`);
  return 0;
});

/** @param {NodeJS.Require} require */
function findPackage(require) {
  const install = `npm install --no-save --ignore-scripts @tensorflow/tfjs-node@${addonVersion}`;
  try {
    const path = require.resolve('@tensorflow/tfjs-node/package.json');
    const { version } = require(path);
    if (version === addonVersion) return dirname(path);
    throw new SetUpError(step, `@tensorflow/tfjs-node is ${version}, expected ${addonVersion}.`, `Run: ${install}`);
  } catch (error) {
    if (error instanceof SetUpError) throw error;
    throw new SetUpError(step, '@tensorflow/tfjs-node is not installed.', `Run: ${install}`);
  }
}

/** The wheel that requirements.txt names, whichever Python runs pip: nothing of it is executed. */
function downloadWheel() {
  const folder = join(scratchFolder, 'tensorflow', 'wheel');
  const options = ['--no-deps', '--only-binary', ':all:', '--python-version', '3.11', '--require-hashes', '-d', folder];
  run('the download', 'python3', ['-m', 'pip', 'download', ...options, '-r', requirementsPath]);
  const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) throw new SetUpError(step, `pip left no wheel in ${folder}.`, 'Give one with --wheel FILE.');
  return join(folder, wheel);
}

/**
 * @param {string} wheel
 * @param {string} libraries
 * @param {string} headers
 */
function extract(wheel, libraries, headers) {
  if (!existsSync(wheel)) throw new SetUpError(step, `${wheel} does not exist.`, 'Correct the path after --wheel.');
  const script = `
import os, shutil, sys, zipfile
wheel, libraries, headers = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        folder, file = os.path.split(name)
        if file == '':
            continue
        if folder == 'tensorflow' and file.startswith('libtensorflow_'):
            target = os.path.join(libraries, file)
        elif name.startswith(('tensorflow/include/tensorflow/c/', 'tensorflow/include/tensorflow/core/platform/',
                              'tensorflow/include/xla/tsl/', 'tensorflow/include/tsl/')):
            target = os.path.join(headers, os.path.relpath(name, 'tensorflow/include'))
        else:
            continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.open(name) as source, open(target, 'wb') as destination:
            shutil.copyfileobj(source, destination)
`;
  run('unpacking the wheel', 'python3', ['-c', script, wheel, libraries, headers]);
}

/**
 * What node-gyp would do with binding.gyp, but with the headers of Node-API alone: those of Node itself are not needed
 * and would be one more download.
 *
 * @param {string} packageFolder
 * @param {string} libraries
 * @param {string} headers
 * @param {string} nodeApi
 */
function compile(packageFolder, libraries, headers, nodeApi) {
  const folder = join(packageFolder, 'lib', `napi-v${napiVersion}`);
  mkdirSync(folder, { recursive: true });
  const addon = join(folder, 'tfjs_binding.node');
  const binding = join(packageFolder, 'binding');
  run('the compiler', compiler(), [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', `-DNAPI_VERSION=${napiVersion}`],
    ...[`-I${join(nodeApi, 'include')}`, `-I${headers}`, `-I${binding}`],
    ...[join(binding, 'tfjs_backend.cc'), join(binding, 'tfjs_binding.cc'), '-o', addon],
    // The C API lies in libtensorflow_cc, tensors and statuses in libtensorflow_framework.
    ...[`-L${libraries}`, '-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2'],
    '-Wl,-rpath,$ORIGIN/../../deps/lib',
  ]);
  return addon;
}

/**
 * @param {string} what
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(what, command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status === 0) return;
  const outcome = error === undefined ? `exit code ${status}` : error.message;
  throw new SetUpError(step, `${what} failed (${command}: ${outcome}).`, 'The message above says why.', 1);
}
