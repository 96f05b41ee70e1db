// Loaded before TF.js's specs, in one bundle with them, so that specs, gradients and backend share one tfjs-core.
// The runner sets `globalThis.suiteOptions` before it loads the bundle.
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';
import * as tf from '../../src/tfjs/registered-core.ts';

const { backend } = (globalThis as unknown as { suiteOptions: { backend: string } }).suiteOptions;

if (!tf.engine().registryFactory[backend]) {
  throw new Error(
    `tfjs-core-suite: no backend '${backend}' is registered, only: ${Object.keys(tf.engine().registryFactory)}.`,
  );
}
setTestEnvs([{ name: backend, backendName: backend, isDataSync: true }]);
