// How a skipped test carries its reason: in its title, because that is the only thing every reporter shows.

/**
 * @param {string} title
 * @param {string} reason
 */
export function titleWithSkipReason(title, reason) {
  return `${title} [skipped: ${reason}]`;
}

/**
 * The reason in a full test name, '' when there is none. The innermost one wins.
 *
 * @param {string} fullName
 */
export function skipReason(fullName) {
  return [...fullName.matchAll(/\[skipped: ([^\]]+)\]/g)].at(-1)?.[1] ?? '';
}
