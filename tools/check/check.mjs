// npm run check: format, lint and types of everything, without building anything native. The one thing it may install is
// the npm packages of the lock file, and it says so.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkNodeVersion } from '../bootstrap/node-version.mjs';
import { ensureNpmPackages } from '../bootstrap/npm-packages.mjs';
import { repositoryRoot } from '../bootstrap/repository.mjs';
import { main } from '../bootstrap/set-up.mjs';
import { expectNoArguments } from '../bootstrap/settings.mjs';
import { countsLine, writeReport } from '../ci/report.mjs';
import { clangFormatProblem, cppFiles, shellScripts } from './sources.mjs';

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {readonly string[]} command
 * @property {string} fix
 * @property {string} [skipReason]
 */

await main(() => {
  expectNoArguments('npm run check');
  checkNodeVersion();
  ensureNpmPackages();
  /** @type {import('../ci/report.mjs').Report} */
  const report = { passed: 0, failed: 0, skipped: 0, skips: [], failures: [] };
  for (const check of checks()) {
    if (check.skipReason !== undefined) {
      report.skipped += 1;
      report.skips.push({ name: check.name, reason: check.skipReason });
      console.log(`skipped: ${check.name}: ${check.skipReason}`);
      continue;
    }
    const start = performance.now();
    const [command = '', ...args] = check.command;
    const { status } = spawnSync(command, args, { cwd: repositoryRoot, stdio: ['ignore', 'inherit', 'inherit'] });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    if (status === 0) {
      report.passed += 1;
      console.log(`ok: ${check.name} (${seconds} s)`);
    } else {
      report.failed += 1;
      report.failures.push(check.name);
      console.log(`failed: ${check.name} (${seconds} s)\n  ${check.fix}`);
    }
  }
  writeReport('check', report);
  console.log(countsLine(report));
  return report.failed === 0 ? 0 : 1;
});

/** @returns {Check[]} */
function checks() {
  const bin = join(repositoryRoot, 'node_modules', '.bin');
  const sources = cppFiles();
  const formatProblem = clangFormatProblem();
  return [
    {
      name: 'format and lint (Biome)',
      command: [
        join(bin, 'biome'),
        'ci',
        '--error-on-warnings',
        ...(process.stdout.isTTY ? [] : ['--colors=off']),
        '.',
      ],
      fix: 'Run: npm run format. What remains needs an edit.',
    },
    ...typedProjects().map((project) => ({
      name: `types (${project})`,
      command: [join(bin, 'tsc'), '--noEmit', '-p', join(project, 'tsconfig.json')],
      fix: `One project alone: npx tsc --noEmit -p ${project}`,
    })),
    {
      // It brings a TypeScript of its own: components are checked through an interface that version 7 does not have.
      name: 'types (components of packages/web)',
      command: ['npx', '--no-install', 'nx', 'run', 'web:check-svelte'],
      fix: 'In packages/web: npx svelte-check',
    },
    {
      name: 'C++ format (clang-format)',
      command: ['clang-format', '--dry-run', '--Werror', ...sources],
      fix: 'Run: npm run format',
      ...(formatProblem === undefined ? {} : { skipReason: formatProblem }),
      ...(sources.length > 0 ? {} : { skipReason: 'there is no C++ file' }),
    },
    ...shellScripts().map((script) => ({
      name: `shell syntax (${script})`,
      command: ['bash', '-n', script],
      fix: 'Fix the line that bash names above.',
    })),
  ];
}

/** Every folder with a tsconfig.json: the packages, specs included, and what surrounds them. */
function typedProjects() {
  const packages = readdirSync(join(repositoryRoot, 'packages')).map((name) => join('packages', name));
  return ['tools', 'bench', 'examples', ...packages.sort()].filter((folder) =>
    existsSync(join(repositoryRoot, folder, 'tsconfig.json')),
  );
}
