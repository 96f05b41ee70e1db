// npm run format: writes what `npm run check` would ask for, as far as tools can.
import { join } from 'node:path';
import { ensureNpmPackages } from '../bootstrap/npm-packages.mjs';
import { repositoryRoot } from '../bootstrap/repository.mjs';
import { runCommand } from '../bootstrap/run-command.mjs';
import { main } from '../bootstrap/set-up.mjs';
import { clangFormatProblem, cppFiles } from './sources.mjs';

await main(() => {
  ensureNpmPackages();
  const biome = runCommand(join(repositoryRoot, 'node_modules', '.bin', 'biome'), ['check', '--write', '.']);
  const problem = clangFormatProblem();
  if (problem !== undefined) {
    console.log(`skipped: C++ format: ${problem}`);
    return biome;
  }
  const sources = cppFiles();
  const clang = sources.length === 0 ? 0 : runCommand('clang-format', ['-i', ...sources]);
  return biome || clang;
});
