// Convolutions in bfloat16, against sums in float64 of products of rounded numbers.
import { execFileSync } from 'node:child_process';
import { describeWhen, itWhen } from '../../../../../../tools/testing/skipping.ts';
import { seededValues } from '../../../../testing/seeded-random.ts';
import { addonFile } from '../../../backend/addon.ts';
import { nativeBackend } from '../../../entry/node.ts';
import { AdamOptimizer, compileStep } from '../../../entry/ops.ts';
import * as tf from '../../../entry/tf.ts';
import {
  convolutionPrecisionProblem,
  inConvolutionPrecision,
  PrecisionUnavailableError,
} from '../../../precision/convolution-precision.ts';

// Looked up once: in Jest every use of a global costs a microsecond.
const { abs } = Math;

interface Case {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad?: 'same' | 'valid';
  /** Passes that stay float32: too few channels, or an odd number of output columns. */
  readonly inFloat32?: readonly Pass[];
}

type Pass = 'forward' | 'input gradient' | 'filter gradient';

/** Channels around 16 and 32, the sides of a tile; positions around 16 and 32; maps of less than a tile; several threads. */
const cases: readonly Case[] = [
  { batch: 2, height: 8, width: 8, inputs: 16, outputs: 16, kernel: 4, stride: 2 },
  { batch: 2, height: 16, width: 16, inputs: 21, outputs: 33, kernel: 4, stride: 2 },
  { batch: 1, height: 40, width: 36, inputs: 18, outputs: 47, kernel: 4, stride: 2 },
  { batch: 8, height: 4, width: 4, inputs: 33, outputs: 32, kernel: 4, stride: 2 },
  { batch: 2, height: 8, width: 6, inputs: 70, outputs: 64, kernel: 3, stride: 1 },
  { batch: 1, height: 4, width: 4, inputs: 32, outputs: 31, kernel: 1, stride: 1 },
  {
    batch: 2,
    height: 13,
    width: 9,
    inputs: 17,
    outputs: 16,
    kernel: 5,
    stride: 1,
    pad: 'valid',
    inFloat32: ['filter gradient'],
  },
  {
    batch: 1,
    height: 9,
    width: 7,
    inputs: 40,
    outputs: 3,
    kernel: 3,
    stride: 1,
    inFloat32: ['input gradient', 'filter gradient'],
  },
  {
    batch: 2,
    height: 8,
    width: 8,
    inputs: 3,
    outputs: 20,
    kernel: 4,
    stride: 2,
    inFloat32: ['forward', 'filter gradient'],
  },
  // More images than a chunk of the filter gradient has.
  { batch: 3, height: 16, width: 16, inputs: 288, outputs: 16, kernel: 4, stride: 2 },
];

const nameOf = ({ batch, height, width, inputs, outputs, kernel, stride, pad = 'same' }: Case) =>
  `${batch} x ${height}x${width}x${inputs}, ${kernel}x${kernel} x ${outputs}, stride ${stride}, ${pad}`;

/** To the nearest bfloat16, ties to even. */
function rounded(values: Float32Array): Float32Array {
  const bits = new Uint32Array(values.slice().buffer);
  for (const [i, value] of bits.entries()) bits[i] = (value + 0x7fff + ((value >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer);
}

/** The sums in float64 and, for the tolerance, those of the magnitudes. */
class Sums {
  readonly values: Float64Array;
  readonly magnitudes: Float64Array;

  constructor(size: number) {
    this.values = new Float64Array(size);
    this.magnitudes = new Float64Array(size);
  }

  add(at: number, product: number): void {
    this.values[at] = (this.values[at] as number) + product;
    this.magnitudes[at] = (this.magnitudes[at] as number) + abs(product);
  }
}

function reference(c: Case, given: Record<'x' | 'filter' | 'dy', Float32Array>, roundsIn: (pass: Pass) => boolean) {
  const info = tf.backend_util.computeConv2DInfo(
    [c.batch, c.height, c.width, c.inputs],
    [c.kernel, c.kernel, c.inputs, c.outputs],
    c.stride,
    1,
    c.pad ?? 'same',
  );
  const operands = (pass: Pass) =>
    roundsIn(pass)
      ? { x: rounded(given.x), filter: rounded(given.filter), dy: rounded(given.dy) }
      : { x: given.x, filter: given.filter, dy: given.dy };
  const [forward, input, filter] = [operands('forward'), operands('input gradient'), operands('filter gradient')];
  const sums = {
    forward: new Sums(given.dy.length),
    'input gradient': new Sums(given.x.length),
    'filter gradient': new Sums(given.filter.length),
  };
  const { top, left } = info.padInfo;
  for (let n = 0; n < c.batch; n++)
    for (let oh = 0; oh < info.outHeight; oh++)
      for (let ow = 0; ow < info.outWidth; ow++)
        for (let kh = 0; kh < c.kernel; kh++)
          for (let kw = 0; kw < c.kernel; kw++) {
            const [ih, iw] = [oh * c.stride + kh - top, ow * c.stride + kw - left];
            if (ih < 0 || iw < 0 || ih >= c.height || iw >= c.width) continue;
            const y0 = ((n * info.outHeight + oh) * info.outWidth + ow) * c.outputs;
            for (let i = 0; i < c.inputs; i++) {
              const x0 = ((n * c.height + ih) * c.width + iw) * c.inputs + i;
              const f0 = ((kh * c.kernel + kw) * c.inputs + i) * c.outputs;
              for (let o = 0; o < c.outputs; o++) {
                const [x, f, y] = [x0, f0 + o, y0 + o];
                sums.forward.add(y, (forward.x[x] as number) * (forward.filter[f] as number));
                sums['input gradient'].add(x, (input.dy[y] as number) * (input.filter[f] as number));
                sums['filter gradient'].add(f, (filter.x[x] as number) * (filter.dy[y] as number));
              }
            }
          }
  return { sums, outShape: info.outShape };
}

/** Largest difference, in parts of the sum of magnitudes. */
function worst(received: Float32Array, { values, magnitudes }: Sums): number {
  let largest = received.length === values.length ? 0 : Number.POSITIVE_INFINITY;
  for (const [i, value] of received.entries()) {
    const error = abs(value - (values[i] as number)) / ((magnitudes[i] as number) + 1e-30);
    if (!(error <= largest)) largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  return largest;
}

const shapeOf = (c: Case): [number, number, number, number] => [c.batch, c.height, c.width, c.inputs];
const filterShapeOf = (c: Case): [number, number, number, number] => [c.kernel, c.kernel, c.inputs, c.outputs];

function compute(c: Case, given: Record<'x' | 'filter' | 'dy', Float32Array>, outShape: number[]) {
  return tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads((x, filter) =>
      tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, c.stride, c.pad ?? 'same'),
    )(
      [tf.tensor4d(given.x, shapeOf(c)), tf.tensor4d(given.filter, filterShapeOf(c))],
      tf.tensor4d(given.dy, outShape as [number, number, number, number]),
    );
    const [dx, dfilter] = grads as [tf.Tensor, tf.Tensor];
    return {
      forward: value.dataSync<'float32'>(),
      'input gradient': dx.dataSync<'float32'>(),
      'filter gradient': dfilter.dataSync<'float32'>(),
    };
  });
}

const problem = convolutionPrecisionProblem('bfloat16');
const passes: readonly Pass[] = ['forward', 'input gradient', 'filter gradient'];

// Sums of up to 4000 products in float32, in whatever order: 2^-24 for each addition at worst, far less for random signs.
const tolerance = 2e-7;

describeWhen(problem === undefined, problem?.reason ?? '')('convolution in bfloat16', () => {
  const inBfloat16 = <T>(f: () => T) => inConvolutionPrecision('bfloat16', f);

  it.each(cases.map((c) => [nameOf(c), c] as const))(
    '%s: exact products of rounded numbers, summed up in float32',
    (_name, c) => {
      const outputs = tf.backend_util.computeConv2DInfo(shapeOf(c), filterShapeOf(c), c.stride, 1, c.pad ?? 'same');
      const given = {
        x: seededValues(1, tf.util.sizeFromShape(shapeOf(c))),
        filter: seededValues(2, tf.util.sizeFromShape(filterShapeOf(c))),
        dy: seededValues(3, tf.util.sizeFromShape(outputs.outShape)),
      };
      const { sums, outShape } = reference(c, given, (pass) => !c.inFloat32?.includes(pass));
      const received = inBfloat16(() => compute(c, given, outShape));
      for (const pass of passes) expect(worst(received[pass], sums[pass])).toBeLessThan(tolerance);
      // That it is not float32: rounding moves sums by 2^-9 of a product each.
      const exact = compute(c, given, outShape);
      for (const pass of passes) {
        const moved = worst(exact[pass], sums[pass]);
        if (c.inFloat32?.includes(pass)) expect(moved).toBeLessThan(tolerance);
        else expect(moved).toBeGreaterThan(10 * tolerance);
      }
    },
  );

  it('transposes too: conv2dTranspose is the input gradient', () => {
    tf.tidy(() => {
      const dy = tf.tensor4d(seededValues(4, 2 * 6 * 6 * 32), [2, 6, 6, 32]);
      const filter = tf.tensor4d(seededValues(5, 4 * 4 * 20 * 32), [4, 4, 20, 32]);
      const transposed = () => tf.conv2dTranspose(dy, filter, [2, 12, 12, 20], 2, 'same');
      const expected = tf.conv2dTranspose(
        tf.tensor4d(rounded(dy.dataSync<'float32'>()), [2, 6, 6, 32]),
        tf.tensor4d(rounded(filter.dataSync<'float32'>()), [4, 4, 20, 32]),
        [2, 12, 12, 20],
        2,
        'same',
      );
      // Sums of 128 products of numbers below 1, in two orders.
      expect(inBfloat16(transposed).sub(expected).abs().max().dataSync()[0]).toBeLessThan(1e-5);
    });
  });

  it('gives the same bits each time, and in a replayed step those of the eager one', () => {
    const run = (x: tf.Tensor4D, filter: tf.Tensor4D) =>
      tf.grads((a, b) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 2, 'same').square())([x, filter]);
    const compiled = compileStep((x: tf.Tensor4D, filter: tf.Tensor4D) => run(x, filter));
    const x = tf.tensor4d(seededValues(6, 4 * 32 * 32 * 24), [4, 32, 32, 24]);
    const filter = tf.tensor4d(seededValues(7, 16 * 24 * 40), [4, 4, 24, 40]);
    const results = new Set<string>();
    const note = (tensors: readonly tf.Tensor[]) => {
      results.add(tensors.map((t) => Buffer.from(t.dataSync().buffer).toString('base64')).join());
      tf.dispose([...tensors]);
    };
    inBfloat16(() => {
      for (let i = 0; i < 5; i++) note(tf.tidy(() => run(x, filter)));
      for (let i = 0; i < 5; i++) note(compiled.run(x, filter) as tf.Tensor[]);
    });
    // A recording keeps its precision.
    note(compiled.run(x, filter) as tf.Tensor[]);
    expect(compiled.eagerReason).toBeUndefined();
    expect(results.size).toBe(1);
    note(tf.tidy(() => run(x, filter)));
    expect(results.size).toBe(2);
    compiled.dispose();
    tf.dispose([x, filter]);
  });

  it('leaves all but convolutions alone, and ends with what it runs, also when that throws', () => {
    tf.tidy(() => {
      const x = tf.tensor4d(seededValues(8, 2 * 8 * 8 * 32), [2, 8, 8, 32]);
      const filter = tf.tensor4d(seededValues(9, 16 * 32 * 16), [4, 4, 32, 16]);
      const matrix = x.reshape([128, 32]) as tf.Tensor2D;
      const product = () => [...tf.matMul(matrix, matrix, true).dataSync()];
      const convolved = () => [...tf.conv2d(x, filter, 2, 'same').dataSync()];
      const before = { product: product(), convolved: convolved() };
      expect(inBfloat16(product)).toEqual(before.product);
      expect(inBfloat16(convolved)).not.toEqual(before.convolved);
      expect(() =>
        inBfloat16(() => {
          throw new Error('inside');
        }),
      ).toThrow('inside');
      expect(convolved()).toEqual(before.convolved);
      inBfloat16(() => inConvolutionPrecision('float32', () => expect(convolved()).toEqual(before.convolved)));
    });
  });
});

describe.each(problem === undefined ? (['float32', 'bfloat16'] as const) : (['float32'] as const))(
  'the form of a filter that is kept for %s',
  (precision) => {
    const inPrecision = <T>(f: () => T) => inConvolutionPrecision(precision, f);
    const x = () => tf.tensor4d(seededValues(10, 2 * 32 * 32 * 32), [2, 32, 32, 32]);
    const passesOf = (filter: tf.Tensor4D) =>
      inPrecision(() =>
        tf.tidy(() => {
          const image = x();
          const y = tf.conv2d(image, filter, 2, 'same');
          const back = tf.conv2dTranspose(y, filter, [2, 32, 32, 32], 2, 'same');
          return [...y.dataSync(), ...back.dataSync()];
        }),
      );

    it('follows a filter that is changed in place, assigned or disposed', () => {
      const filter = tf.variable(tf.tensor4d(seededValues(11, 16 * 32 * 48), [4, 4, 32, 48]));
      const expectFresh = () => {
        const kept = passesOf(filter);
        const fresh = tf.tensor4d(filter.dataSync<'float32'>().slice(), [4, 4, 32, 48]);
        expect(kept).toEqual(passesOf(fresh));
        fresh.dispose();
        return kept;
      };
      const first = expectFresh();
      const adam = new AdamOptimizer({ learningRate: 0.1 });
      adam.minimize(() => filter.square().sum() as tf.Scalar, false, [filter as tf.Variable]);
      expect(expectFresh()).not.toEqual(first);
      tf.tidy(() => filter.assign(filter.mul(2)));
      expectFresh();
      adam.dispose();
      filter.dispose();
    });

    it('belongs to the shape in which the filter is read: a reshaped one shares the values alone', () => {
      const values = seededValues(11, 16 * 32 * 48);
      const readAs = (filter: tf.Tensor4D) => {
        const [, , inputs, outputs] = filter.shape;
        const image = tf.tensor4d(seededValues(10, 2 * 16 * 16 * inputs), [2, 16, 16, inputs]);
        const y = inPrecision(() => tf.conv2d(image, filter, 2, 'same'));
        const back = inPrecision(() => tf.conv2dTranspose(y, filter, [2, 16, 16, inputs], 2, 'same'));
        expect(y.shape[3]).toBe(outputs);
        return [...y.dataSync(), ...back.dataSync()];
      };
      tf.tidy(() => {
        const filter = tf.tensor4d(values, [4, 4, 32, 48]);
        const first = readAs(filter);
        expect(readAs(filter.reshape([4, 4, 48, 32]))).toEqual(readAs(tf.tensor4d(values, [4, 4, 48, 32])));
        expect(readAs(filter.reshape([2, 2, 128, 48]))).toEqual(readAs(tf.tensor4d(values, [2, 2, 128, 48])));
        expect(readAs(filter)).toEqual(first);
      });
    });

    // Own kernels read the filter as it is, or pack it anew.
    const hasLibrary = nativeBackend().description.convolutionLibrary.startsWith('oneDNN');
    itWhen(hasLibrary, 'own kernels keep nothing')('is memory of the filter: it goes with it', () => {
      const before = nativeBackend().memory().nativeBytes;
      const filter = tf.tensor4d(seededValues(11, 16 * 32 * 48), [4, 4, 32, 48]);
      passesOf(filter);
      expect(nativeBackend().memory().nativeBytes).toBeGreaterThan(before + filter.size * 4);
      filter.dispose();
      expect(nativeBackend().memory().nativeBytes).toBe(before);
    });
  },
);

describe('a precision that cannot be had', () => {
  it('is refused with what the machine lacks and what to do', () => {
    const script = `
      const { Engine } = require(${JSON.stringify(addonFile(process.env.GGB_NATIVE_OPS_ADDON))});
      console.log(JSON.stringify(new Engine(1, 'avx2', false).bfloat16Problem()));`;
    const answer = () => execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
    let printed: string;
    try {
      printed = answer();
    } catch {
      // A processor without AVX2 refuses that instruction set; then it has no bfloat16 either.
      return expect(problem).toBeDefined();
    }
    const { reason, remedy } = JSON.parse(printed) as { reason: string; remedy: string };
    expect(reason).toMatch(/GGB_ISA keeps the engine to avx2|lacks avx512_bf16/);
    expect(remedy).toMatch(/float32/);
  });

  it('is refused on a backend that has float32 alone', async () => {
    await tf.setBackend('cpu');
    try {
      expect(() => inConvolutionPrecision('bfloat16', () => 1)).toThrow(PrecisionUnavailableError);
      expect(() => inConvolutionPrecision('bfloat16', () => 1)).toThrow(
        /^Precision bfloat16 is not available: backend cpu computes in float32 alone\.\n {2}Use backend native-cpu/,
      );
      expect(inConvolutionPrecision('float32', () => 1)).toBe(1);
    } finally {
      await tf.setBackend('native-cpu');
    }
  });
});
