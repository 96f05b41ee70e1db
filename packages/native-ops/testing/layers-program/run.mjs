// Runs the program on a backend and prints its result as JSON: node run.mjs cpu|native-cpu <folder>
import { join } from 'node:path';
import { bundleForNode } from '../bundle-for-node.mjs';

const [backend, folder] = process.argv.slice(2);
// One import decides on the backend; the program knows nothing of it.
const entry = {
  cpu: `import './src/entry/tf.ts';
    import { registerFileSystemModels } from './src/node-io/file-system.ts';
    registerFileSystemModels();`,
  'native-cpu': `import './src/entry/node.ts';`,
}[backend];
const contents = `${entry}
  import * as tf from '@tensorflow/tfjs-core';
  import { trainDigitClassifier } from './testing/layers-program/digit-classifier.ts';
  await tf.ready();
  if (tf.getBackend() !== '${backend}') throw new Error('the backend is ' + tf.getBackend());
  const tensorsBefore = tf.memory().numTensors;
  const result = await trainDigitClassifier(${JSON.stringify(join(folder, `model-${backend}`))});
  console.log(JSON.stringify({ ...result, tensorsLeft: tf.memory().numTensors - tensorsBefore }));
`;
const bundle = await bundleForNode(contents, `generated/layers-program/${backend}.mjs`, {
  format: 'esm',
  external: ['@tensorflow/*', '#tfjs-registration'],
});
await import(bundle);
