// Builds generated/tfjs-registration.cjs: TF.js's own registration of all gradients and all chained ops, in a form Node can load.
//
// In Node `@tensorflow/tfjs-core` is an ES5 bundle that registers neither, and the ES modules that do cannot be loaded
// (they import without file extensions). So exactly those modules are bundled. Whatever they need that the public package
// offers is taken from the public package: only code that is not public (about 20 small files) exists twice, and those
// files keep no state of their own (see one-engine.ts).
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const packageRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const require = createRequire(import.meta.url);
const core = require('@tensorflow/tfjs-core');
const coreDist = path.dirname(require.resolve('@tensorflow/tfjs-core'));

// Where the public package keeps the exports of its internal modules, in the order they are looked up.
const namespaces = ['', 'util', 'backend_util', 'slice_util', 'broadcast_util', 'tensor_util'];

// Internals that are public under another name.
const renamed = { ENGINE: 'core.engine()', getGlobalTensorClass: '() => core.Tensor' };

// Modules that also export internals nobody here uses.
const usedExports = { 'engine.js': ['ENGINE'], 'tensor.js': ['getGlobalTensorClass', 'Tensor'] };

/** Name of every runtime export of a TF.js module, or undefined when it re-exports whole modules. */
function exportedNames(source) {
  if (/^export \* from/m.test(source)) return undefined;
  const names = [...source.matchAll(/^export (?:async )?(?:const|let|var|function|class) (\w+)/gm)].map(
    ([, name]) => name,
  );
  for (const [, list] of source.matchAll(/^export \{([^}]*)\}/gm)) {
    names.push(
      ...list.split(',').map((entry) => {
        const words = entry.trim().split(/\s+/);
        return words[words.length - 1];
      }),
    );
  }
  return names.filter(Boolean);
}

function publicExpression(name) {
  if (renamed[name]) return renamed[name];
  for (const namespace of namespaces) {
    const holder = namespace ? core[namespace] : core;
    if (holder && name in holder) return namespace ? `core.${namespace}.${name}` : `core.${name}`;
  }
  return undefined;
}

/** Replaces internal modules of tfjs-core by their public exports, so far as these exist. */
const preferPublicCore = {
  name: 'prefer-public-core',
  setup(context) {
    context.onLoad({ filter: /tfjs-core[\\/]dist[\\/].*\.js$/ }, async ({ path: file }) => {
      const relative = path.relative(coreDist, file).replaceAll(path.sep, '/');
      const isRegistration = /^(register_all_gradients|gradients\/|public\/chained_ops\/)/.test(relative);
      if (isRegistration) return undefined;
      if (relative === 'base.js') return { contents: `module.exports = require('@tensorflow/tfjs-core');` };
      if (relative === 'util.js') return { contents: `module.exports = require('@tensorflow/tfjs-core').util;` };
      const names = exportedNames(await readFile(file, 'utf8'));
      // Modules with an export that is not public are bundled as they are; what they import is resolved the same way.
      const wanted = usedExports[relative] ?? names;
      const expressions = wanted?.map((name) => [name, publicExpression(name)]);
      if (!expressions || expressions.length === 0 || expressions.some(([, expression]) => !expression))
        return undefined;
      const lines = expressions.map(([name, expression]) => `export const ${name} = ${expression};`);
      return { contents: [`import * as core from '@tensorflow/tfjs-core';`, ...lines].join('\n') };
    });
  },
};

const result = await build({
  stdin: {
    contents: `
      import '@tensorflow/tfjs-core/dist/register_all_gradients';
      import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
    `,
    resolveDir: packageRoot,
  },
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Only the bare name is the public package; deep imports are what is being bundled.
  plugins: [
    {
      name: 'public-core-is-external',
      setup: (context) =>
        context.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, ({ path }) => ({ path, external: true })),
    },
    preferPublicCore,
  ],
  legalComments: 'none',
  outfile: path.join(packageRoot, 'generated/tfjs-registration.cjs'),
  metafile: true,
  logLevel: 'warning',
});

const bundled = Object.entries(result.metafile.outputs)[0][1];
if (process.argv.includes('--verbose')) {
  const kept = Object.entries(bundled.inputs).filter(([name]) => !/gradients|chained_ops/.test(name));
  console.log(kept.map(([name, { bytesInOutput }]) => `${bytesInOutput}\t${name}`).join('\n'));
}
console.log(`generated/tfjs-registration.cjs: ${(bundled.bytes / 1024).toFixed(0)} KiB`);
