import { createPublicKey } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import type { Socket } from 'node:net';
import path from 'node:path';
import type { TLSSocket } from 'node:tls';

/** Public keys of clients, as the DER of their SubjectPublicKeyInfo in base64. */
export type ClientKeys = ReadonlySet<string>;

const spki = (key: ReturnType<typeof createPublicKey>): string =>
  key.export({ type: 'spki', format: 'der' }).toString('base64');

/**
 * Reads the public keys of clients that may be SYSTEM: each `.pem` file of a folder, or one file; a public key or a certificate
 * (`sslkeys_path`, manual 6.1). Throws for a file that is neither.
 */
export function readClientKeys(place: string): ClientKeys {
  const files = statSync(place).isDirectory()
    ? readdirSync(place)
        .filter((name) => name.endsWith('.pem'))
        .map((name) => path.join(place, name))
    : [place];
  return new Set(
    files.map((file) => {
      try {
        return spki(createPublicKey(readFileSync(file)));
      } catch (cause) {
        throw new Error(`${file} holds no public key and no certificate`, { cause });
      }
    }),
  );
}

/** Whether a client has proved that it has the private key of one of these. The issuer of its certificate does not matter. */
export function hasClientKey(keys: ClientKeys, socket: Socket): boolean {
  const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.();
  return certificate !== undefined && keys.has(spki(certificate.publicKey));
}
