import golden from './safetensors.golden.json' with { type: 'json' };
import {
  float32Values,
  layOut,
  readSafetensors,
  SafetensorsError,
  type StoredTensor,
  writeSafetensors,
} from './safetensors.ts';

const goldenFile = new Uint8Array(Buffer.from(golden.file, 'base64'));

const float32 = (values: number[], shape = [values.length]): StoredTensor => ({
  dtype: 'F32',
  shape,
  data: new Uint8Array(new Float32Array(values).buffer),
});

/** A file with any header text and any data. */
function file(header: string, dataBytes = 0): Uint8Array {
  const encoded = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + encoded.byteLength + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.byteLength), true);
  bytes.set(encoded, 8);
  return bytes;
}

const place = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

/** mulberry32: uniform in [0, 1), the same on every machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('a safetensors file', () => {
  it('of the reference implementation is read to the same values', () => {
    const { metadata, tensors } = readSafetensors(goldenFile);
    expect(metadata).toEqual({ format: 'np' });
    expect([...tensors.keys()].sort()).toEqual(Object.keys(golden.tensors).sort());
    for (const name of ['generator/kernel', 'half', 'double', 'empty', '10'] as const) {
      const tensor = tensors.get(name) as StoredTensor;
      const expected = golden.tensors[name];
      expect([name, tensor.shape]).toEqual([name, expected.shape]);
      const values = expected.values.map((value) => Math.fround(value === 'inf' ? Infinity : Number(value)));
      expect([name, [...float32Values(name, tensor)]]).toEqual([name, values]);
    }
    expect([...(tensors.get('mask') as StoredTensor).data]).toEqual([0, 128, 255]);
    expect([...(tensors.get('count') as StoredTensor).data]).toEqual([7, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('is written to the same bytes as by the reference implementation, whatever the order of the tensors', () => {
    const { metadata, tensors } = readSafetensors(goldenFile);
    expect(Buffer.from(writeSafetensors(tensors, metadata)).equals(goldenFile)).toBe(true);
    expect(Buffer.from(writeSafetensors(new Map([...tensors].reverse()), metadata)).equals(goldenFile)).toBe(true);
  });

  it('keeps float32 bit for bit, NaN and -0 included, from any offset of a buffer', () => {
    const written = writeSafetensors(new Map([['a', float32([-0, Number.NaN, 1e-45, 3.4e38])]]));
    const shifted = new Uint8Array(written.byteLength + 1);
    shifted.set(written, 1);
    const values = float32Values('a', readSafetensors(shifted.subarray(1)).tensors.get('a') as StoredTensor);
    expect([...values].map((value) => Object.is(value, -0))).toEqual([true, false, false, false]);
    expect([...values.slice(1)]).toEqual([Number.NaN, Math.fround(1e-45), Math.fround(3.4e38)]);
  });

  it('is read the same from a Buffer of Node, whose slices are views', () => {
    const file = Buffer.from(
      writeSafetensors(
        new Map([
          ['a', float32([1, 2])],
          ['b', float32([3])],
        ]),
      ),
    );
    const { tensors } = readSafetensors(file);
    expect([...float32Values('b', tensors.get('b') as StoredTensor)]).toEqual([3]);
  });

  it('may hold bfloat16, the upper halves of float32', () => {
    const data = new Uint8Array(new Uint16Array([0x3f80, 0xc000, 0x7f80, 0x0001]).buffer);
    const values = float32Values('b', { dtype: 'BF16', shape: [4], data });
    expect([...values]).toEqual([1, -2, Infinity, 2 ** -133]);
  });

  it('has its data aligned to 8 bytes, for readers that map it into memory', () => {
    for (const name of ['a', 'ab', 'abc', 'abcd', 'abcde']) {
      expect(layOut(new Map([[name, float32([1])]])).start.byteLength % 8).toBe(0);
    }
  });

  it('may be empty, and its metadata may have any key', () => {
    const { metadata, tensors } = readSafetensors(writeSafetensors(new Map(), { ['__proto__']: 'x', 1: 'y' }));
    expect(Object.entries(metadata)).toEqual([
      ['1', 'y'],
      ['__proto__', 'x'],
    ]);
    expect(tensors.size).toBe(0);
  });
});

describe('readSafetensors refuses', () => {
  const huge = new Uint8Array(8);
  new DataView(huge.buffer).setBigUint64(0, 2n ** 63n, true);
  const bom = new Uint8Array([3, 0, 0, 0, 0, 0, 0, 0, 0xef, 0xbb, 0xbf]);

  it.each([
    ['a file too short for a length', new Uint8Array(7), 'length: expected 8 bytes, received a file of 7'],
    ['a header of more than 100 MB', huge, 'length: expected a header of at most 100000000 bytes'],
    [
      'a header longer than the file',
      file('{}').subarray(0, 9),
      'length: expected a header inside the file of 9 bytes',
    ],
    ['a header that is no JSON', file('{"a":'), 'header: expected UTF-8 JSON'],
    ['a header that is no UTF-8', bom.with(8, 0xff), 'header: expected UTF-8 JSON'],
    ['a byte order mark', bom, 'header: expected UTF-8 JSON'],
    ['white space before the object', file(' {}'), 'header: expected an object that begins with its first byte'],
    ['an array', file('[]'), 'header: expected an object that begins with its first byte'],
    ['metadata that are no strings', file('{"__metadata__":{"a":1}}'), '__metadata__: expected an object of strings'],
    ['an unknown type', file(`{"a":${place(0, 4, [1], 'F7')}}`, 4), 'a: expected a dtype of BOOL'],
    ['a type named like a method of objects', file(`{"a":${place(0, 4, [1], 'toString')}}`, 4), 'a: expected a dtype'],
    ['a negative size', file(`{"a":${place(0, 4, [-1])}}`, 4), 'a: expected a shape of whole numbers, received [-1]'],
    ['a size with a fraction', file(`{"a":${place(0, 4, [1.5])}}`, 4), 'a: expected a shape of whole numbers'],
    ['sizes that overflow', file(`{"a":${place(0, 4, [2 ** 40, 2 ** 40])}}`, 4), 'whose product is one too'],
    ['a place of another length than the shape', file(`{"a":${place(0, 8, [1])}}`, 8), 'data_offsets 4 bytes apart'],
    ['keys it does not know', file('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}}'), 'also "x"'],
    ['a hole', file(`{"a":${place(0, 4)},"b":${place(8, 12)}}`, 12), 'b: expected data that begin at byte 4'],
    ['an overlap', file(`{"a":${place(0, 8)},"b":${place(4, 12)}}`, 12), 'b: expected data that begin at byte 8'],
    ['data before the first tensor', file(`{"a":${place(4, 8)}}`, 8), 'a: expected data that begin at byte 0'],
    ['data after the last tensor', file(`{"a":${place(0, 4)}}`, 5), 'expected tensors of 5 bytes'],
    ['missing data', file(`{"a":${place(0, 8)}}`, 4), 'expected tensors of 4 bytes'],
    [
      'a tensor named twice',
      file(`{"a":${place(0, 0)},"\\u0061":${place(0, 0)}}`),
      'each key once, received "a" twice',
    ],
    ['a deeply nested shape', file(`{"a":{"dtype":"U8","shape":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`), 'an array of'],
  ])('%s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => readSafetensors(bytes)).toThrow(message);
  });

  // 20,000 files with a few bytes changed, cut or repeated: about two seconds.
  it('whatever a seeded fuzzer makes of a file with SafetensorsError alone, or reads data that lie inside the file', () => {
    const random = seeded(1);
    const pick = (limit: number) => Math.floor(random() * limit);
    // Bytes that mean something in JSON come more often than by chance.
    const interesting = [...new TextEncoder().encode('{}[]",:\\0123456789-.eE ')];
    let accepted = 0;
    for (let trial = 0; trial < 20_000; trial++) {
      let bytes = Uint8Array.from(goldenFile);
      for (let change = pick(4); change >= 0; change--) {
        const at = pick(bytes.byteLength);
        switch (pick(4)) {
          case 0:
            bytes[at] = pick(256);
            break;
          case 1:
            bytes[at] = interesting[pick(interesting.length)] as number;
            break;
          case 2:
            bytes = bytes.subarray(0, at);
            break;
          default:
            bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(pick(bytes.byteLength))]);
        }
      }
      try {
        const { tensors } = readSafetensors(bytes);
        accepted++;
        let dataBytes = 0;
        for (const { data } of tensors.values()) {
          expect(data.buffer).toBe(bytes.buffer);
          dataBytes += data.byteLength;
        }
        expect(dataBytes).toBeLessThan(bytes.byteLength);
      } catch (error) {
        if (!(error instanceof SafetensorsError)) throw error;
      }
    }
    // Changed data are still a file: a fuzzer that never got that far would test the first check alone.
    expect(accepted).toBeGreaterThan(200);
  });
});

describe('writeSafetensors refuses', () => {
  it.each([
    [
      'data of another length than the shape',
      'a',
      float32([1, 2], [3]),
      'a: expected 12 bytes of data, as its shape says, received 8',
    ],
    ['the name of the metadata', '__metadata__', float32([1]), '__metadata__: expected another name'],
    ['a shape with a fraction', 'a', float32([1, 2], [1.5]), 'a: expected a shape of whole numbers'],
  ])('%s', (_, name, tensor, message) => {
    expect(() => writeSafetensors(new Map([[name, tensor]]))).toThrow(message);
  });
});

it('float32Values refuses integers, and says what it reads', () => {
  const tensor = readSafetensors(goldenFile).tensors.get('mask') as StoredTensor;
  expect(() => float32Values('mask', tensor)).toThrow('mask: expected one of F32, F64, F16, BF16, received U8');
});
