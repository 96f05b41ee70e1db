import { outputOf } from '../bootstrap/run-command.mjs';

// clang-format 14 is Debian 12's. Other versions lay out some lines differently, so their verdict would not be CI's.
const clangFormatMajor = 14;

/** Files git tracks or would track, so that new ones are checked before they are committed. */
function sourceFiles() {
  const listed = outputOf('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate']);
  const deleted = new Set((outputOf('git', ['ls-files', '-z', '--deleted']) ?? '').split('\0'));
  return (listed ?? '').split('\0').filter((path) => path !== '' && !deleted.has(path));
}

export function cppFiles() {
  return sourceFiles().filter((path) => /\.(cc|cpp|h|hpp|cu|cuh)$/.test(path));
}

export function shellScripts() {
  return sourceFiles().filter((path) => path === '.ci/run' || path.endsWith('.sh'));
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
