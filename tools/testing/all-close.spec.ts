import { compareArrays } from './all-close.ts';

function failureOf(assertion: () => void): string {
  try {
    assertion();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the assertion passed');
}

describe('toBeAllClose', () => {
  it('asks for equality when no tolerance is given', () => {
    expect(Float32Array.of(1, 2)).toBeAllClose([1, 2]);
    expect(Float32Array.of(1, 2)).not.toBeAllClose([1, 2 + 2 ** -20]);
  });

  it('adds the absolute tolerance and the relative one', () => {
    expect([100]).toBeAllClose([101], { absolute: 0.5, relative: 0.005 });
    expect([100]).not.toBeAllClose([101], { absolute: 0.4, relative: 0.005 });
  });

  it('takes NaN for NaN and an infinity for itself, and for nothing else', () => {
    expect([Number.NaN, Infinity, -Infinity]).toBeAllClose([Number.NaN, Infinity, -Infinity]);
    expect([Number.NaN]).not.toBeAllClose([0], { absolute: 1e9 });
    expect([0]).not.toBeAllClose([Number.NaN], { absolute: 1e9 });
    expect([1]).not.toBeAllClose([Infinity], { relative: 1 });
    expect([-Infinity]).not.toBeAllClose([Infinity], { relative: 1 });
  });

  it('names the worst element, what was expected and received, and how many exceeded', () => {
    const message = failureOf(() => expect([1, 2, 7, 4]).toBeAllClose([1, 2.5, 3, 4], { absolute: 0.1 }));
    expect(message).toContain('2 of 4 elements exceed absolute 0.1');
    expect(message).toContain('worst at [2]');
    expect(message).toContain('expected 3');
    expect(message).toContain('received 7');
    expect(message).toMatch(/error +4 \(relative 1\.33e\+0\)/);
    expect(message).toMatch(/cosine 0\.9\d+/);
  });

  it('calls worst what misses its own limit most, not what differs most', () => {
    const comparison = compareArrays([1000, 2], [1001, 1], { relative: 0.01 });
    expect(comparison.worst?.index).toBe(1);
    expect(comparison.exceeded).toBe(1);
  });

  it('says where the worst element is by axis when there is a shape', () => {
    const received = { shape: [2, 3], dataSync: () => Float32Array.of(0, 0, 0, 0, 0, 9) };
    const message = failureOf(() =>
      expect(received).toBeAllClose([
        [0, 0, 0],
        [0, 0, 0],
      ]),
    );
    expect(message).toContain('worst at [1, 2] (element 5)');
  });

  it('refuses other shapes and says both', () => {
    const received = { shape: [2, 3], dataSync: () => new Float32Array(6) };
    const expected = { shape: [3, 2], dataSync: () => new Float32Array(6) };
    expect(failureOf(() => expect(received).toBeAllClose(expected))).toContain('expected [3, 2], received [2, 3]');
    expect(failureOf(() => expect([1, 2]).toBeAllClose([1]))).toContain('expected [1], received [2]');
  });

  it('refuses a shape mismatch under .not only as what it is: not close', () => {
    expect([1, 2]).not.toBeAllClose([1]);
  });

  it('refuses ragged nested arrays', () => {
    expect(() => compareArrays([[1, 2], [3]], [1, 2, 3])).toThrow(RangeError);
    expect(() => compareArrays([[1], 2], [1, 2])).toThrow(RangeError);
  });

  it('finds empty arrays close', () => {
    expect(new Float32Array(0)).toBeAllClose([]);
  });
});
