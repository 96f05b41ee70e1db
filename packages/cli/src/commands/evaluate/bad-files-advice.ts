/** What a person can do about files that cannot be scored, beside mending them. `left`: pairs without any of them. */
export function badFilesAdvice(left: number, orElse = ''): string {
  return left === 0 ? 'No pair is left without them.' : `Score the other ${left} pairs with --on-bad skip${orElse}.`;
}
