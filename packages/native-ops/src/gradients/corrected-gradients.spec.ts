import { withStockGradients } from '../../testing/gradient-audit/stock-gradients.ts';
import * as tf from '../entry/tf.ts';
import { correctedGradients, registerCorrectedGradients, stockGradient } from './corrected-gradients.ts';
import { kernelOrReference } from './kernel-or-reference.ts';

// That each gradient is right, and TF.js's is not, is checked by testing/gradient-audit. Here: how they are registered.
describe('corrected gradients', () => {
  it('are in place as soon as the TF.js entry is imported', () => {
    for (const corrected of correctedGradients) expect(tf.getGradient(corrected.kernelName)).toBe(corrected);
  });

  it('keep what they replace, for tests', () => {
    expect(stockGradient(tf.MirrorPad)?.gradFunc).not.toBe(tf.getGradient(tf.MirrorPad).gradFunc);
    expect(stockGradient(tf.DepthToSpace)).toBeUndefined();
  });

  it('stay when they are registered once more', () => {
    registerCorrectedGradients();
    for (const corrected of correctedGradients) expect(tf.getGradient(corrected.kernelName)).toBe(corrected);
  });

  it("stay when an app's own copy of TF.js registers its gradients later", () => {
    const stock = stockGradient(tf.MirrorPad) as tf.GradConfig;
    tf.registerGradient({ ...stock });
    expect(tf.getGradient(tf.MirrorPad)).toBe(correctedGradients.find(({ kernelName }) => kernelName === tf.MirrorPad));
  });

  it('give way to a gradient of the user, registered after unregisterGradient', () => {
    const own: tf.GradConfig = { kernelName: tf.MirrorPad, gradFunc: () => ({ x: () => tf.scalar(0) }) };
    tf.unregisterGradient(tf.MirrorPad);
    tf.registerGradient(own);
    expect(tf.getGradient(tf.MirrorPad)).toBe(own);
    tf.unregisterGradient(tf.MirrorPad);
    registerCorrectedGradients();
  });

  it('do not hinder gradients for other kernels', () => {
    const own: tf.GradConfig = { kernelName: 'SomeKernel', gradFunc: () => ({}) };
    tf.registerGradient(own);
    tf.registerGradient({ ...own });
    expect(tf.getGradient('SomeKernel')).not.toBe(own);
    tf.unregisterGradient('SomeKernel');
  });
});

describe('a gradient kernel that a backend brings', () => {
  it('is used, with the reference as what it must equal', () => {
    let calls = 0;
    tf.registerKernel({
      kernelName: 'MirrorPadGrad',
      backendName: 'cpu',
      kernelFunc: ({ inputs, backend }) => {
        calls++;
        const { x } = inputs as { x: tf.TensorInfo };
        const zeros = new Float32Array(tf.util.sizeFromShape(x.shape)).fill(7);
        return (backend as tf.KernelBackend & { makeTensorInfo(...args: unknown[]): tf.TensorInfo }).makeTensorInfo(
          x.shape,
          'float32',
          zeros,
        );
      },
    });
    const gradient = tf.grad((x) => tf.mirrorPad(x, [[1, 1]], 'reflect'))(tf.tensor1d([1, 2, 3]));
    tf.unregisterKernel('MirrorPadGrad', 'cpu');
    expect(calls).toBe(1);
    expect([...gradient.dataSync()]).toEqual([7, 7, 7]);
  });

  it('is not asked for when the backend has none', () => {
    const reference = tf.scalar(3);
    expect(kernelOrReference('NoSuchKernel', {}, {}, () => reference)).toBe(reference);
  });
});

/** Bytes of tensors made on the host, and kernels run, while the gradient of `f` at `x` is computed. */
function costOfGradient(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor): { uploaded: number; kernels: number } {
  const engine = tf.engine();
  const makeTensor = engine.makeTensor;
  const runKernel = engine.runKernel;
  let uploaded = 0;
  let kernels = 0;
  engine.makeTensor = function (this: typeof engine, values, shape, ...rest) {
    uploaded += 4 * tf.util.sizeFromShape(shape);
    return makeTensor.call(this, values, shape, ...rest);
  } as typeof makeTensor;
  engine.runKernel = function (this: typeof engine, ...args: Parameters<typeof runKernel>) {
    kernels++;
    return runKernel.apply(this, args);
  } as typeof runKernel;
  try {
    tf.tidy(() => tf.grad(f)(x));
  } finally {
    engine.makeTensor = makeTensor;
    engine.runKernel = runKernel;
  }
  return { uploaded, kernels };
}

describe.each([
  ['Sum', (x: tf.Tensor) => tf.sum(x, [1, 2])],
  ['Mean', (x: tf.Tensor) => tf.mean(x, [1, 2], true)],
])('the gradient of %s', (_name, f) => {
  const x = tf.ones([2, 16, 16, 3]);
  const sizeOfX = 4 * x.size;

  it('makes no tensor of the size of x on the host, unlike that of TF.js', () => {
    // What is left: dy (at most 24 bytes per image here) and the scalar by which Mean divides.
    expect(costOfGradient(f, x).uploaded).toBeLessThan(64);
    expect(withStockGradients(() => costOfGradient(f, x)).uploaded).toBeGreaterThanOrEqual(sizeOfX);
  });
});

describe('the gradient of Tile', () => {
  it('needs the same few kernels for 64 x 64 copies as for 2 x 2, unlike that of TF.js', () => {
    const copies = (count: number) => costOfGradient((x) => tf.tile(x, [1, count, count, 1]), tf.ones([1, 1, 1, 2]));
    expect(copies(64).kernels).toBe(copies(2).kernels);
    const stock = withStockGradients(() => copies(16));
    expect(stock.kernels).toBeGreaterThan(2 * 16 * 16);
  });
});
