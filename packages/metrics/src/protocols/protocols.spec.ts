import { createHash } from 'node:crypto';
import { constant, figure } from '../../testing/test-images.ts';
import { ImageInputError } from '../image/image-input-error.ts';
import { psnr } from '../psnr/psnr.ts';
import { ssim, ssimInside, ssimMap } from '../ssim/ssim.ts';
import { compareProtocols, explainProtocol } from './explain-protocol.ts';
import type { Protocol } from './protocol.ts';
import { protocolHash } from './protocol-hash.ts';
import { protocolNamed } from './protocol-named.ts';
import { type ProtocolName, protocolNames, protocols, ssimProtocols } from './protocols.ts';
import { UnknownProtocolError } from './unknown-protocol-error.ts';

const every: readonly Protocol[] = Object.values(protocols);

describe('protocols', () => {
  it('are the thirteen of the field, each under its own name', () => {
    expect(protocolNames).toEqual([
      'wang2004',
      'wang-auto',
      'tf',
      'pg2',
      'pg2-mask',
      'dpig',
      'defgan',
      'defgan-mask',
      'patn-fashion',
      'gfla',
      'gfla-256',
      'pidm-256',
      'ggb',
    ]);
    for (const name of protocolNames) expect(protocols[name].name).toBe(name);
    expect(ssimProtocols.tf).toBe(protocols.tf);
  });

  it('cannot be changed, not even inside', () => {
    const write = (change: () => void) => expect(change).toThrow(TypeError);
    for (const protocol of every as readonly { k1: number; window: { size: number }; padding: unknown }[]) {
      write(() => {
        protocol.k1 = 1;
      });
      write(() => {
        protocol.window.size = 9;
      });
      if (protocol.padding !== 'none') {
        write(() => {
          (protocol.padding as { left: number }).left = 0;
        });
      }
    }
    write(() => {
      (protocols as Record<string, Protocol>).mine = protocols.tf;
    });
  });

  it('survive JSON', () => {
    for (const protocol of every) {
      expect(protocolHash(JSON.parse(JSON.stringify(protocol)))).toBe(protocolHash(protocol));
    }
  });
});

describe('protocolHash', () => {
  it('is SHA-256 of the choices as JSON with sorted keys', () => {
    // printf '{"border":"valid",...}' | sha256sum, of the text that the next line spells out.
    const text =
      '{"border":"valid","channels":"rgb-mean","dataRange":255,"downsample":"none","format":1,"k1":0.01,"k2":0.03,' +
      '"mask":"none","padding":"none","scale":255,"statistics":"population",' +
      '"window":{"kind":"gaussian","sigma":1.5,"size":11}}';
    expect(protocolHash(protocols.tf)).toBe(createHash('sha256').update(text).digest('hex'));
  });

  // Reports hold these. A change here makes old and new reports differ: add a protocol instead.
  it.each(Object.entries(knownHashes()))('of %s is %s...', (name, hash) => {
    expect(protocolHash(protocols[name as ProtocolName]).slice(0, 16)).toBe(hash);
  });

  it('is the same for protocols that compute the same, whatever they are called', () => {
    expect(protocolHash(protocols.ggb)).toBe(protocolHash(protocols.pg2));
    expect(protocolHash(protocols['gfla-256'])).toBe(protocolHash(protocols.defgan));
    expect(new Set(every.map(protocolHash)).size).toBe(every.length - 2);
  });

  it('changes with every choice', () => {
    const changes: Partial<Protocol>[] = [
      { padding: { left: 40, right: 40, value: 255 } },
      { mask: 'pg2' },
      { mask: 'defgan' },
      { channels: 'grey-rounded' },
      { channels: 'grey-float' },
      { downsample: 'mean-pool-256' },
      { window: { kind: 'gaussian', size: 11, sigma: 1.2 } },
      { window: { kind: 'gaussian', size: 9, sigma: 1.5 } },
      { window: { kind: 'uniform', size: 11 } },
      { statistics: 'sample' },
      { dataRange: 'real-range' },
      { dataRange: 1 },
      { scale: 1 },
      { k1: 0.02 },
      { k2: 0.02 },
    ];
    const hashes = [{}, ...changes].map((change) => protocolHash({ ...protocols.tf, ...change }));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('does not depend on the order of the fields', () => {
    const reversed = Object.fromEntries(Object.entries(protocols['patn-fashion']).reverse()) as unknown as Protocol;
    expect(protocolHash(reversed)).toBe(protocolHash(protocols['patn-fashion']));
  });
});

describe('protocolNamed', () => {
  it('gives the protocol', () => {
    for (const name of protocolNames) expect(protocolNamed(name)).toBe(protocols[name]);
  });

  it.each([
    ['pg-2', 'pg2'],
    ['patn_fashion', 'patn-fashion'],
    ['GFLA', 'gfla'],
    ['wang', 'wang2004'],
    ['gfla256', 'gfla-256'],
  ])('asks for %s whether %s was meant', (name, nearest) => {
    expect(() => protocolNamed(name)).toThrow(
      `Unknown protocol "${name}". Did you mean "${nearest}"? Known: wang2004, `,
    );
  });

  it('guesses nothing when nothing is near', () => {
    expect(() => protocolNamed('something else')).toThrow(UnknownProtocolError);
    expect(() => protocolNamed('something else')).toThrow('Unknown protocol "something else". Known: ');
    expect(() => protocolNamed('toString')).toThrow(UnknownProtocolError);
  });
});

describe('explainProtocol', () => {
  it('leaves no choice out', () => {
    expect(explainProtocol(protocols['patn-fashion']).join('\n')).toBe(
      [
        `protocol    patn-fashion (${protocolHash(protocols['patn-fashion'])})`,
        'source      Zhu et al. 2019 (PATN), tengteng95/Pose-Transfer: tool/getMetrics_fashion.py; menyifang/ADGAN',
        "pairing     by file name, the generated image against its target; the mean over pairs; images are 176 x 256 before padding, PATN's list of 8,570 pairs",
        'mask        none; the whole frame is scored',
        'padding     40 columns of 255 on the left, 40 on the right, on both images',
        'channels    red, green and blue scored one by one, then their mean',
        'values      0 to 255',
        'downsample  none',
        'window      Gaussian, 11 x 11, sigma 1.5',
        'border      only windows that lie within the image are scored ("valid")',
        'statistics  population (weights sum up to 1)',
        'data range  largest minus smallest value of the generated image of each pair, all channels together',
        'constants   C1 = (0.01 L)^2, C2 = (0.03 L)^2, L the data range',
        'average     over windows and channels, then over pairs',
      ].join('\n'),
    );
  });

  it('tells apart all protocols that compute different numbers', () => {
    const choices = (protocol: Protocol) =>
      explainProtocol({ ...protocol, name: '', source: '', pairing: '' }).slice(3);
    expect(new Set(every.map((protocol) => choices(protocol).join())).size).toBe(new Set(every.map(protocolHash)).size);
  });
});

describe('compareProtocols', () => {
  it('has a row for each, in short words', () => {
    expect(compareProtocols().map(({ name }) => name)).toEqual(protocolNames);
    expect(compareProtocols([protocols.dpig, protocols['wang-auto']])).toEqual([
      {
        name: 'dpig',
        hash: protocolHash(protocols.dpig).slice(0, 8),
        window: 'uniform 7x7',
        statistics: 'sample',
        channels: 'grey-float',
        range: 'real max-min',
        frame: 'as it is',
        mask: 'none',
      },
      {
        name: 'wang-auto',
        hash: protocolHash(protocols['wang-auto']).slice(0, 8),
        window: 'Gaussian 11x11 s1.5',
        statistics: 'population',
        channels: 'grey-rounded',
        range: '255 of 0..255',
        frame: 'shrunk to about 256',
        mask: 'none',
      },
    ]);
  });

  it('tells apart all protocols that compute different numbers', () => {
    const rows = compareProtocols().map(({ name: _name, ...choices }) => JSON.stringify(choices));
    expect(new Set(rows).size).toBe(new Set(every.map(protocolHash)).size);
  });
});

describe('what protocols do to a pair', () => {
  const real = figure(176, 96, 84);
  const generated = figure(176, 96, 91);
  const flat = constant(176, 96, 200);

  it('patn-fashion: white bands raise the score towards (176 s + 80) / 256', () => {
    const [bare, padded] = [protocols.defgan, protocols['patn-fashion']].map((by) => ssim(real, generated, by));
    expect(padded).toBeGreaterThan(bare as number);
    // Windows across the seam see both, so the identity of method papers is an estimate.
    expect(padded).toBeCloseTo((176 * (bare as number) + 80) / 256, 1);
  });

  it('defgan: swapping the images changes the range, and with it the score', () => {
    const dim = { ...generated, data: generated.data.map((value) => value >> 2) };
    expect(ssim(real, dim, protocols.defgan)).not.toBe(ssim(dim, real, protocols.defgan));
    expect(ssim(real, dim, protocols.defgan)).toBeLessThan(ssim(real, dim, protocols.tf));
  });

  it('a flat image has no range to give', () => {
    expect(() => ssim(real, flat, protocols.defgan)).toThrow(ImageInputError);
    expect(() => ssim(real, flat, protocols.defgan)).toThrow(
      'ssim: generated image: expected more than one value, because protocol defgan takes the data range from it, received 200 everywhere.',
    );
    expect(() => ssim(flat, real, protocols.dpig)).toThrow('ssim: real image: expected more than one value');
    expect(() => psnr(flat, real, protocols.dpig)).toThrow('psnr: real image: expected more than one value');
    expect(ssim(flat, real, protocols.defgan)).toBeGreaterThan(0);
  });

  it('gfla: a window of 51 needs 51 pixels', () => {
    expect(() => ssim(figure(50, 60, 25), figure(50, 60, 25), protocols.gfla)).toThrow(
      'at least 51 x 51 pixels, the window of protocol gfla',
    );
  });

  it('wang-auto: below 384 pixels on the shorter side nothing is shrunk, from there on half remains', () => {
    const sizes = [383, 384].map((side) => {
      const image = figure(side, side, 100);
      return ssimMap(image, image, protocols['wang-auto']).width;
    });
    expect(sizes).toEqual([383 - 10, 192 - 10]);
  });

  it('a mask is as large as the images, padded or not', () => {
    const mask = { data: new Uint8Array(176 * 96).fill(255), width: 176, height: 96 };
    const inside = ssimInside(real, generated, mask, protocols['patn-fashion']);
    // Unlike in the padded frame, every pixel up to the border at the left and right has a window.
    expect(inside).toBeLessThan(ssim(real, generated, protocols['patn-fashion']));
    expect(ssimInside(real, generated, mask, protocols.defgan)).toBe(ssim(real, generated, protocols.defgan));
  });

  it('a shrunk map has no mask', () => {
    const image = figure(384, 384, 100);
    const mask = { data: new Uint8Array(384 * 384).fill(255), width: 384, height: 384 };
    expect(() => ssimInside(image, image, mask, protocols['wang-auto'])).toThrow('Choose wang2004');
  });
});

function knownHashes(): Record<ProtocolName, string> {
  return {
    wang2004: '6f3e88e86c1ae992',
    'wang-auto': '147f9d57fa02b58d',
    tf: '6599c9d984844a1c',
    pg2: '5e20a8e77b9b15ba',
    'pg2-mask': '0027c24a8e10ebc3',
    dpig: '284e88ecb0954a0b',
    defgan: '5c87c3ca82475ea5',
    'defgan-mask': 'ee36d86d5fa2ebb5',
    'patn-fashion': '0399867a3160457e',
    gfla: '76821ff15c926f7d',
    'gfla-256': '5c87c3ca82475ea5',
    'pidm-256': 'd413294e381a2b4b',
    ggb: '5e20a8e77b9b15ba',
  };
}
