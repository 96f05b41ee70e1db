import { describeOpConformance } from '../../../../testing/op-conformance.ts';
import { gatherFamilyCases, gatherRefusals } from './gather.cases.ts';

describeOpConformance('gather', gatherFamilyCases, gatherRefusals);
