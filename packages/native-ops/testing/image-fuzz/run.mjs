// node testing/image-fuzz/run.mjs [CASES] [SEED]: builds the image decoders with AddressSanitizer and
// UndefinedBehaviorSanitizer in a folder of their own and feeds them with damaged files. The default is what CI runs; a long
// run is `nx run native-ops:fuzz-images --args=2000000`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const fixtures = join(packageRoot, '..', 'core', 'testing', 'decoded-by-pil');
const require = createRequire(import.meta.url);
const [cases = '60000', seed = '1'] = process.argv.slice(2);

const build = run(process.execPath, [
  require.resolve('cmake-js/bin/cmake-js'),
  'build',
  '-O',
  'build-fuzz',
  '-T',
  'fuzz_images',
  '--CDGGB_ONEDNN=OFF',
  '--CDGGB_SANITIZE=address,undefined',
]);
const program = join(packageRoot, 'build-fuzz', 'Release', 'fuzz_images');
if (build !== 0 || !existsSync(program)) {
  console.error(
    'fuzz-images: the build failed; its first error is above. It needs libjpeg62-turbo-dev and libdeflate-dev.',
  );
  process.exit(1);
}
const files = readdirSync(fixtures).filter((name) => /\.(png|jpg)$/.test(name));
process.exitCode = run(program, [cases, seed, ...files.sort().map((name) => join(fixtures, name))]);

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  // Running out of memory is an answer of the decoders, not a finding.
  const env = { ...process.env, ASAN_OPTIONS: 'allocator_may_return_null=1', UBSAN_OPTIONS: 'print_stacktrace=1' };
  const { status, error } = spawnSync(command, args, { cwd: packageRoot, stdio: 'inherit', env });
  if (error) console.error(`fuzz-images: ${error.message}`);
  return status ?? 1;
}
