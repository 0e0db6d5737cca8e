import type { Database } from '../../database/database.ts';
import { collisionIfTaken } from '../../database/duplicate-key.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { TenantId } from '../../store/engine/ids.ts';
import { userId } from '../entries/user-id.ts';
import { lockTenant } from '../tenants/tenants.ts';
import type { QuotaLevels } from './quota-levels.ts';

/** A tenant's quota: `warn` for the sum of its stores, and the default levels of its users; undefined: the configured levels apply. */
export interface TenantQuota {
  warn: number | undefined;
  users: QuotaLevels | undefined;
}

export async function getTenantQuota(db: Database, tenant: TenantId): Promise<TenantQuota> {
  const row = await db.selectFrom('tenants').selectAll().where('id', '=', tenant).executeTakeFirstOrThrow();
  return {
    warn: row.quota_override === 1 ? row.quota_warn : undefined,
    users:
      row.user_quota_override === 1
        ? { warn: row.user_quota_warn, soft: row.user_quota_soft, hard: row.user_quota_hard }
        : undefined,
  };
}

/** Sets a tenant's quota (manual 6.2.5); null: the configured levels apply again; absent: unchanged. */
export async function setTenantQuota(
  tx: Database,
  tenant: TenantId,
  { warn, users }: { warn?: number | null; users?: QuotaLevels | null },
): Promise<void> {
  await lockTenant(tx, tenant);
  const columns = {
    ...(warn === undefined ? {} : { quota_override: warn === null ? 0 : 1, quota_warn: warn ?? 0 }),
    ...(users === undefined
      ? {}
      : {
          user_quota_override: users === null ? 0 : 1,
          user_quota_warn: users?.warn ?? 0,
          user_quota_soft: users?.soft ?? 0,
          user_quota_hard: users?.hard ?? 0,
        }),
  };
  if (Object.keys(columns).length > 0) await tx.updateTable('tenants').set(columns).where('id', '=', tenant).execute();
}

/** Recipients of quota mails: `user`, those about each user of the tenant; `company`, as Kopano and the table say, those about the tenant itself. */
export type RecipientKind = 'user' | 'company';

/** Adds a recipient. Throws NOT_FOUND for an unknown user, COLLISION for a recipient already. */
export async function addQuotaRecipient(
  tx: Database,
  tenant: TenantId,
  kind: RecipientKind,
  login: string,
): Promise<void> {
  const user = await userId(tx, tenant, login);
  await collisionIfTaken(
    'the user is a recipient already',
    tx.insertInto('quota_recipients').values({ tenant_id: tenant, kind, user_id: user }).execute(),
  );
}

/** Removes a recipient. Throws NOT_FOUND for a user who is not one. */
export async function removeQuotaRecipient(
  tx: Database,
  tenant: TenantId,
  kind: RecipientKind,
  login: string,
): Promise<void> {
  const result = await tx
    .deleteFrom('quota_recipients')
    .where('tenant_id', '=', tenant)
    .where('kind', '=', kind)
    .where('user_id', '=', await userId(tx, tenant, login))
    .executeTakeFirst();
  if (Number(result.numDeletedRows) !== 1) throw new PamojaError('NOT_FOUND', 'no such recipient');
}

/** Logins of the recipients. */
export async function listQuotaRecipients(db: Database, tenant: TenantId, kind: RecipientKind): Promise<string[]> {
  const rows = await db
    .selectFrom('quota_recipients')
    .innerJoin('users', (join) =>
      join
        .onRef('users.tenant_id', '=', 'quota_recipients.tenant_id')
        .onRef('users.id', '=', 'quota_recipients.user_id'),
    )
    .select('users.login')
    .where('quota_recipients.tenant_id', '=', tenant)
    .where('quota_recipients.kind', '=', kind)
    .orderBy('users.login')
    .execute();
  return rows.map((row) => row.login);
}
