// The browser's way to TF.js's gradients and chained ops: bundlers load the ES modules that Node cannot.
// Node's way is generated/tfjs-registration.cjs, written by build-tfjs.mjs; package.json `imports` chooses.
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
