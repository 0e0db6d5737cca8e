/** What a call came by. A session works on the kind that it was opened on, and on no other. */
export type Transport = 'socket' | 'tls' | 'plain';

/** Who is at the other end, as far as the transport can tell. */
export interface Peer {
  /** For the security log: an address, or the local socket. */
  address: string;
  transport: Transport;
  /** It has proved that it may be SYSTEM: over the local socket, or by a client certificate. */
  trusted: boolean;
  /** The connection begins on this machine: the local socket, or the loopback interface. */
  loopback: boolean;
}
