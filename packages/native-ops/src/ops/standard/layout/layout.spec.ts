import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { layoutCases, layoutRefusals } from './layout.cases.ts';
import { copyStrided, type View } from './strided-copy.ts';

describeOpConformance('layout', layoutCases, layoutRefusals);

describe('layout kernels', () => {
  it('share memory between a tensor, its clone and its reshapes', () => {
    const x = tf.tensor1d(new Float32Array(1 << 16));
    x.square().dispose();
    const before = nativeBackend().memory().nativeBytes;
    const aliases = [x.clone(), x.reshape([256, 256]), x.expandDims(0), x.cast('float32')];
    expect(nativeBackend().memory().nativeBytes).toBe(before);
    tf.dispose([...aliases, x]);
  });

  it('keep an alias readable after its source is disposed', () => {
    const x = tf.tensor1d([1, 2, 3, 4]).square();
    const y = x.reshape([2, 2]);
    x.dispose();
    expect([...y.dataSync()]).toEqual([1, 4, 9, 16]);
    y.dispose();
  });

  it('leave complex tensors to TF.js', () => {
    const imaginary = tf.tidy(() => {
      const z = tf.complex(tf.tensor1d([1, 2, 3, 4]), tf.tensor1d([5, 6, 7, 8]));
      return [...tf.imag(tf.concat([z.reshape([2, 2]), z.reshape([2, 2])], 0)).dataSync()];
    });
    expect(imaginary).toEqual([5, 6, 7, 8, 5, 6, 7, 8]);
  });

  it('refuse a view that leaves its buffer, at either end', () => {
    const backend = nativeBackend();
    const x = tf.tensor1d([1, 2, 3, 4]);
    const whole = { offset: 0, strides: [1] };
    const copy = (sizes: number[], from: View, to: View) => () => {
      const y = backend.output([4], 'float32');
      try {
        copyStrided(backend, sizes, x, from, y, to);
        backend.flush();
      } finally {
        backend.release(y);
      }
    };
    expect(copy([4], { offset: 1, strides: [1] }, whole)).toThrow(/16 bytes, the command needs 5 elements of 4/);
    expect(copy([4], whole, { offset: 0, strides: [2] })).toThrow(/16 bytes, the command needs 7 elements of 4/);
    expect(copy([4], { offset: 2, strides: [-1] }, whole)).toThrow(/begins before its buffer/);
    const far = { offset: 0, strides: [2 ** 52, 2 ** 52 + 1] };
    expect(copy([4, 4], far, { offset: 0, strides: [4, 1] })).toThrow(/the command needs \d{17} elements/);
    x.dispose();
  });

  it('count from the start in one rounding: a long range ends where it should', () => {
    const values = tf.linspace(0, 1, 1_000_001);
    // Added up in float32, as TF.js's CPU kernel does, the last one is off by 1e-2.
    expect(values.slice([1_000_000], [1]).dataSync()[0]).toBe(1);
    values.dispose();
  });
});
