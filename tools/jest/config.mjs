// The one Jest configuration of the repository. A package's jest.config.mjs is two lines: import this, say the name.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const repositoryRoot = join(here, '..', '..');

/**
 * Jest configuration for one project of the workspace.
 *
 * @param {string} suite  name of the project in reports, e.g. 'native-ops'.
 * @param {import('jest').Config} [overrides]  settings of this project that replace the shared ones.
 * @returns {import('jest').Config}
 */
export function jestConfig(suite, overrides = {}) {
  // Several Jest workers share the cores. OpenMP threads that wait by spinning, right for one program, would take the
  // time of the other workers.
  process.env.OMP_WAIT_POLICY ??= 'passive';
  return {
    testMatch: ['**/*.spec.ts'],
    testPathIgnorePatterns: ['/node_modules/', '/dist/', '/build[^/]*/'],
    modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/build[^/]*/'],
    moduleFileExtensions: ['ts', 'mts', 'mjs', 'js', 'cjs', 'json', 'node'],
    extensionsToTreatAsEsm: [],
    transform: {
      '\\.m?[jt]s$': [
        createRequire(import.meta.url).resolve('@swc/jest'),
        {
          jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
          module: { type: 'commonjs' },
          sourceMaps: 'inline',
          swcrc: false,
        },
      ],
    },
    testEnvironment: join(here, 'native-environment.mjs'),
    testEnvironmentOptions: {
      // '@ggb/source' makes packages of the workspace resolve to their TypeScript, so tests never see a stale dist.
      customExportConditions: ['@ggb/source', 'node', 'node-addons'],
    },
    setupFilesAfterEnv: [join(repositoryRoot, 'tools', 'testing', 'setup.ts')],
    reporters: ['default', [join(here, 'counts-reporter.mjs'), { suite }]],
    // The addon refuses a second environment in one process, so workers must be processes. As many as cores: most of a spec
    // is JavaScript on one of them (Jest's default leaves one idle).
    workerThreads: false,
    maxWorkers: '100%',
    // Only what hangs ends here. A test that starts a few processes takes seconds alone, and minutes on a machine that others use.
    testTimeout: 240_000,
    ...overrides,
  };
}
