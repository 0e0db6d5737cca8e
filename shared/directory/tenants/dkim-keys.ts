import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { Database } from '../../database/database.ts';
import type { Clock } from '../../platform/clock.ts';
import type { TenantId } from '../../store/engine/ids.ts';

/** The key that signs the mail of a domain (RFC 6376). */
export interface DkimKey {
  domain: string;
  selector: string;
  /** PEM. */
  privateKey: string;
  /** Base64, as the DNS record has it. */
  publicKey: string;
}

/** Makes a key. Called before the transaction that stores it, since it takes a while. */
export interface NewDkimKey {
  privateKey: string;
  publicKey: string;
}

const generate = promisify(generateKeyPair);

/** RFC 8301 §3.2: at least 1024 bits, better 2048. */
export async function makeDkimKey(): Promise<NewDkimKey> {
  const { privateKey, publicKey } = await generate('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  return { privateKey, publicKey: publicKey.toString('base64') };
}

/** Stores the key of a domain under a selector named after the month; a domain that has a key keeps it. */
export async function storeDkimKey(
  tx: Database,
  clock: Clock,
  tenant: TenantId,
  domain: string,
  key: NewDkimKey,
): Promise<void> {
  const now = clock();
  await tx
    .insertInto('dkim_keys')
    .ignore()
    .values({
      domain,
      tenant_id: tenant,
      selector: `k${new Date(now).toISOString().slice(0, 7).replace('-', '')}`,
      private_key: key.privateKey,
      public_key: key.publicKey,
      created_at: now,
    })
    .execute();
}

/** The key of a verified domain of the tenant. */
export async function findDkimKey(db: Database, tenant: TenantId, domain: string): Promise<DkimKey | undefined> {
  const row = await db
    .selectFrom('dkim_keys')
    .innerJoin('domains', (join) =>
      join.onRef('domains.name', '=', 'dkim_keys.domain').onRef('domains.tenant_id', '=', 'dkim_keys.tenant_id'),
    )
    .selectAll('dkim_keys')
    .where('dkim_keys.tenant_id', '=', tenant)
    .where('dkim_keys.domain', '=', domain)
    .executeTakeFirst();
  return row && { domain: row.domain, selector: row.selector, privateKey: row.private_key, publicKey: row.public_key };
}
