// What the addon needs to be built, asked of the tools themselves: a package name says little about what works.
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { aptAdvice, installWithApt, isDebianLike, mayUseApt } from './apt.mjs';
import { scratchFolder } from './repository.mjs';
import { outputOf } from './run-command.mjs';
import { SetUpError } from './set-up-error.mjs';

const step = 'native tool chain';
const minimumCmake = /** @type {const} */ ([3, 20]);
const eigenHeader = '/usr/include/eigen3/Eigen/Core';

/**
 * @typedef {object} Requirement
 * @property {string} name  for people.
 * @property {string} aptPackage  that brings it on Debian and Ubuntu.
 * @property {() => string | undefined} problem  what is wrong, undefined when it works.
 * @property {string} [without]  what is lost without it, for what the build can do without.
 */

/** The compiler CMake will take. */
export function compiler() {
  return process.env.CXX || 'c++';
}

function compilerProblem() {
  const program = '#include <omp.h>\n#include <string>\nint main() { return omp_get_max_threads() < 1; }\n';
  if (outputOf(compiler(), ['--version']) === undefined) return `${compiler()} was not found`;
  return links(['-fopenmp'], program) ? undefined : `${compiler()} cannot build a C++17 program with OpenMP`;
}

function cmakeProblem() {
  const version = outputOf('cmake', ['--version'])?.match(/version (\d+)\.(\d+)/);
  if (!version) return 'cmake was not found';
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const isNewEnough = major > minimumCmake[0] || (major === minimumCmake[0] && minor >= minimumCmake[1]);
  return isNewEnough ? undefined : `cmake is ${major}.${minor}, at least ${minimumCmake.join('.')} is needed`;
}

function ninjaProblem() {
  return outputOf('ninja', ['--version']) === undefined ? 'ninja was not found' : undefined;
}

function onednnProblem() {
  // Without a compiler only the header can be looked for, and "cannot be built" would blame the wrong thing.
  if (compilerProblem() !== undefined)
    return existsSync('/usr/include/dnnl.hpp') ? undefined : 'dnnl.hpp was not found';
  const program =
    '#if !__has_include(<dnnl.hpp>)\n#error no C++ header\n#endif\n' +
    '#include <dnnl.h>\nint main() { return dnnl_version()->major < 2; }\n';
  return links(['-ldnnl'], program) ? undefined : 'no program can be built with dnnl.hpp and -ldnnl';
}

function eigenProblem() {
  if (compilerProblem() !== undefined) return existsSync(eigenHeader) ? undefined : `${eigenHeader} was not found`;
  const program =
    '#if __has_include(<eigen3/Eigen/Core>)\n#include <eigen3/Eigen/src/Core/util/Macros.h>\n#else\n' +
    '#include <Eigen/src/Core/util/Macros.h>\n#endif\nint main() { return !EIGEN_VERSION_AT_LEAST(3, 3, 0); }\n';
  return links([], program) ? undefined : "no program can be built with Eigen's headers";
}

/**
 * @param {readonly string[]} flags
 * @param {string} program
 */
function links(flags, program) {
  return outputOf(compiler(), ['-std=c++17', '-x', 'c++', '-', '-o', '/dev/null', ...flags], program) !== undefined;
}

/** @returns {Requirement[]} */
export function requirements() {
  /** @type {Requirement[]} */
  const needed = [
    { name: 'a C++17 compiler with OpenMP', aptPackage: 'g++', problem: compilerProblem },
    { name: `CMake ${minimumCmake.join('.')} or later`, aptPackage: 'cmake', problem: cmakeProblem },
    { name: 'Ninja', aptPackage: 'ninja-build', problem: ninjaProblem },
  ];
  if (process.env.GGB_ONEDNN !== 'OFF') {
    needed.push({ name: 'oneDNN 2.6 or later with headers', aptPackage: 'libdnnl-dev', problem: onednnProblem });
  }
  needed.push({
    name: 'Eigen 3.3 or later',
    aptPackage: 'libeigen3-dev',
    problem: eigenProblem,
    without: 'FID of 2,048 features takes minutes instead of seconds',
  });
  return needed;
}

/** What the image addon needs besides; without it `ggb evaluate` reads images by sharp, which is slower. @returns {Requirement[]} */
export function imageRequirements() {
  const libjpeg =
    '#include <stdio.h>\n#include <jpeglib.h>\nint main() { return LIBJPEG_TURBO_VERSION_NUMBER < 2000000; }\n';
  const libdeflate = '#include <libdeflate.h>\nint main() { return libdeflate_crc32(0, nullptr, 0) != 0; }\n';
  const problemOf = (/** @type {string} */ flag, /** @type {string} */ program) =>
    links([flag], program) ? undefined : `no program can be built with ${flag}`;
  return [
    {
      name: 'libjpeg-turbo with headers',
      aptPackage: 'libjpeg62-turbo-dev',
      problem: () => problemOf('-ljpeg', libjpeg),
    },
    {
      name: 'libdeflate with headers',
      aptPackage: 'libdeflate-dev',
      problem: () => problemOf('-ldeflate', libdeflate),
    },
  ];
}

/**
 * Makes sure that the addon can be built. As root on a Debian system it installs what is missing with apt, after saying
 * so and unless GGB_APT=0; everywhere else it says what to install and stops.
 */
export function ensureNativeToolchain(stampPath = join(scratchFolder, 'toolchain-stamp')) {
  // Compiling and linking takes half a second, more on a busy machine; what worked and did not change still works.
  const before = toolchainState();
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === before) return;
  installMissing();
  installImageLibraries();
  mkdirSync(dirname(stampPath), { recursive: true });
  writeFileSync(stampPath, toolchainState());
}

/** Which files the tools are, and when they last changed. */
function toolchainState() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const tools = [compiler(), 'cmake', 'ninja'].map((tool) => {
    const candidates = tool.includes('/') ? [tool] : folders.map((folder) => join(folder, tool));
    return candidates.find((path) => existsSync(path)) ?? `no ${tool}`;
  });
  const headers = ['dnnl.hpp', 'jpeglib.h', 'libdeflate.h'].map((name) => `/usr/include/${name}`);
  const files = [...tools, ...headers, eigenHeader].map((path) => {
    const entry = statSync(path, { throwIfNoEntry: false });
    return entry === undefined ? `${path} absent` : `${realpathSync(path)} ${entry.size} ${entry.mtimeMs}`;
  });
  const variables = ['CXX', 'GGB_ONEDNN', 'CPATH', 'CPLUS_INCLUDE_PATH', 'LIBRARY_PATH'];
  return [...files, ...variables.map((name) => `${name}=${process.env[name] ?? ''}`)].join('\n');
}

function installMissing() {
  const missing = findMissing();
  if (missing.length === 0) return;
  const needed = missing.filter((entry) => entry.without === undefined);
  if (needed.length === 0 && !mayUseApt()) {
    for (const { text, aptPackage, without } of missing) {
      console.log(`Set-up: ${text}. Without it, ${without}. On Debian it comes with: ${aptAdvice([aptPackage])}`);
    }
    return;
  }
  const packages = missing.map((entry) => entry.aptPackage);
  const problem = missing.map((entry) => entry.text).join('; ');
  if (!isDebianLike()) throw new SetUpError(step, `${problem}.`, otherSystemAdvice(missing));
  if (!mayUseApt()) throw new SetUpError(step, `${problem}.`, `Run: ${aptAdvice(packages)}${withoutOnednn(missing)}`);
  console.log(`Set-up: ${problem}.`);
  const failure = installWithApt(packages);
  if (failure !== undefined) {
    throw new SetUpError(
      step,
      `${failure}.`,
      'Check that the Debian mirror can be reached, or install the packages yourself and run the same command again.',
    );
  }
  const still = findMissing().filter((entry) => entry.without === undefined);
  if (still.length > 0) {
    throw new SetUpError(
      step,
      `${still.map((entry) => entry.text).join('; ')}, although apt-get installed ${packages.join(' ')}.`,
      'Check CXX and PATH: another tool may hide the installed one.',
    );
  }
}

/** The addon builds and tests run without them, so their absence stops nothing. */
function installImageLibraries() {
  let missing = findMissing(imageRequirements());
  if (missing.length > 0 && mayUseApt()) {
    console.log(`Set-up: ${missing.map((entry) => entry.text).join('; ')}.`);
    const failure = installWithApt(missing.map((entry) => entry.aptPackage));
    if (failure !== undefined) console.log(`Set-up: ${failure}.`);
    missing = findMissing(imageRequirements());
  }
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.name).join(' and ');
  const packages = missing.map((entry) => entry.aptPackage);
  const how = isDebianLike()
    ? aptAdvice(packages)
    : `install them in your system's way (Debian: ${packages.join(' ')})`;
  console.log(`Set-up: the image addon is left out, so evaluation will be slower: it needs ${names}; ${how}`);
}

/** @returns {{ name: string, aptPackage: string, text: string, without?: string }[]} */
function findMissing(needed = requirements()) {
  const missing = [];
  for (const { name, aptPackage, problem, without } of needed) {
    const text = problem();
    if (text !== undefined) missing.push({ name, aptPackage, text, without });
  }
  return missing;
}

/** @param {readonly { aptPackage: string }[]} missing */
function withoutOnednn(missing) {
  return missing.some((entry) => entry.aptPackage === 'libdnnl-dev')
    ? '\nWithout oneDNN (slower convolutions): set GGB_ONEDNN=OFF and run the same command again.'
    : '';
}

/** @param {readonly { name: string, aptPackage: string }[]} missing */
function otherSystemAdvice(missing) {
  const list = missing.map((entry) => `- ${entry.name} (Debian: ${entry.aptPackage})`).join('\n');
  return `This is not a Debian system, so install these in its own way and run the same command again:\n${list}${withoutOnednn(missing)}`;
}
