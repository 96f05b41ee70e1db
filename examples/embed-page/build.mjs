// Puts the page and all it needs into one folder, to be served by anything that serves files:
//
//   node examples/embed-page/build.mjs && node examples/embed-page/serve.mjs
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    checkpoint: { type: 'string', default: join(here, '..', 'figures-64.safetensors') },
    image: { type: 'string', default: join(here, '..', 'figure-64.png') },
    poses: { type: 'string', default: join(here, '..', 'poses-64.json') },
    out: { type: 'string', default: join(here, 'dist') },
  },
});

await mkdir(options.out, { recursive: true });
await build({
  entryPoints: [join(here, 'page.js')],
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  outfile: join(options.out, 'page.js'),
});

const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
const binaries = ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'];
await Promise.all([
  copyFile(join(here, 'index.html'), join(options.out, 'index.html')),
  copyFile(options.checkpoint, join(options.out, 'model.safetensors')),
  copyFile(options.image, join(options.out, 'figure.png')),
  copyFile(options.poses, join(options.out, 'poses.json')),
  ...binaries.map((name) => copyFile(join(wasm, name), join(options.out, name))),
]);
console.log(`Built ${options.out}`);
