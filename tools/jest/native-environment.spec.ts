import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';

// Both borders create their values in Node's own realm, as an addon does: the port in C++, v8 in Node's library.
function throughMessagePort<T>(value: T): unknown {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(value);
    return receiveMessageOnPort(port2)?.message;
  } finally {
    port1.close();
  }
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

const binaryTypes = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];

describe('the environment specs run in', () => {
  it.each(binaryTypes)('recognises a native %p', (type) => {
    expect(throughMessagePort(new type(3))).toBeInstanceOf(type);
    expect(deserialize(serialize(new type(3)))).toBeInstanceOf(type);
  });

  it('recognises native buffers and views', () => {
    expect(throughMessagePort(new ArrayBuffer(8))).toBeInstanceOf(ArrayBuffer);
    expect(throughMessagePort(new SharedArrayBuffer(8))).toBeInstanceOf(SharedArrayBuffer);
    expect(throughMessagePort(new DataView(new ArrayBuffer(8)))).toBeInstanceOf(DataView);
    expect(readFileSync(__filename).buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('finds a native array strictly equal to one made here', () => {
    expect(throughMessagePort(Float32Array.of(1, 2, 3))).toStrictEqual(Float32Array.of(1, 2, 3));
  });

  it('still tells element types apart', () => {
    expect(throughMessagePort(new Float32Array(3))).not.toBeInstanceOf(Float64Array);
  });

  it('recognises errors that Node throws', () => {
    const missing = thrownBy(() => readFileSync('/no/such/file'));
    expect(missing).toBeInstanceOf(Error);
    expect(missing).not.toBeInstanceOf(TypeError);
    const wrongType = thrownBy(() => Buffer.from(1 as unknown as string));
    expect(wrongType).toBeInstanceOf(TypeError);
    expect(wrongType).toBeInstanceOf(Error);
    expect(() => Buffer.from(1 as unknown as string)).toThrow(TypeError);
  });

  it('recognises errors that the language throws inside the spec', () => {
    const absent = null as unknown as { field: number };
    expect(() => absent.field).toThrow(TypeError);
    expect(thrownBy(() => absent.field)).toBeInstanceOf(Error);
    expect(thrownBy(() => new Float32Array(-1))).toBeInstanceOf(RangeError);
  });

  it('does not mistake any error for a subclass', () => {
    class ShapeMismatchError extends Error {}
    expect(thrownBy(() => readFileSync('/no/such/file'))).not.toBeInstanceOf(ShapeMismatchError);
    expect(new ShapeMismatchError('x')).toBeInstanceOf(ShapeMismatchError);
    expect(new ShapeMismatchError('x')).toBeInstanceOf(Error);
    expect(new ShapeMismatchError('x')).not.toBeInstanceOf(TypeError);
  });

  it('keeps colours out of what child processes print', () => {
    expect(execFileSync(process.execPath, ['-p', '[1, true]'], { encoding: 'utf8' })).toBe('[ 1, true ]\n');
  });
});
