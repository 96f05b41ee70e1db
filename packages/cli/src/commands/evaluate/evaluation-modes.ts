// What `ggb evaluate` can be asked for, and which options mean something to each: one that does nothing is a mistake that
// would go unnoticed.
import { UserError } from '../../user-error.ts';
import type { EvaluateOptions } from './evaluate.ts';
import type { EvaluateFoldersOptions } from './evaluation-request.ts';
import { setMetricsAlone } from './metric-names.ts';

export type AnyOptions = Partial<EvaluateOptions> &
  EvaluateFoldersOptions & {
    readonly compare?: readonly string[];
    readonly compareProtocols?: boolean;
    readonly explain?: boolean;
    readonly listMetrics?: boolean;
  };

const sources = ['real', 'generated', 'pairs'] as const;
const looking = ['onBad', 'allow'] as const;
const network = ['features', 'network'] as const;

/** What is done, in the words of messages, and the options it heeds. */
const heeded = {
  '--compare': ['compare'],
  '--list-metrics': ['listMetrics'],
  '--explain': ['explain', 'protocol'],
  '--run': [
    ...['run', 'protocol', 'json', 'threads', 'checkpoint', 'data', 'split', 'weights', 'limit', 'backend', 'images'],
  ],
  '--compare-protocols without images': ['compareProtocols'],
  '--compare-protocols': ['compareProtocols', ...sources, ...looking, 'metrics', 'threads', 'scorer', 'json'],
  'fid and is alone, which score two sets, not pairs': [
    ...['real', 'generated', 'metrics', ...network, ...looking, 'threads', 'json'],
  ],
  'is alone, which scores one set, not pairs': [...['generated', 'metrics', ...network, ...looking, 'threads', 'json']],
  'folders of images': [
    ...[...sources, 'protocol', 'metrics', ...network, ...looking, 'threads', 'scorer'],
    ...['json', 'csv', 'parquet', 'maps', 'resume'],
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Mode = keyof typeof heeded;

export function modeOf(options: AnyOptions): Mode {
  if (options.compare !== undefined) return '--compare';
  if (options.listMetrics === true) return '--list-metrics';
  if (options.explain === true) return '--explain';
  if (options.run !== undefined) return '--run';
  if (options.compareProtocols === true) {
    const hasImages = sources.some((name) => options[name] !== undefined);
    return hasImages ? '--compare-protocols' : '--compare-protocols without images';
  }
  const sets = setMetricsAlone(options.metrics);
  if (sets === undefined) return 'folders of images';
  return sets.includes('fid')
    ? 'fid and is alone, which score two sets, not pairs'
    : 'is alone, which scores one set, not pairs';
}

/** @throws UserError  that names the first option that the mode does not heed. */
export function refuseIdle(options: AnyOptions, mode: Mode): void {
  const known: readonly string[] = heeded[mode];
  for (const [name, value] of Object.entries(options)) {
    // Commander sets what `--no-images` negates.
    const isGiven = value !== undefined && !(name === 'images' && value === true);
    if (isGiven && !known.includes(name)) refuse(name, mode);
  }
  if (options.onBad === 'quarantine' && mode === '--compare-protocols') {
    throw new UserError('--on-bad quarantine has no meaning with --compare-protocols', {
      remedy: 'Use --on-bad skip.',
    });
  }
}

function refuse(name: string, mode: Mode): never {
  const flag = `--${name === 'images' ? 'no-' : ''}${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new UserError(`${flag} has no meaning with ${mode}`, {
    remedy: 'Leave it out; ggb evaluate --help has groups.',
  });
}
