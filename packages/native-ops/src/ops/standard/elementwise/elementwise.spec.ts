import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { elementwiseCases } from './elementwise.cases.ts';

describeOpConformance('elementwise', elementwiseCases, [
  {
    name: 'shapes that do not broadcast',
    inputs: [{ shape: [2, 3] }, { shape: [2] }],
    run: (a, b) => a.add(b as never),
    message: /could not be broadcast.*2,3.*2/,
  },
]);
