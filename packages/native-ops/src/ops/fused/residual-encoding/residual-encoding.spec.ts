import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { seededValues } from '../../../../testing/seeded-random.ts';
import { assertTensorsClose } from '../../../../testing/tensor-distance.ts';
import { nativeBackend } from '../../../entry/node.ts';
import * as tf from '../../../entry/tf.ts';
import {
  type EncoderSizes,
  encode,
  encodeByReference,
  encoderSizes,
  nameOfSizes,
  residualEncodingCases,
  residualEncodingRefusals,
  weightShapes,
} from './residual-encoding.cases.ts';

describeOpConformance('residualEncoding', residualEncodingCases, residualEncodingRefusals);

const activation = { leakyRelu: 0.2 };

function drawn(sizes: EncoderSizes, images: number): tf.Tensor[] {
  const shapes = [...weightShapes(sizes), ...Array.from({ length: images }, () => [...sizes.image])];
  // Weights of the size that an initialisation gives: outputs stay near 1.
  const size = (shape: number[], i: number) =>
    i < 4 ? 1 / Math.sqrt(shape.slice(0, -1).reduce((a, b) => a * b, 4)) : 1;
  return shapes.map((shape, i) => {
    const values = seededValues(20 + i, tf.util.sizeFromShape(shape), -size(shape, i), size(shape, i));
    return tf.tensor(values, shape);
  });
}

/** The sum of all outputs, each element weighted by numbers of its own: a loss that needs every part of the gradient. */
function weighted(outputs: tf.Tensor[]): tf.Tensor {
  return tf.addN(
    outputs.map((output, i) => tf.sum(tf.mul(output, tf.tensor(seededValues(40 + i, output.size), output.shape)))),
  );
}

const weightPositions = [0, 1, 2, 3];
const fakePosition = 4;

/** Gradients of {@link weighted} by the tensors at `positions`. */
function gradients(tensors: tf.Tensor[], positions: number[], f: (tensors: tf.Tensor[]) => tf.Tensor[]): tf.Tensor[] {
  return tf.grads((...changed: tf.Tensor[]) => {
    const all = [...tensors];
    for (const [i, position] of positions.entries()) all[position] = changed[i] as tf.Tensor;
    return weighted(f(all));
  })(positions.map((position) => tensors[position] as tf.Tensor));
}

describe('gradients of residualEncoding', () => {
  afterEach(() => {
    tf.setBackend('native-cpu');
  });

  it.each(encoderSizes.map((sizes) => [nameOfSizes(sizes), sizes] as const))(
    'equal those of plain ops: %s',
    (_, sizes) => {
      for (const [images, differentiable, positions, kernel] of [
        [3, 'encoder', weightPositions, 'ResidualEncodingWeightsGrad'],
        [2, 'encoder', weightPositions, 'ResidualEncodingWeightsGrad'],
        [2, 'fake', [fakePosition], 'ResidualEncodingFakeGrad'],
        [3, 'fake', [fakePosition], 'ResidualEncodingFakeGrad'],
      ] as const) {
        tf.tidy(() => {
          const tensors = drawn(sizes, images);
          const expected = gradients(tensors, [...positions], (all) => encodeByReference(all, activation));
          nativeBackend().report.reset();
          const received = gradients(tensors, [...positions], (all) => encode(all, { activation, differentiable }));
          expect(nativeBackend().report.of(kernel)).toEqual({ kernel, native: 1, fallback: 0 });
          received.forEach((gradient, i) => {
            const wanted = expected[i] as tf.Tensor;
            const scale = wanted.abs().max().dataSync()[0] as number;
            // Two float32 programs that sum up to 10^5 terms in different orders. An element near a kink has the same sign
            // in both but for sums that cancel to rounding, whose gradient would be of the order of one term.
            assertTensorsClose(
              gradient,
              wanted,
              { absolute: 2e-5 * scale, relative: 0 },
              `${kernel} of ${images}, ${i}`,
            );
          });
        });
      }
    },
  );

  // From 64 x 64 pixels on the op is made of others: residual-encoding.gradient.ts.
  it.each([
    [3, 'encoder', weightPositions],
    [2, 'encoder', weightPositions],
    [2, 'fake', [fakePosition]],
    [3, 'fake', [fakePosition]],
  ] as const)('equal those of plain ops on large images: %d batches, by %s', (images, differentiable, positions) => {
    tf.tidy(() => {
      const tensors = drawn({ image: [2, 64, 64, 3], channels: [32, 40], kernelSize: 4 }, images);
      nativeBackend().report.reset();
      const outputs = encode(tensors, { activation, differentiable });
      const received = gradients(tensors, [...positions], (all) => encode(all, { activation, differentiable }));
      expect(nativeBackend().report.of('ResidualEncoding')).toMatchObject({ native: 0, fallback: 0 });
      const plain = (all: tf.Tensor[]) => encodeByReference(all, activation);
      const expected = [...plain(tensors), ...gradients(tensors, [...positions], plain)];
      for (const [i, tensor] of [...outputs, ...received].entries()) {
        const wanted = expected[i] as tf.Tensor;
        const scale = wanted.abs().max().dataSync()[0] as number;
        // As above.
        assertTensorsClose(tensor, wanted, { absolute: 2e-5 * scale, relative: 0 }, `${i}`);
      }
      expect(received).toHaveLength(positions.length);
    });
  });

  it('compute nothing that is not asked for', () => {
    tf.tidy(() => {
      const tensors = drawn(encoderSizes[1] as EncoderSizes, 2);
      nativeBackend().report.reset();
      gradients(tensors, [fakePosition], (all) => encode(all, { activation, differentiable: 'fake' }));
      expect(nativeBackend().report.of('ResidualEncodingFakeGrad').native).toBe(1);
      expect(nativeBackend().report.of('ResidualEncodingWeightsGrad').native).toBe(0);
      expect(nativeBackend().report.of('Conv2DBackpropInput').native).toBe(0);
    });
  });

  it('are right for what was not announced', () => {
    tf.tidy(() => {
      const tensors = drawn(encoderSizes[2] as EncoderSizes, 3);
      const all = tensors.map((_, i) => i);
      const expected = gradients(tensors, all, (inputs) => encodeByReference(inputs, activation));
      for (const differentiable of ['encoder', 'fake'] as const) {
        const received = gradients(tensors, all, (inputs) => encode(inputs, { activation, differentiable }));
        received.forEach((gradient, i) => {
          // As above, sums of some thousand terms.
          assertTensorsClose(gradient, expected[i] as tf.Tensor, { absolute: 2e-5, relative: 1e-5 }, `input ${i}`);
        });
      }
    });
  });

  it('can be differentiated again', () => {
    tf.tidy(() => {
      const tensors = drawn({ image: [2, 4, 4, 2], channels: [3, 2], kernelSize: 4 }, 2);
      // A gradient penalty: by the weights, of the squared gradient by the generated image. Linear, as tf.leakyRelu has
      // no second derivative.
      const penalty = (f: (all: tf.Tensor[]) => tf.Tensor[]) =>
        tf.grads((...weights: tf.Tensor[]) => {
          const inner = (fake: tf.Tensor) => weighted(f([...weights, fake, tensors[5] as tf.Tensor]).map(tf.square));
          return tf.sum(tf.square(tf.grad(inner)(tensors[fakePosition] as tf.Tensor)));
        })(tensors.slice(0, 4));
      const received = penalty((all) => encode(all, { differentiable: 'fake' }));
      const expected = penalty((all) => encodeByReference(all, 'linear'));
      received.forEach((gradient, i) => {
        const wanted = expected[i] as tf.Tensor;
        const scale = wanted.abs().max().dataSync()[0] as number;
        // Some hundred float32 operations in each.
        assertTensorsClose(gradient, wanted, { absolute: 1e-5 * scale, relative: 0 }, `weight ${i}`);
      });
    });
  });

  it('repeat their bits and leave nothing behind', () => {
    const tensors = drawn(encoderSizes[5] as EncoderSizes, 3);
    const run = () =>
      tf
        .tidy(() => [
          ...gradients(tensors, weightPositions, (all) => encode(all, { activation, differentiable: 'encoder' })),
          ...gradients(tensors, [fakePosition], (all) => encode(all, { activation, differentiable: 'fake' })),
        ])
        .map((gradient) => {
          const values = gradient.dataSync();
          gradient.dispose();
          return values;
        });
    const first = run();
    const before = { tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes };
    expect(run()).toEqual(first);
    expect({ tensors: tf.memory().numTensors, bytes: nativeBackend().memory().nativeBytes }).toEqual(before);
    tf.dispose(tensors);
  });

  it('are the same on a backend without the kernel', () => {
    const run = () =>
      tf.tidy(() => {
        const tensors = drawn(encoderSizes[1] as EncoderSizes, 3);
        const positions = tensors.map((_, i) => i);
        const ofEncoder = gradients(tensors, positions, (all) =>
          encode(all, { activation, differentiable: 'encoder' }),
        );
        const outputs = encode(tensors, { activation, differentiable: 'encoder' });
        return [...outputs, ...ofEncoder].map((tensor) => [...tensor.dataSync()]);
      });
    const native = run();
    tf.setBackend('cpu');
    const reference = run();
    native.forEach((values, i) => {
      // Sums of at most 100 terms of size 1 in float32.
      expect(values).toBeAllClose(reference[i] as number[], { absolute: 1e-5, relative: 1e-5 });
    });
  });
});

describe('residualEncoding', () => {
  it('gives a residual of exactly 0 where fake is x', () => {
    tf.tidy(() => {
      const tensors = drawn(encoderSizes[5] as EncoderSizes, 2);
      tensors[5] = tensors[fakePosition] as tf.Tensor;
      const [, residual] = encode(tensors, { activation, differentiable: 'fake' });
      expect((residual as tf.Tensor).abs().max().dataSync()[0]).toBe(0);
    });
  });

  it('passes NaN of one image to its encoding alone', () => {
    tf.tidy(() => {
      const sizes: EncoderSizes = { image: [2, 8, 8, 3], channels: [4, 6], kernelSize: 4 };
      const tensors = drawn(sizes, 3);
      const values = Float32Array.from((tensors[6] as tf.Tensor).dataSync());
      values.fill(Number.NaN, values.length / 2);
      tensors[6] = tf.tensor(values, [...sizes.image]);
      const outputs = encode(tensors, { activation, differentiable: 'encoder' }).map((output) => [
        ...output.dataSync(),
      ]);
      const [fake, fakeResidual, y, yResidual] = outputs as [number[], number[], number[], number[]];
      expect([...fake, ...fakeResidual].some(Number.isNaN)).toBe(false);
      for (const ofY of [y, yResidual]) {
        expect(ofY.map(Number.isNaN)).toEqual(ofY.map((_, i) => i >= ofY.length / 2));
      }
    });
  });
});
