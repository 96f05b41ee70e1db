// PNG files byte by byte, for headers that no encoder writes.
import { crc32 } from 'node:zlib';

/** An 8-bit grey PNG that says it has this size; `pixels` (compressed) is all it holds. */
export function pngOf(width: number, height: number, pixels: Buffer, before: readonly Buffer[] = []): Buffer {
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  const end = [chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([signature, chunk('IHDR', header), ...before, ...end]);
}

export function chunk(kind: string, body: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(kind), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, check]);
}
