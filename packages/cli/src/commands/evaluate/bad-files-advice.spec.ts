import { badFilesAdvice } from './bad-files-advice.ts';

describe('the advice on files that cannot be scored', () => {
  it('is to score the others', () => {
    expect(badFilesAdvice(5)).toBe('Score the other 5 pairs with --on-bad skip.');
    expect(badFilesAdvice(5, ', or mend them')).toBe('Score the other 5 pairs with --on-bad skip, or mend them.');
  });

  it('is not to score nothing, where no pair is left', () => {
    expect(badFilesAdvice(0, ', or mend them')).toBe('No pair is left without them.');
  });
});
