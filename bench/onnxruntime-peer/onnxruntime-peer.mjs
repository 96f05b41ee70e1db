// The ONNX Runtime side of the inference benchmark: node onnxruntime-peer.mjs FOLDER, where FOLDER has onnxruntime-node in its
// node_modules. Reads one request a line, answers each with one line, else waits.
//
//   {"command": "load", "model": FILE, "inputs": {"x": {"file": FILE, "dims": [...]}, ...}, "threads": N}
//   {"command": "run", "count": N}
//   {"command": "output", "file": FILE}
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const require = createRequire(join(process.argv[2] ?? '.', 'package.json'));
const { InferenceSession, Tensor } = require('onnxruntime-node');

let session;
/** @type {[string, { dims: number[], values: Float32Array }][]} */
let inputs = [];

/** One inference, from arrays of values to one. */
async function draw() {
  const feeds = Object.fromEntries(
    inputs.map(([name, { dims, values }]) => [name, new Tensor('float32', values, dims)]),
  );
  const { image } = await session.run(feeds);
  return /** @type {Float32Array} */ (image.data);
}

const commands = {
  async load({ model, inputs: files, threads }) {
    inputs = Object.entries(files).map(([name, { file, dims }]) => {
      const { buffer, byteOffset, byteLength } = readFileSync(file);
      return [name, { dims, values: new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength)) }];
    });
    session = await InferenceSession.create(model, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      executionMode: 'sequential',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
    });
    await draw();
    return {};
  },
  async run({ count }) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    for (let i = 0; i < count; i++) await draw();
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    return { seconds, cpuSeconds: (user + system) / 1e6 };
  },
  async output({ file }) {
    const { buffer, byteOffset, byteLength } = await draw();
    writeFileSync(file, new Uint8Array(buffer, byteOffset, byteLength));
    return {};
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...request } = JSON.parse(line);
  const answer = await commands[command](request).catch((error) => ({ error: String(error.stack ?? error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
