// What every op folder must contain. The role of a file is its suffix, so the folder listing says what an op can do; a
// missing optional file is an honest statement, a missing required one fails completeness.spec.ts by name.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Roles of a TF.js kernel family in ops/standard. */
const standardRoles: readonly Role[] = [
  { suffix: '.ts', purpose: 'the kernels for TF.js: which calls are accepted, output shapes, the command' },
  { suffix: '.portable.cc', purpose: 'the kernel to understand, compiled once per instruction set' },
  { suffix: '.cases.ts', purpose: 'shapes, values and tolerances with reasons' },
  { suffix: '.spec.ts', purpose: 'the tests' },
];

/** Roles of an own op in ops/fused. */
const fusedRoles: readonly Role[] = [
  { suffix: '.md', purpose: 'formula, gradient derivation, source' },
  { suffix: '.ts', purpose: 'the function callers use: checks, shapes, dispatch' },
  { suffix: '.reference.ts', purpose: 'the same mathematics in plain TF.js ops' },
  { suffix: '.gradient.ts', purpose: 'registers the gradient; or a line "Gradient: none, because ..." in the .md' },
  { suffix: '.portable.cc', purpose: 'the kernel to understand, compiled once per instruction set' },
  { suffix: '.cases.ts', purpose: 'shapes, values and tolerances with reasons' },
  { suffix: '.spec.ts', purpose: 'the tests' },
];

interface Role {
  readonly suffix: string;
  readonly purpose: string;
}

/**
 * What is missing under `opsFolder`, one sentence per gap; empty when everything is there. Checks the files of every op
 * folder, that registry.ts imports and lists it, and that registry.cc lists every op that a *.portable.cc defines.
 */
export function findGaps(opsFolder: string): string[] {
  const typescriptRegistry = readFileSync(join(opsFolder, 'registry.ts'), 'utf8');
  const nativeRegistry = readFileSync(join(opsFolder, 'registry.cc'), 'utf8');
  const gaps: string[] = [];
  for (const [group, roles] of [
    ['standard', standardRoles],
    ['fused', fusedRoles],
  ] as const) {
    for (const name of foldersIn(join(opsFolder, group))) {
      const folder = join(opsFolder, group, name);
      const place = relative(opsFolder, folder);
      for (const { suffix, purpose } of roles) {
        if (existsSync(join(folder, name + suffix))) continue;
        // A family may spread its kernels over several sources.
        if (group === 'standard' && suffix === '.portable.cc' && hasKernels(folder)) continue;
        if (suffix === '.gradient.ts' && saysNoGradient(join(folder, `${name}.md`))) continue;
        gaps.push(`ops/${place}: ${name}${suffix} is missing (${purpose})`);
      }
      const imported = kernelsImportedFrom(`./${group}/${name}/`, typescriptRegistry);
      if (imported.length === 0) {
        gaps.push(`ops/${place}: registry.ts does not import it, so none of its kernels is registered`);
      }
      for (const kernels of imported) {
        if (!new RegExp(`^ *\\.\\.\\.${kernels},`, 'm').test(typescriptRegistry)) {
          gaps.push(`ops/${place}: registry.ts imports ${kernels}, but does not list it`);
        }
      }
      for (const op of opsDefinedIn(folder)) {
        if (!new RegExp(`^ *OP\\(${op},`, 'm').test(nativeRegistry)) {
          gaps.push(`ops/${place}: ${op} is defined, but registry.cc does not list it`);
        }
      }
    }
  }
  return gaps;
}

/** Lists of kernels that the registry imports from a folder; what is commented out does not count. */
function kernelsImportedFrom(folder: string, registry: string): string[] {
  return [...registry.matchAll(/^import \{ (\w+Kernels) \} from '([^']+)';$/gm)].flatMap(([, kernels, file]) =>
    file?.startsWith(folder) ? [kernels as string] : [],
  );
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

function hasKernels(folder: string): boolean {
  return readdirSync(folder).some((file) => file.endsWith('.portable.cc'));
}

function saysNoGradient(page: string): boolean {
  return existsSync(page) && /^Gradient: none, because /m.test(readFileSync(page, 'utf8'));
}

function opsDefinedIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.portable.cc'))
    .flatMap((file) => {
      const source = readFileSync(join(folder, file), 'utf8');
      return [...source.matchAll(/^Status (\w+)\(CommandReader& \w+, ExecutionContext& \w+\) \{/gm)].map(
        ([, op]) => op as string,
      );
    });
}
