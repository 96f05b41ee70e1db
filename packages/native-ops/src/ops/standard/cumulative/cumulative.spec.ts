import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import * as tf from '../../../entry/tf.ts';
import { cumulativeCases } from './cumulative.cases.ts';

describeOpConformance('cumulative', cumulativeCases, [
  {
    name: 'an axis that x does not have',
    inputs: [{ shape: [2, 3] }],
    run: (x) => tf.cumsum(x as tf.Tensor, 3),
    message: /axis.*\[-2, 2\).*3/,
  },
]);
