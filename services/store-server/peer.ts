/** The transport that a call used. A session works only on the transport that it was opened on. */
export type SoapTransport = 'socket' | 'tls' | 'plain';

/** The client of a connection, as far as the transport can tell. */
export interface Peer {
  /** For the security log: an address, or the local socket. */
  address: string;
  transport: SoapTransport;
  /** True when the client has proved that it may be SYSTEM: by the local socket, or by a client certificate. */
  trusted: boolean;
  /** True when the connection comes from this machine: by the local socket or the loopback interface. */
  loopback: boolean;
}
