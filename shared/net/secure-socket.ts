import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { SocketReader } from './socket-reader.ts';

/** The server's end of TLS on a connection that has begun in the clear; `reader` lets go of the socket, and another one takes its place. */
export function secureSocket(
  socket: Socket,
  reader: SocketReader,
  secureContext: SecureContext,
): { socket: TLSSocket; reader: SocketReader } {
  reader.detach();
  const secured = new TLSSocket(socket, { isServer: true, secureContext });
  secured.on('error', () => secured.destroy());
  return { socket: secured, reader: new SocketReader(secured) };
}
