import { UserError } from '../../user-error.ts';
import { type AnyOptions, type Mode, modeOf, refuseIdle } from './evaluation-modes.ts';

const sets = { real: 'r', generated: 'g' };

describe('the mode of ggb evaluate', () => {
  it.each<[AnyOptions, Mode]>([
    [{ compare: ['a'] }, '--compare'],
    [{ listMetrics: true }, '--list-metrics'],
    [{ explain: true, protocol: 'tf' }, '--explain'],
    [{ run: 'r', images: false }, '--run'],
    [{ compareProtocols: true }, '--compare-protocols without images'],
    [{ compareProtocols: true, ...sets }, '--compare-protocols'],
    [{ ...sets, metrics: 'fid,is' }, 'fid and is alone, which score two sets, not pairs'],
    [{ generated: 'g', metrics: 'is' }, 'is alone, which scores one set, not pairs'],
    [{ ...sets, metrics: 'ssim, fid' }, 'folders of images'],
    [{ ...sets, maps: 'm', csv: 'c' }, 'folders of images'],
  ])('of %j is %s, which heeds them all', (options, mode) => {
    expect(modeOf(options)).toBe(mode);
    expect(() => refuseIdle({ images: true, ...options }, mode)).not.toThrow();
  });

  it.each<[AnyOptions, RegExp]>([
    [{ compare: ['a'], json: 'x' }, /^--json has no meaning with --compare\./],
    [{ listMetrics: true, protocol: 'tf' }, /^--protocol has no meaning with --list-metrics/],
    [{ explain: true, metrics: 'ssim' }, /^--metrics has no meaning with --explain/],
    [{ run: 'r', network: 'inception-pytorch-fid' }, /^--network has no meaning with --run/],
    [{ run: 'r', explain: true, protocol: 'tf' }, /^--run has no meaning with --explain/],
    [{ compareProtocols: true, json: 'x' }, /^--json has no meaning with --compare-protocols without images/],
    [{ compareProtocols: true, ...sets, maps: 'm' }, /^--maps has no meaning with --compare-protocols/],
    [{ compareProtocols: true, ...sets, onBad: 'quarantine' }, /^--on-bad quarantine has no meaning/],
    [{ ...sets, metrics: 'fid', protocol: 'tf' }, /^--protocol has no meaning with fid and is alone/],
    [{ ...sets, metrics: 'fid', resume: true }, /^--resume has no meaning with fid and is alone/],
    [{ ...sets, metrics: 'is' }, /^--real has no meaning with is alone/],
    [{ ...sets, images: false }, /^--no-images has no meaning with folders of images/],
    [{ ...sets, backend: 'cpu' }, /^--backend has no meaning with folders of images/],
  ])('refuses of %j what would do nothing', (options, message) => {
    const refused = () => refuseIdle(options, modeOf(options));
    expect(refused).toThrow(UserError);
    expect(refused).toThrow(message);
  });
});
