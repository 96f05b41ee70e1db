// What is wrong with a set of images, all of it at once: a person mends a folder in one go and not error by error.
import { problemLines } from '@ggb/native-ops/messages';

export const problemKinds = {
  'missing-partner': 'an image without its partner',
  'ambiguous-name': 'a name that several images answer to',
  'size-mismatch': 'a pair of two sizes',
  'mixed-sizes': 'pairs of several sizes in one set',
  'too-small': 'an image below what a metric can score',
  'too-large': 'an image that says it is enormous',
  empty: 'a file without a byte',
  truncated: 'a file that stops before its image does',
  corrupt: 'a file that cannot be decoded',
  'not-an-image': 'no image, whatever its name says',
  'unsupported-format': 'an image in a format that is not read',
  'wrong-extension': 'an image in another format than its name says',
  'sixteen-bit': 'an image with 16 bits a channel',
  cmyk: 'an image for print',
  animated: 'a file with several frames or pages',
  'not-a-file': 'a folder, pipe, socket or device where an image should be',
  unreadable: 'a file or folder that cannot be opened',
  'symlink-loop': 'a link that leads back to itself',
  'broken-link': 'a link to nothing',
  'odd-name': 'a name that some programs cannot handle',
  manifest: 'a line of the manifest',
  metric: 'a pair that a metric refuses',
} as const;

export type ProblemKind = keyof typeof problemKinds;

/** One thing that is wrong. */
export interface ImageSetProblem {
  readonly kind: ProblemKind;
  /** 'error': the pair must not be scored as it is. 'note': worth knowing, harmless to the scores. */
  readonly severity: 'error' | 'note';
  readonly side: 'real' | 'generated' | 'manifest';
  /** As the user named the folder, then the path within; control characters escaped. `file:line` of a manifest. */
  readonly file: string;
  readonly expected: string;
  readonly received: string;
  /** What to do about it. */
  readonly advice: string;
}

/** Images that cannot be scored as they are. The message lists them by kind, at most {@link shownOfAKind} of each. */
export class ImageSetError extends Error {
  override readonly name = 'ImageSetError';

  constructor(
    /** All of them. */
    readonly problems: readonly ImageSetProblem[],
    /** What can be done about all of them at once. */
    advice = '',
  ) {
    super([describeProblems(problems), ...(advice === '' ? [] : [advice])].join('\n'));
  }
}

/** A terminal takes this; a list of ten thousand missing partners helps nobody. The problems themselves are all there. */
export const shownOfAKind = 400;

/** Text for people: kinds in a fixed order, files in that of their names, what to do once for each kind. */
export function describeProblems(problems: readonly ImageSetProblem[]): string {
  const lines = [`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'} in the images:`];
  for (const [kind, meaning] of Object.entries(problemKinds)) {
    const ofKind = problems.filter((problem) => problem.kind === kind);
    if (ofKind.length === 0) continue;
    lines.push(`${kind} (${meaning}): ${ofKind.length}`);
    const told = ofKind.map(({ file, expected, received, advice }) => ({
      text: `${file}: expected ${expected}, received ${received}.`,
      advice,
    }));
    lines.push(...problemLines(told, { shown: shownOfAKind }));
  }
  return lines.join('\n');
}

/** A path as it may be printed: a file name can hold line ends and codes that a terminal would obey. */
export function printable(path: string): string {
  return path.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (sign) => {
    const code = sign.codePointAt(0) as number;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}
