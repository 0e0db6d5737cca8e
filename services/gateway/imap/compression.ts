import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw } from 'node:zlib';

/** The streams of a compressed connection (RFC 4978): data read from `input` and written to `output` is plain. */
export interface CompressedConnection {
  input: Readable;
  output: DeflateRaw;
}

/** Starts compression on a socket. `Z_SYNC_FLUSH`: each write can be decompressed at once. `already`: octets that have been read. */
export function compressConnection(socket: Socket, already: Buffer): CompressedConnection {
  const input = createInflateRaw();
  const output = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH, memLevel: 5, windowBits: 13 });
  // Data that cannot be inflated ends the connection, and the end of the connection ends the two streams.
  input.on('error', () => socket.destroy());
  output.on('error', () => socket.destroy());
  socket.on('close', () => {
    input.destroy();
    output.destroy();
  });
  if (already.length > 0) input.write(already);
  socket.pipe(input);
  output.pipe(socket);
  return { input, output };
}
