import golden from '../../testing/golden/ssim.golden.json' with { type: 'json' };
import { checksum, constant, maskWhere, noise, testImages } from '../../testing/test-images.ts';
import { ImageInputError } from '../image/image-input-error.ts';
import type { RgbImage } from '../image/rgb-image.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { ssimProtocols } from '../protocols/protocols.ts';
import { ssim, ssimInside, ssimMap } from './ssim.ts';

const protocols: Readonly<Record<string, Protocol>> = ssimProtocols;
const { ggb } = ssimProtocols;
const everyProtocol = Object.values(protocols);

function draw(name: string, width = 32, height = 32): RgbImage {
  const image = testImages[name]?.(width, height);
  if (image === undefined) throw new Error(`testing/test-images.ts does not draw ${name}`);
  return image;
}

describe('ssim', () => {
  describe.each(everyProtocol)('protocol $name', (protocol) => {
    it('is exactly 1 for equal images, and 1 at every place', () => {
      for (const name of Object.keys(testImages)) {
        expect(ssim(draw(name), draw(name), protocol)).toBe(1);
        expect(new Set(ssimMap(draw(name), draw(name), protocol).data)).toEqual(new Set([1]));
      }
    });

    it('is below 1 as soon as one value differs by one', () => {
      const changed = draw('bright');
      changed.data[3 * (16 * 32 + 16)] = 254;
      expect(ssim(draw('bright'), changed, protocol)).toBeLessThan(1);
    });

    it('is the same to the last bit with the images swapped', () => {
      for (const [a, b] of [
        ['noise', 'ramp'],
        ['figure_left', 'figure_right'],
      ] as const) {
        expect(ssim(draw(a), draw(b), protocol)).toBe(ssim(draw(b), draw(a), protocol));
      }
    });

    it('stays within -1 and 1 at every place', () => {
      const images = Object.keys(testImages).map((name) => draw(name, 16, 16));
      for (const a of images) {
        for (const b of images) {
          const { data } = ssimMap(a, b, protocol);
          expect(Math.min(...data)).toBeGreaterThanOrEqual(-1);
          expect(Math.max(...data)).toBeLessThanOrEqual(1);
        }
      }
    });

    it('is negative for a slope against its mirror image', () => {
      expect(ssim(draw('slope'), draw('mirrored_slope'), protocol)).toBeLessThan(0);
    });

    it('is the luminance term alone for two flat images', () => {
      const c1 = (0.01 * 255) ** 2;
      const expected = (2 * 100 * 150 + c1) / (100 ** 2 + 150 ** 2 + c1);
      // float64: the rounding of sums of up to 121 values of 255^2, over C2 = 58.5.
      expect(ssim(constant(16, 16, 100), constant(16, 16, 150), protocol)).toBeCloseTo(expected, 11);
    });

    it('falls as noise is added', () => {
      const truth = draw('figure_left');
      const scores = [0, 8, 32, 128].map((strength) => ssim(truth, withNoise(truth, strength), protocol));
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect(new Set(scores).size).toBe(4);
    });
  });

  it('averages the channels: two of three equal score (1 + 1 + one) / 3', () => {
    const grey = draw('slope');
    const other = draw('mirrored_slope');
    const mixed = { ...grey, data: grey.data.map((value, i) => (i % 3 === 2 ? (other.data[i] as number) : value)) };
    expect(ssim(grey, mixed)).toBeCloseTo((2 + ssim(grey, other)) / 3, 12);
  });

  it('of one window is Wang et al., equation 13, with weights written out', () => {
    const a = noise(11, 11, 5);
    const b = noise(11, 11, 6);
    // float64; the order of 121 additions differs.
    expect(ssim(a, b)).toBeCloseTo(equation13(a, b), 12);
  });

  describe.each(golden.cases)('$protocol, $first against $second, $width x $height', (expected) => {
    const protocol = protocols[expected.protocol] as Protocol;
    const a = draw(expected.first, expected.width, expected.height);
    const b = draw(expected.second, expected.width, expected.height);
    // Both sides compute in float64 from the same integers. scikit-image takes variances as differences of numbers up to
    // 65025 (rounding 1e-11) and adds C2 = 58.5.
    const tolerance = { absolute: 1e-12 };

    it('draws the images that scikit-image saw', () => {
      expect([checksum(a), checksum(b)]).toEqual(expected.checksums);
    });

    it('equals scikit-image: the mean, the mean inside a mask, single places', () => {
      const map = ssimMap(a, b, protocol);
      const { width, height } = expected;
      const cx = Math.floor(width / 2);
      const mask = maskWhere(
        width,
        height,
        (x, y) => x < 8 || (2 * (x - cx)) ** 2 + (y - Math.floor(height / 2)) ** 2 <= Math.floor(height / 3) ** 2,
      );
      expect([ssim(a, b, protocol)]).toBeAllClose([expected.ssim], tolerance);
      expect([ssimInside(a, b, mask, protocol)]).toBeAllClose([expected.inside], tolerance);
      expect(expected.places.map(({ row, column }) => map.data[row * map.width + column] as number)).toBeAllClose(
        expected.places.map((place) => place.ssim),
        tolerance,
      );
    });
  });

  it('refuses images of different size, and says both', () => {
    const call = () => ssim(noise(16, 16), noise(16, 17));
    expect(call).toThrow(ImageInputError);
    expect(call).toThrow('ssim: second image: expected 16 x 16 pixels, as first image, received 16 x 17.');
  });

  it('refuses images below the window', () => {
    expect(() => ssim(noise(10, 16), noise(10, 16))).toThrow('expected at least 11 x 11 pixels');
    expect(() => ssim(noise(10, 16), noise(10, 16), ggb)).not.toThrow();
  });

  it('refuses pixels that are not three bytes each', () => {
    const rgba = { data: new Uint8Array(4 * 16 * 16), width: 16, height: 16 };
    expect(() => ssim(rgba, rgba)).toThrow('received 1024 bytes for 16 x 16. Decode to interleaved 8-bit RGB');
  });

  it('refuses windows without a centre', () => {
    const even: Protocol = { ...ggb, name: 'even', window: { kind: 'uniform', size: 8 } };
    expect(() => ssim(noise(16, 16), noise(16, 16), even)).toThrow('windows have an odd size');
  });
});

describe('ssimInside', () => {
  const a = noise(32, 32, 1);
  const b = noise(32, 32, 2);

  it('of a single pixel is the window centred there', () => {
    const map = ssimMap(a, b);
    expect(map).toMatchObject({ width: 22, height: 22, offset: 5 });
    const onlyOne = maskWhere(32, 32, (x, y) => x === 20 && y === 9);
    expect(ssimInside(a, b, onlyOne)).toBe(map.data[(9 - 5) * 22 + (20 - 5)]);
  });

  it('over the whole frame is the mean', () => {
    expect(
      ssimInside(
        a,
        b,
        maskWhere(32, 32, () => true),
      ),
    ).toBe(ssim(a, b));
  });

  it('does not count mask pixels nearer to the border than half a window', () => {
    const inner = maskWhere(32, 32, (x, y) => x >= 5 && x < 27 && y >= 5 && y < 27);
    const whole = maskWhere(32, 32, () => true);
    expect(ssimInside(a, b, inner)).toBe(ssimInside(a, b, whole));
  });

  it('takes a pixel for a figure above 127, as silhouettes are stored', () => {
    const grey = (value: number) => ({ data: new Uint8Array(32 * 32).fill(value), width: 32, height: 32 });
    expect(ssimInside(a, b, grey(128))).toBe(ssim(a, b));
    expect(() => ssimInside(a, b, grey(127))).toThrow(ImageInputError);
  });

  it('refuses a mask without a pixel that has a window, instead of scoring 0 or NaN', () => {
    const border = maskWhere(32, 32, (x) => x < 5);
    expect(() => ssimInside(a, b, border)).toThrow('at least 5 pixels from the border, received none');
  });

  it('refuses a mask of another size', () => {
    expect(() =>
      ssimInside(
        a,
        b,
        maskWhere(31, 32, () => true),
      ),
    ).toThrow('expected 32 x 32 pixels, as the images, received 31 x 32');
  });
});

function withNoise(image: RgbImage, strength: number): RgbImage {
  const { data } = noise(image.width, image.height, 7);
  const noisy = image.data.map((value, i) => {
    const shift = Math.round((((data[i] as number) - 127.5) / 127.5) * strength);
    return Math.min(255, Math.max(0, value + shift));
  });
  return { ...image, data: noisy };
}

/** SSIM of one 11 x 11 window, two passes over the pixels, no separability, no sum and difference. */
function equation13(a: RgbImage, b: RgbImage): number {
  const weights = Array.from({ length: 121 }, (_, i) =>
    Math.exp(-((Math.floor(i / 11) - 5) ** 2 + ((i % 11) - 5) ** 2) / (2 * 1.5 ** 2)),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (value: (pixel: number) => number) =>
    weights.reduce((sum, weight, pixel) => sum + (weight / total) * value(pixel), 0);
  const channel = (c: number) => {
    const x = (pixel: number) => a.data[3 * pixel + c] as number;
    const y = (pixel: number) => b.data[3 * pixel + c] as number;
    const [mx, my] = [mean(x), mean(y)];
    const vx = mean((pixel) => (x(pixel) - mx) ** 2);
    const vy = mean((pixel) => (y(pixel) - my) ** 2);
    const cxy = mean((pixel) => (x(pixel) - mx) * (y(pixel) - my));
    const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
    return ((2 * mx * my + c1) * (2 * cxy + c2)) / ((mx ** 2 + my ** 2 + c1) * (vx + vy + c2));
  };
  return (channel(0) + channel(1) + channel(2)) / 3;
}
