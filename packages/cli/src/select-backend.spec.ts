import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@ggb/native-ops/tf';
import { itWhen } from '../../../tools/testing/skipping.ts';
import { type BackendRequest, selectBackend } from './select-backend.ts';

/** Mean of the convolution of ones; the same on every backend. */
async function convolutionOfOnes(): Promise<number> {
  const result = tf.tidy(() =>
    tf.conv2d(tf.ones([1, 4, 4, 2]) as tf.Tensor4D, tf.ones([1, 1, 2, 1]), 1, 'same').mean(),
  );
  const [value] = await result.data();
  result.dispose();
  return value as number;
}

/** In a process of its own: whether the addon loads is decided once in a process. */
function selectInProcess(request: BackendRequest, environment: NodeJS.ProcessEnv) {
  const module = join(__dirname, '..', 'dist', 'select-backend.js');
  const program = `
    const { selectBackend } = await import(${JSON.stringify(module)});
    const announced = [];
    try {
      const selected = await selectBackend({ ...${JSON.stringify(request)}, announce: (text) => announced.push(text) });
      console.log(JSON.stringify({ selected, announced }));
    } catch ({ name, message }) {
      console.log(JSON.stringify({ error: name, message }));
    }`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(output) as {
    selected?: { name: string; reason: string; threads?: number };
    announced?: string[];
    error?: string;
    message?: string;
  };
}

afterEach(() => tf.setBackend('cpu'));

describe('selectBackend', () => {
  it('runs on the plain cpu backend when asked to', async () => {
    const selected = await selectBackend({ backend: 'cpu', purpose: 'training' });
    expect(selected).toEqual({ name: 'cpu', reason: 'asked for: plain TypeScript, slow' });
    expect(tf.getBackend()).toBe('cpu');
  });

  it('synthesizes on wasm, in the engine everything else uses', async () => {
    const selected = await selectBackend({ backend: 'wasm', purpose: 'synthesis' });
    expect(selected.name).toBe('wasm');
    expect(tf.getBackend()).toBe('wasm');
    expect(await convolutionOfOnes()).toBe(2);
  });

  it('does not train on wasm, which has no gradient of a convolution by its filter', async () => {
    await expect(selectBackend({ backend: 'wasm', purpose: 'training' })).rejects.toMatchObject({
      name: 'BackendUnavailableError',
      reason: 'it cannot train: it has no kernel Conv2DBackpropFilter',
      remedy: 'Train with backend=native-cpu, backend=tensorflow or backend=cpu.',
    });
  });

  it('says that native-cuda is not built yet, and what to use', async () => {
    await expect(selectBackend({ backend: 'native-cuda', purpose: 'training' })).rejects.toThrow(
      'Backend native-cuda is not available: it is not built yet.\n  Continue on the CPU with backend=native-cpu',
    );
  });

  itWhen(!isInstalled('@tensorflow/tfjs-node') && !isInstalled('@tensorflow/tfjs-node-gpu'), 'tfjs-node is installed')(
    'says how to install what the tensorflow backend needs',
    async () => {
      await expect(selectBackend({ backend: 'tensorflow', purpose: 'training' })).rejects.toThrow(
        /neither @tensorflow\/tfjs-node-gpu nor @tensorflow\/tfjs-node is installed\.\n {2}Install it: npm install @tensorflow\/tfjs-node@4\.22\.0/,
      );
    },
  );

  it('runs natively when asked to, with the threads asked for', async () => {
    const run = selectInProcess({ backend: 'native-cpu', purpose: 'training', threads: 1 }, { GGB_THREADS: '2' });
    expect(run.selected).toMatchObject({ name: 'native-cpu', threads: 1 });
    expect(run.announced).toEqual([]);
  });
});

describe('backend=auto', () => {
  it('takes the native engine and says so once', () => {
    const run = selectInProcess({ backend: 'auto', purpose: 'training' }, { GGB_THREADS: '2' });
    expect(run.selected).toMatchObject({ name: 'native-cpu', threads: 2 });
    expect(run.announced).toEqual([
      expect.stringMatching(/^Backend: native-cpu \(auto: 2 threads, .+; the fastest\)\.$/),
    ]);
  });

  it('trains on the plain backend without the addon, and says what is missing', () => {
    const run = selectInProcess(
      { backend: 'auto', purpose: 'training' },
      { GGB_NATIVE_OPS_ADDON: '/missing/native_ops.node' },
    );
    expect(run.selected?.name).toBe('cpu');
    expect(run.announced).toHaveLength(1);
    expect(run.announced?.[0]).toContain('no native-cpu: the addon /missing/native_ops.node does not exist');
    expect(run.announced?.[0]).toContain('no wasm: it cannot train');
  });

  it('synthesizes on wasm without the addon', () => {
    const run = selectInProcess(
      { backend: 'auto', purpose: 'synthesis' },
      { GGB_NATIVE_OPS_ADDON: '/missing/native_ops.node' },
    );
    expect(run.selected?.name).toBe('wasm');
  });

  it('does not hide a setting that nobody understands behind a slower backend', () => {
    const run = selectInProcess({ backend: 'auto', purpose: 'training' }, { GGB_THREADS: 'many' });
    expect(run).toMatchObject({ error: 'InvalidSettingError' });
  });
});

function isInstalled(name: string): boolean {
  try {
    createRequire(__filename).resolve(name);
    return true;
  } catch {
    return false;
  }
}
