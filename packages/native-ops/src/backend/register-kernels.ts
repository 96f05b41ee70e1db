// Registers every kernel that TF.js's CPU backend has for 'native-cpu': natively where the registry lists it, as the
// unchanged CPU kernel otherwise. Own kernels without a CPU twin are registered too.

import { nativeKernels } from '../ops/registry.ts';
import { getKernelsForBackend, registerKernel } from '../tfjs/registered-core.ts';
import { backendName, type NativeBackend } from './native-backend.ts';

export function registerKernels(): void {
  const native = new Map(nativeKernels.map((kernel) => [kernel.kernelName, kernel]));
  if (native.size !== nativeKernels.length) throw new Error('native-cpu: a kernel is listed twice in ops/registry.ts');
  for (const cpu of getKernelsForBackend('cpu')) {
    const kernel = native.get(cpu.kernelName);
    registerKernel({
      ...cpu,
      backendName,
      kernelFunc: (params) => {
        const backend = params.backend as NativeBackend;
        const fallback = () => cpu.kernelFunc(params);
        return kernel === undefined
          ? backend.dispatchFallback(cpu.kernelName, fallback)
          : backend.dispatch(kernel, params.inputs, params.attrs ?? {}, fallback);
      },
    });
    native.delete(cpu.kernelName);
  }
  for (const kernel of native.values()) {
    registerKernel({
      kernelName: kernel.kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs, backend }) =>
        (backend as NativeBackend).dispatch(kernel, inputs, attrs ?? {}, undefined),
    });
  }
}
