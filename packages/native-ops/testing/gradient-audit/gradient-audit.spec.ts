import { registerCorrectedGradients } from '../../src/gradients/corrected-gradients.ts';
import * as tf from '../../src/tfjs/registered-core.ts';
import { assertGradient, checkGradient } from '../finite-differences.ts';
import { type AuditCase, auditCases } from './gradient-audit.cases.ts';
import { withStockGradients } from './stock-gradients.ts';

registerCorrectedGradients();

function inScope<Result>(body: () => Result): Result {
  tf.engine().startScope();
  try {
    return body();
  } finally {
    tf.engine().endScope();
  }
}

/** What the gradient that is registered now does in a case, in the words of the table. */
function verdict({ f, inputs, tolerance }: AuditCase): string {
  return inScope(() => {
    try {
      const report = checkGradient(f, inputs(), tolerance === undefined ? {} : { tolerance });
      return report.withinTolerance ? 'right' : 'wrong';
    } catch (error) {
      return /gradient function not found/.test(String(error)) ? 'missing' : 'throws';
    }
  });
}

const rightNow = auditCases.filter(({ inUse }) => inUse === undefined);
const notRightNow = auditCases.filter(({ inUse }) => inUse !== undefined);

describe('the gradient in use', () => {
  test.each(rightNow.map((auditCase) => [`${auditCase.kernel}: ${auditCase.name}`, auditCase] as const))(
    '%s: is what finite differences predict',
    (what, { f, inputs, tolerance }) => {
      inScope(() => assertGradient(f, inputs(), tolerance === undefined ? { what } : { what, tolerance }));
    },
  );

  test.each(notRightNow.map((auditCase) => [auditCase.kernel, auditCase.name, auditCase.inUse, auditCase] as const))(
    '%s: %s: %s, as gradients.md says',
    (_kernel, _name, inUse, auditCase) => {
      expect(verdict(auditCase)).toBe(inUse);
    },
  );
});

describe('the gradient TF.js comes with', () => {
  test.each(auditCases.map((auditCase) => [auditCase.kernel, auditCase.name, auditCase.stock, auditCase] as const))(
    '%s: %s: %s',
    (_kernel, _name, stock, auditCase) => {
      expect(withStockGradients(() => verdict(auditCase))).toBe(stock === 'costly' ? 'right' : stock);
    },
  );
});
