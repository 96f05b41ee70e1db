// Brings builds up to date. Nx knows what is stale, but needs more than a second to say "nothing"; so the state after the
// last good build is remembered by size and time of every input and output, and Nx is only asked when that changed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot, scratchFolder } from './repository.mjs';
import { runNx } from './run-command.mjs';
import { SetUpError } from './set-up-error.mjs';

const stampPath = join(scratchFolder, 'build-stamp');
const sharedInputs = ['nx.json', 'package-lock.json', 'tsconfig.base.json', 'tools/bootstrap'];
const environmentInputs = ['CXX', 'CXXFLAGS', 'GGB_ONEDNN'];
const generatedFolders = /^(node_modules|dist|generated|build.*|coverage|\.ggb)$/;
const notBuilt = /\.(spec\.ts|cases\.ts|md)$/;

/** @param {{ force?: boolean }} [options]  force: ask Nx even if nothing changed. */
export function ensureBuilds({ force = false } = {}) {
  if (!force && existsSync(stampPath) && readFileSync(stampPath, 'utf8') === buildState()) return;
  const status = runNx(['run-many', '-t', 'build', '--output-style=stream']);
  if (status !== 0) {
    throw new SetUpError(
      'build',
      `the build failed with exit code ${status}; the first error is above.`,
      'Fix it and run the same command again. One target alone: npx nx run native-ops:build-addon',
      1,
    );
  }
  mkdirSync(scratchFolder, { recursive: true });
  writeFileSync(stampPath, buildState());
}

/** Everything a build reads and has written, as one hash. */
export function buildState() {
  /** @type {string[]} */
  const state = environmentInputs.map((name) => `${name}=${process.env[name] ?? ''}`);
  for (const input of sharedInputs) addState(join(repositoryRoot, input), state);
  const packages = join(repositoryRoot, 'packages');
  for (const name of readdirSync(packages).sort()) {
    const folder = join(packages, name);
    if (!statSync(folder).isDirectory()) continue;
    addState(folder, state);
    for (const output of buildOutputs(folder)) addState(output, state, true);
  }
  return createHash('sha256').update(state.join('\n')).digest('hex');
}

/**
 * @param {string} path
 * @param {string[]} state
 * @param {boolean} [isOutput]
 */
function addState(path, state, isOutput = false) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (entry === undefined) state.push(`${path} absent`);
  else if (entry.isFile()) state.push(`${path} ${entry.size} ${entry.mtimeMs}`);
  else if (entry.isDirectory()) {
    for (const name of readdirSync(path).sort()) {
      if (!isOutput && (generatedFolders.test(name) || notBuilt.test(name))) continue;
      addState(join(path, name), state, isOutput);
    }
  }
}

/**
 * What the target `build` of a package and the targets it depends on leave behind.
 *
 * @param {string} folder
 */
function buildOutputs(folder) {
  const projectPath = join(folder, 'project.json');
  if (!existsSync(projectPath)) return [];
  /** @type {{ targets?: Record<string, { outputs?: string[], dependsOn?: unknown[] }> }} */
  const { targets = {} } = JSON.parse(readFileSync(projectPath, 'utf8'));
  const outputs = new Set();
  const seen = new Set();
  const pending = ['build'];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const output of targets[name]?.outputs ?? []) outputs.add(output.replace('{projectRoot}', folder));
    for (const next of targets[name]?.dependsOn ?? []) if (typeof next === 'string') pending.push(next);
  }
  return [...outputs].sort();
}
