import { CommandStream, WordList } from './command-stream.ts';

describe('CommandStream', () => {
  it('begins with the version and the number of words that follow', () => {
    const stream = new CommandStream(77);
    expect([...stream.finish()]).toEqual([77, 0]);
    stream.free({ index: 3, generation: 9 }, 41);
    expect([...stream.finish()]).toEqual([77, 5, 2, 2, 41, 3, 9]);
  });

  it('writes a command as opcode, argument words, sequence number, arguments', () => {
    const stream = new CommandStream(1);
    stream.command(20, 7, new WordList().int(5).buffer({ index: 1, generation: 2 }));
    expect([...stream.finish()].slice(2)).toEqual([20, 3, 7, 5, 1, 2]);
  });

  it('splits sizes into two words, beyond 32 bits and below zero', () => {
    const words = (value: number) => {
      const stream = new CommandStream(1);
      stream.command(20, 0, new WordList().size(value));
      const [low, high] = [...stream.finish()].slice(5) as [number, number];
      return (BigInt(high) << 32n) | BigInt(low >>> 0);
    };
    for (const value of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 12345, -1, -(2 ** 31) - 5, -(2 ** 40)]) {
      expect(words(value)).toBe(BigInt(value));
    }
  });

  it('keeps the bits of floats', () => {
    const stream = new CommandStream(1);
    stream.command(20, 0, new WordList().float(-0).float(Math.PI).float(1e-40));
    const floats = new Float32Array(stream.finish().slice(5).buffer);
    expect([...floats]).toEqual([-0, Math.fround(Math.PI), Math.fround(1e-40)]);
  });

  it('grows beyond its first capacity without losing words', () => {
    const stream = new CommandStream(1);
    const sizes = Array.from({ length: 5000 }, (_, i) => i);
    stream.command(20, 0, new WordList().shape(sizes));
    const words = [...stream.finish()].slice(5);
    expect(words[0]).toBe(5000);
    expect(words.slice(1).filter((_, i) => i % 2 === 0)).toEqual(sizes);
  });
});
