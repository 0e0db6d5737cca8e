import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { constants, createDeflateRaw, createInflateRaw, type DeflateRaw } from 'node:zlib';

/** A connection from the point on at which both sides compress (RFC 4978): what is read from it and written to it is plain. */
export interface CompressedConnection {
  input: Readable;
  output: DeflateRaw;
}

/** Every flush ends what was written so far, so that the other side can read it: `Z_SYNC_FLUSH`. */
export function compressConnection(socket: Socket, already: Buffer): CompressedConnection {
  const input = createInflateRaw();
  const output = createDeflateRaw({ flush: constants.Z_SYNC_FLUSH, memLevel: 5, windowBits: 13 });
  // What is no compressed data ends the connection; so does its end the two streams.
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

/** Ends a connection with what remains to be said. */
export function endWith(output: Writable, text: string): void {
  if (output.writable) output.end(Buffer.from(text, 'latin1'));
}
