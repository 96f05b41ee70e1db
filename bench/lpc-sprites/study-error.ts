/** What the person who started a script has to change; run.mjs prints the message and exits with 2. */
export class StudyError extends Error {
  override readonly name = 'StudyError';
}
