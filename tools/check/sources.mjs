import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../bootstrap/repository.mjs';
import { outputOf } from '../bootstrap/run-command.mjs';

// clang-format 14 is Debian 12's. Other versions lay out some lines differently, so their verdict would not be CI's.
const clangFormatMajor = 14;

const notOurs = /^(node_modules|dist|generated|build.*|coverage|\.git|\.nx|\.ggb)$/;

/**
 * Files below the repository whose name matches, without git: a copy without history is checked too.
 *
 * @param {RegExp} pattern
 * @param {string} [folder]
 * @returns {string[]}
 */
function sourceFiles(pattern, folder = '') {
  return readdirSync(join(repositoryRoot, folder), { withFileTypes: true })
    .filter((entry) => !notOurs.test(entry.name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sourceFiles(pattern, path);
      return entry.isFile() && pattern.test(path) ? [path] : [];
    })
    .sort();
}

export function cppFiles() {
  return sourceFiles(/\.(cc|cpp|h|hpp|cu|cuh)$/);
}

export function shellScripts() {
  return sourceFiles(/^\.ci\/run$|\.sh$/);
}

/** Why clang-format cannot judge here, undefined when it can. */
export function clangFormatProblem() {
  const version = outputOf('clang-format', ['--version'])?.match(/version (\d+)/)?.[1];
  if (version === undefined) {
    return `clang-format is not installed (Debian 12: apt-get install clang-format, elsewhere: pip install clang-format==${clangFormatMajor}.*)`;
  }
  if (Number(version) !== clangFormatMajor) {
    return `clang-format ${version} formats differently from ${clangFormatMajor} (pip install clang-format==${clangFormatMajor}.*)`;
  }
  return undefined;
}
