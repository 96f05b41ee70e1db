// '@ggb/core' is isomorphic: bundled for a page it needs nothing that a page has not.
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';

const entry = join(__dirname, '..', 'entry', 'core.ts');

/** Bundles for a page; what Node has built in is left outside, so that the result shows who asks for it. */
async function bundle(contents: string) {
  const { metafile, outputFiles } = await build({
    stdin: { contents, resolveDir: __dirname, loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    conditions: ['@ggb/source'],
    external: [...builtinModules, 'node:*', 'sharp'],
    // tfjs-core's fetch for Node, which it never reaches in a page; its package.json says so with `browser`.
    logLevel: 'silent',
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  return { imports, inputs: Object.keys(metafile.inputs), code: outputFiles[0]?.text ?? '' };
}

describe('the entry for pages', () => {
  it('imports nothing of Node', async () => {
    const { imports, inputs, code } = await bundle(`export * from ${JSON.stringify(entry)}`);
    expect(imports).toEqual([]);
    expect(inputs.filter((path) => path.includes('sharp'))).toEqual([]);
    // The bundle is the real thing, and what asks Node for files is not in it as an import.
    expect(code).toContain('class Synthesizer');
    expect(code).not.toMatch(/(require|import)\(["'](node:)?fs/);
  }, 30_000);

  it('would be caught by this spec if it did', async () => {
    const { imports } = await bundle(`export { readFile } from 'node:fs/promises'; export * as os from 'os';`);
    expect(imports.sort()).toEqual(['node:fs/promises', 'os']);
  });
});
