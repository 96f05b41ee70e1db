// `import '@ggb/native-ops/node'` registers the backend 'native-cpu' and makes it the current one.
import { loadAddon } from '../backend/addon.ts';
import { backendName, NativeBackend } from '../backend/native-backend.ts';
import { registerKernels } from '../backend/register-kernels.ts';
import { settingsFromEnvironment } from '../backend/settings.ts';
import { registerFileSystemModels } from '../node-io/file-system.ts';
import * as tf from './tf.ts';

export { loadAddon } from '../backend/addon.ts';
export { BackendUnavailableError, InvalidSettingError, NativeKernelError } from '../backend/errors.ts';
export { backendName, NativeBackend, type NativeMemory } from '../backend/native-backend.ts';
export type { NativeOpTime } from '../backend/profile.ts';
export { ModelFileError } from '../node-io/errors.ts';
export { type ImageBatch, scoreImageBatch, scoreImages } from '../ops/fused/windowed-ssim/score-images.ts';
export type { ByteImage, ImageSimilarity } from '../ops/fused/windowed-ssim/similarity-images.ts';

registerFileSystemModels();

// Two copies of this module in one process (source and dist, or a duplicated package) share TF.js's registry.
if (tf.engine().registryFactory[backendName] === undefined) {
  tf.assertOneEngine();
  const settings = settingsFromEnvironment();
  const addon = loadAddon(settings.addonPath);
  registerKernels();
  // Started here and not in the factory: TF.js turns an error of a factory into a warning.
  let started: NativeBackend | undefined = new NativeBackend(addon, settings);
  const start = () => {
    const backend = started ?? new NativeBackend(addon, settings);
    started = undefined;
    return backend;
  };
  tf.registerBackend(backendName, start, 10);
  tf.setBackend(backendName);
}

/** The running backend. */
export function nativeBackend(): NativeBackend {
  return tf.engine().findBackend(backendName) as NativeBackend;
}
