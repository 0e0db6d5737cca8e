import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { Clock } from '../../platform/clock.ts';
import { newGuid, type TenantId } from '../../store/engine/ids.ts';

/** What a key may do: everything in its tenant, everything in one of its domains, or only create users. */
export type KeyScope = 'tenant' | 'domain' | 'create-users';

export interface ApiKey {
  id: string;
  tenant: TenantId;
  name: string;
  scope: KeyScope;
  /** With the scope `domain`. */
  domain: string | null;
  /** Milliseconds since 1970 (UTC). */
  expiresAt: number;
}

const PREFIX = 'kc';

/** Creates a key; `secret` is shown only now, and stored as a hash. */
export async function createApiKey(
  tx: Database,
  clock: Clock,
  key: Omit<ApiKey, 'id'>,
): Promise<{ id: string; secret: string }> {
  const id = newGuid(clock());
  const secret = randomBytes(32).toString('base64url');
  await tx
    .insertInto('api_keys')
    .values({
      id,
      tenant_id: key.tenant,
      name: key.name,
      secret_hash: hashOf(secret),
      scope: key.scope,
      domain: key.domain,
      created_at: clock(),
      expires_at: key.expiresAt,
      revoked_at: null,
    })
    .execute();
  return { id: id.toString('hex'), secret: `${PREFIX}_${id.toString('hex')}_${secret}` };
}

/** Finds the key of a secret. Throws LOGON_FAILED, with the same text for an unknown, wrong, expired and revoked one. */
export async function findApiKey(db: Database, clock: Clock, secret: string): Promise<ApiKey> {
  const [, id = '', random = ''] = /^kc_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/.exec(secret) ?? [];
  // Key ids are unique over all tenants, so that this query finds the tenant of a call.
  const row = await db.selectFrom('api_keys').selectAll().where('id', '=', Buffer.from(id, 'hex')).executeTakeFirst();
  const right = row !== undefined && timingSafeEqual(row.secret_hash, hashOf(random));
  if (!row || !right || row.revoked_at !== null || row.expires_at <= clock())
    throw new PamojaError('LOGON_FAILED', 'the API key is not valid');
  return keyOf(row);
}

export async function listApiKeys(db: Database, tenant: TenantId): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_keys')
    .selectAll()
    .where('tenant_id', '=', tenant)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .execute();
  return rows.map(keyOf);
}

/** Revokes a key at once. Throws NOT_FOUND when the tenant has no such key. */
export async function revokeApiKey(tx: Database, clock: Clock, tenant: TenantId, id: string): Promise<void> {
  const result = await tx
    .updateTable('api_keys')
    .set({ revoked_at: clock() })
    .where('tenant_id', '=', tenant)
    .where('id', '=', Buffer.from(id, 'hex'))
    .where('revoked_at', 'is', null)
    .executeTakeFirst();
  if (Number(result.numUpdatedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such key');
}

interface KeyRow {
  id: Buffer;
  tenant_id: number;
  name: string;
  scope: string;
  domain: string | null;
  expires_at: number;
}

const keyOf = (row: KeyRow): ApiKey => ({
  id: row.id.toString('hex'),
  tenant: row.tenant_id as TenantId,
  name: row.name,
  scope: row.scope as KeyScope,
  domain: row.domain,
  expiresAt: row.expires_at,
});

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();
