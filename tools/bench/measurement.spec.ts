import { measurementProblem, printMeasurement } from './measurement.mjs';

const comparison = { name: 'conv2d 8x8', ours: 3, peer: 2, peerName: 'other', unit: 'ms' };

function printed(): string {
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
  try {
    printMeasurement({ ...comparison, versions: { onednn: '2.6.3' } });
    return String(log.mock.calls[0]?.[0]);
  } finally {
    log.mockRestore();
  }
}

describe('a measurement', () => {
  it('is one line with the ratio of ours to the peer, the machine and the versions', () => {
    const line = printed();
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toMatchObject({
      ratio: 1.5,
      versions: { onednn: '2.6.3', node: process.versions.node },
      machine: { cores: expect.any(Number) },
    });
    expect(measurementProblem(line)).toBeUndefined();
  });

  it('is refused when it is no JSON or lacks a figure, with the name of the figure', () => {
    expect(measurementProblem('done in 3 ms')).toContain('not JSON');
    expect(measurementProblem('3')).toContain('not an object');
    const { ours: _, ...withoutOurs } = JSON.parse(printed());
    expect(measurementProblem(JSON.stringify(withoutOurs))).toBe('ours is not a number');
    expect(measurementProblem(JSON.stringify({ ...comparison, ratio: Number.NaN }))).toBe('ratio is not a number');
  });
});
