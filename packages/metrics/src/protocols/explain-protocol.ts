// Protocols in words, for `--explain` and `--compare-protocols`. Every choice appears, so that no reader has to guess one.
import type { Protocol } from './protocol.ts';
import { protocolHash } from './protocol-hash.ts';
import { protocols } from './protocols.ts';

/** One line for every choice of a protocol, in the order in which they take effect. */
export function explainProtocol(protocol: Protocol): readonly string[] {
  const { name, source, k1, k2, pairing } = protocol;
  const lines: readonly (readonly [string, string])[] = [
    ['protocol', `${name} (${protocolHash(protocol)})`],
    ['source', source],
    ['pairing', pairing],
    ['mask', maskWords[protocol.mask]],
    ['padding', paddingWords(protocol)],
    ['channels', channelWords[protocol.channels]],
    ['values', `0 to ${protocol.scale}${protocol.scale === 1 ? ' (8-bit values divided by 255)' : ''}`],
    ['downsample', downsampleWords[protocol.downsample]],
    ['window', windowWords(protocol)],
    ['border', 'only windows that lie within the image are scored ("valid")'],
    ['statistics', statisticsWords[protocol.statistics]],
    ['data range', rangeWords(protocol)],
    ['constants', `C1 = (${k1} L)^2, C2 = (${k2} L)^2, L the data range`],
    ['average', `over windows${protocol.channels === 'rgb-mean' ? ' and channels' : ''}, then over pairs`],
  ];
  return lines.map(([choice, words]) => `${choice.padEnd(10)}  ${words}`);
}

/** One protocol in the table of {@link compareProtocols}; every field is text, short enough for a column. */
export interface ProtocolRow {
  readonly name: string;
  /** First eight digits. Rows with the same hash compute the same numbers. */
  readonly hash: string;
  readonly window: string;
  readonly statistics: string;
  readonly channels: string;
  readonly range: string;
  /** What is done to the frame before: padding, downsampling. */
  readonly frame: string;
  readonly mask: string;
}

/** Protocols side by side: all of them, or those that are given. */
export function compareProtocols(compared: readonly Protocol[] = Object.values(protocols)): readonly ProtocolRow[] {
  return compared.map((protocol) => {
    const { name, window, statistics, channels, dataRange, scale, padding, downsample, mask } = protocol;
    const frame = [
      ...(padding === 'none' ? [] : [`+${padding.left}/${padding.right} columns of ${padding.value}`]),
      ...(downsample === 'none' ? [] : ['shrunk to about 256']),
    ];
    return {
      name,
      hash: protocolHash(protocol).slice(0, 8),
      window:
        window.kind === 'gaussian'
          ? `Gaussian ${window.size}x${window.size} s${window.sigma}`
          : `uniform ${window.size}x${window.size}`,
      statistics,
      channels,
      range: typeof dataRange === 'number' ? `${dataRange} of 0..${scale}` : dataRange.replace('-range', ' max-min'),
      frame: frame.length === 0 ? 'as it is' : frame.join(', '),
      mask,
    };
  });
}

const maskWords: Record<Protocol['mask'], string> = {
  none: 'none; the whole frame is scored',
  pg2: 'PG2 key-point mask of the target, multiplied into both images; the whole frame is scored, black included',
  defgan:
    'Deformable GANs key-point mask of the target, multiplied into both images; the whole frame is scored, black included',
};

const channelWords: Record<Protocol['channels'], string> = {
  'rgb-mean': 'red, green and blue scored one by one, then their mean',
  'grey-rounded': 'grey, 0.2989 R + 0.5870 G + 0.1140 B, rounded to whole numbers (Matlab rgb2gray)',
  'grey-float': 'grey, 0.2125 R + 0.7154 G + 0.0721 B, not rounded (scikit-image rgb2gray)',
};

const downsampleWords: Record<Protocol['downsample'], string> = {
  none: 'none',
  'mean-pool-256': 'mean over f x f pixels, every f-th kept, f = round(shorter side / 256), at least 1 (SSIM only)',
};

const statisticsWords: Record<Protocol['statistics'], string> = {
  population: 'population (weights sum up to 1)',
  sample: 'sample (variances times n / (n - 1), n pixels in the window)',
};

function paddingWords({ padding }: Protocol): string {
  if (padding === 'none') return 'none';
  return `${padding.left} columns of ${padding.value} on the left, ${padding.right} on the right, on both images`;
}

function windowWords({ window }: Protocol): string {
  const { size } = window;
  return window.kind === 'gaussian'
    ? `Gaussian, ${size} x ${size}, sigma ${window.sigma}`
    : `uniform, ${size} x ${size}, every pixel alike`;
}

function rangeWords({ dataRange }: Protocol): string {
  if (typeof dataRange === 'number') return `${dataRange}, for every pair`;
  const image = dataRange === 'real-range' ? 'real' : 'generated';
  return `largest minus smallest value of the ${image} image of each pair, all channels together`;
}
