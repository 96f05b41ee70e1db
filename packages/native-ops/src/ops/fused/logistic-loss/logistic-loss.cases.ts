// Cases of the logistic loss. Sizes cross the thread threshold of 1024 logits.
import type { OpCase, RefusalCase } from '../../../../testing/op-conformance.ts';
import type * as tf from '../../../tfjs/registered-core.ts';
import { logisticLossReference } from './logistic-loss.reference.ts';
import { logisticLoss } from './logistic-loss.ts';

export const logisticLossCases: readonly OpCase[] = (['real', 'fake'] as const).flatMap((target) => {
  const common = {
    run: (logits: tf.Tensor) => logisticLoss(logits, target),
    reference: (logits: tf.Tensor) => logisticLossReference(logits, target),
    kernels: ['LogisticLoss'],
    tolerance: {
      absolute: 1e-38,
      relative: 1e-6,
      why: 'float64 rounded once here; softplus of the reference is a float32 of some roundings',
    },
  };
  return [
    ...[[], [1], [8, 4, 4, 1], [3, 1023]].map(
      (shape): OpCase => ({ name: `${target}, logits of [${shape}]`, inputs: [{ shape }], ...common }),
    ),
    { name: `${target}, sure logits`, inputs: [{ shape: [4], values: [200, -200, 30, -30] }], ...common },
    { name: `${target}, NaN`, inputs: [{ shape: [3], values: [0, Number.NaN, 1] }], ...common },
    { name: `${target}, differentiable`, inputs: [{ shape: [3, 5] }], gradient: {}, ...common },
  ];
});

export const logisticLossRefusals: readonly RefusalCase[] = [
  {
    name: 'integers',
    inputs: [{ shape: [3], dtype: 'int32' }],
    run: (logits) => logisticLoss(logits as tf.Tensor, 'real'),
    message: /logisticLoss: logits must be float32, not empty, received int32 of shape \[3\]/,
  },
  {
    name: 'no logits',
    inputs: [{ shape: [0] }],
    run: (logits) => logisticLoss(logits as tf.Tensor, 'real'),
    message: /logits must be float32, not empty/,
  },
  {
    name: 'an unknown target',
    inputs: [{ shape: [3] }],
    run: (logits) => logisticLoss(logits as tf.Tensor, 'true' as never),
    message: /target must be 'real' or 'fake', received "true"/,
  },
];
