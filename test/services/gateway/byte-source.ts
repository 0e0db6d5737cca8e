import type { ByteSource } from '../../../services/gateway/line-reader.ts';

/** A client that sends these pieces (latin1) and then disconnects. `sent` has the lines that it received. */
export function byteSource(...pieces: string[]) {
  let buffer = Buffer.alloc(0);
  const sent: string[] = [];
  return {
    reader: {
      get buffer() {
        return buffer;
      },
      take(length: number) {
        const taken = buffer.subarray(0, length);
        buffer = buffer.subarray(length);
        return taken;
      },
    },
    async more() {
      const piece = pieces.shift();
      if (piece === undefined) return false;
      buffer = Buffer.concat([buffer, Buffer.from(piece, 'latin1')]);
      return true;
    },
    output: {
      async respondNow(line: string) {
        sent.push(line);
      },
    },
    sent,
  } satisfies ByteSource & Record<string, unknown>;
}
