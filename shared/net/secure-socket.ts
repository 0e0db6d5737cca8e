import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { SocketReader } from './socket-reader.ts';

/**
 * Starts TLS, as the server, on a connection that began in the clear. `reader` releases the socket, and a reader of the encrypted stream takes
 * its place.
 */
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
