import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import { layoutCases, layoutRefusals } from './layout.cases.ts';

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
    const z = tf.complex(tf.tensor1d([1, 2, 3, 4]), tf.tensor1d([5, 6, 7, 8]));
    const y = tf.concat([z.reshape([2, 2]), z.reshape([2, 2])], 0);
    expect([...tf.imag(y).dataSync()]).toEqual([5, 6, 7, 8, 5, 6, 7, 8]);
    tf.disposeVariables();
  });

  it('count from the start in one rounding: a long range ends where it should', () => {
    const values = tf.linspace(0, 1, 1_000_001);
    // Added up in float32, as TF.js's CPU kernel does, the last one is off by 1e-2.
    expect(values.slice([1_000_000], [1]).dataSync()[0]).toBe(1);
    values.dispose();
  });
});
