import { networkInterfaces } from 'node:os';

/** The address at which other tasks reach this one: the host it listens on or, for 0.0.0.0, its first IPv4 address. */
export function taskAddress(listenHost: string): string {
  if (listenHost !== '0.0.0.0') return listenHost;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find((address) => address.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1';
}
