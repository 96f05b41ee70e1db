// Initialisation as a pure function of the seed and the weight's name: adding a layer changes no other layer's weights.
import { randomNormal, randomUniform } from '@ggb/native-ops/ops';
import * as tf from '@ggb/native-ops/tf';
import { randomStream } from '../random/random-stream.ts';
import type { WeightRole, WeightSource } from './weights.ts';

/**
 * `normal`: kernels N(0, 0.02), biases 0. `uniform`: kernels and biases U(-k, k), k = 1/sqrt(fan in). Scales are 1, offsets
 * 0, running statistics 0 and 1. Which of them the paper used is not stated (docs/model.md).
 */
export function randomWeights(initialisation: 'normal' | 'uniform', seed: number): WeightSource {
  return {
    tensor(name, shape, role) {
      const key = { seed, counter: randomStream(`weights/${name}`) };
      return initialWeight(initialisation, [...shape], role, key);
    },
  };
}

function initialWeight(
  initialisation: 'normal' | 'uniform',
  shape: number[],
  role: WeightRole,
  key: { seed: number; counter: number },
): tf.Tensor {
  switch (role.role) {
    case 'kernel':
    case 'bias': {
      if (initialisation === 'uniform') {
        const k = 1 / Math.sqrt(role.fanIn);
        return randomUniform(shape, { ...key, min: -k, max: k });
      }
      return role.role === 'kernel' ? randomNormal(shape, { ...key, standardDeviation: 0.02 }) : tf.zeros(shape);
    }
    case 'scale':
    case 'variance':
      return tf.ones(shape);
    case 'offset':
    case 'mean':
      return tf.zeros(shape);
    default:
      return role satisfies never;
  }
}
