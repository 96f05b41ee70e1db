import { writeSafetensors } from '@ggb/native-ops/safetensors';
import { randomInceptionTensors } from '../../testing/drawn-numbers.ts';
import { InceptionWeightsError, parseInceptionWeights } from './inception-weights.ts';

const tensors = randomInceptionTensors('2015-12-05');

function fileWith(changes: Record<string, { shape?: number[]; values?: number[] } | undefined>): Uint8Array {
  const changed = new Map(tensors);
  for (const [name, change] of Object.entries(changes)) {
    if (change === undefined) changed.delete(name);
    else {
      const { shape = [...(tensors.get(name)?.shape ?? [])], values } = change;
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
      if (values !== undefined) data.set(values);
      changed.set(name, { dtype: 'F32', shape, data: new Uint8Array(data.buffer) });
    }
  }
  return writeSafetensors(changed);
}

const first = 'Conv2d_1a_3x3';

describe('parseInceptionWeights', () => {
  it('folds batch normalisation into kernel and bias: w g / sqrt(v + 0.001) and b - m g / sqrt(v + 0.001)', () => {
    const channels = (value: number) => ({ values: [value] });
    const bytes = fileWith({
      [`${first}.conv.weight`]: { values: [2, 0, 0, 0, 5] },
      [`${first}.bn.weight`]: channels(3),
      [`${first}.bn.bias`]: channels(0.5),
      [`${first}.bn.running_mean`]: channels(-4),
      // 0.249 + 0.001 = 0.25, whose root is 0.5
      [`${first}.bn.running_var`]: channels(0.249),
    });
    const folded = parseInceptionWeights(bytes, 'file').convolutions.get(first);
    expect(folded?.shape).toEqual([3, 3, 3, 32]);
    // [0, 0, 0, 0] and, for row 1 and column 1 of the first input, [1, 1, 0, 0]. 0.249 is a float32: 1e-7.
    expect(folded?.kernel[0]).toBeCloseTo(12, 5);
    expect(folded?.kernel[(1 * 3 + 1) * 3 * 32]).toBeCloseTo(30, 5);
    expect(folded?.bias[0]).toBeCloseTo(0.5 + 4 * 6, 5);
  });

  it('passes over tensors it does not need', () => {
    const bytes = fileWith({ 'AuxLogits.fc.bias': { shape: [3] } });
    expect(parseInceptionWeights(bytes, 'file').graph).toBe('2015-12-05');
  });

  it.each([
    ['a tensor that is missing', { 'Mixed_6e.branch7x7dbl_4.bn.bias': undefined }, 'no such tensor'],
    ['another shape', { 'Mixed_7c.branch1x1.conv.weight': { shape: [320, 1280, 1, 1] } }, 'received [320, 1280, 1, 1]'],
    ['a value that is not finite', { 'Mixed_5b.branch_pool.bn.weight': { values: [Number.NaN] } }, 'NaN or infinity'],
    ['another number of classes', { 'fc.weight': { shape: [1001, 2048] } }, 'expected 1008 (the graph of 2015-12-05)'],
  ])('refuses %s, and names it', (_, changes, message) => {
    const parse = () => parseInceptionWeights(fileWith(changes), 'w.safetensors');
    expect(parse).toThrow(InceptionWeightsError);
    expect(parse).toThrow(`w.safetensors: ${Object.keys(changes)[0]}: `);
    expect(parse).toThrow(message);
  });

  it('refuses what is no safetensors file', () => {
    expect(() => parseInceptionWeights(new Uint8Array([0x80, 2, 1]), 'w.pth')).toThrow(
      'w.pth: length: expected 8 bytes, received a file of 3. docs/how-to/inception-weights.md says how to convert',
    );
  });
});
