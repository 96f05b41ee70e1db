/**
 * Something has to be done before this can go on: which step stopped, why, and what to do.
 * Commands print it without a stack and exit with its code.
 */
export class SetUpError extends Error {
  /**
   * @param {string} step  name of the step, e.g. 'native tool chain'.
   * @param {string} problem  what happened.
   * @param {string} fix  what to do, ready to copy where it is a command.
   * @param {1 | 2} exitCode  2 when the machine lacks something, 1 when our own step failed.
   */
  constructor(step, problem, fix, exitCode = 2) {
    super(`Set-up stopped at "${step}": ${problem}\n  ${fix.replaceAll('\n', '\n  ')}`);
    this.name = 'SetUpError';
    this.step = step;
    this.problem = problem;
    this.fix = fix;
    this.exitCode = exitCode;
  }
}
