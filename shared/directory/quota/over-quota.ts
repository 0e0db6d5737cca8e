import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { Options } from '../../platform/options.ts';
import type { FolderId, StoreId, TenantId } from '../../store/engine/ids.ts';
import { effectiveQuotaSql, type QuotaLevel, type QuotaLevels } from './quota-levels.ts';
import type { RecipientKind } from './tenant-quota.ts';

/** A user whose store has reached a level, with the values for a mail about it. */
export interface OverQuotaUser {
  /** Ids ascend from page to page. */
  id: number;
  tenant: TenantId;
  tenantName: string;
  store: StoreId;
  inbox: FolderId;
  email: string;
  fullName: string;
  size: number;
  levels: QuotaLevels;
  /** The highest level reached. */
  level: QuotaLevel;
}

/** Users after an id whose store has reached one of their levels (manual 5.7), by id, at most `limit`. */
export async function usersOverQuota(
  db: Database,
  options: Options,
  after: number,
  limit: number,
): Promise<OverQuotaUser[]> {
  const [warn, soft, hard] = [
    effectiveQuotaSql('warn', options),
    effectiveQuotaSql('soft', options),
    effectiveQuotaSql('hard', options),
  ];
  const reached = (level: typeof warn) => sql<boolean>`(${level} > 0 AND ${sql.ref('stores.size')} >= ${level})`;
  const rows = await db
    .selectFrom('users')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .select([
      'users.id',
      'users.tenant_id',
      'users.email',
      'users.full_name',
      'stores.id as store_id',
      'stores.inbox_folder_id',
      'stores.size',
      'tenants.name',
    ])
    .select([warn.as('warn'), soft.as('soft'), hard.as('hard')])
    .where('users.id', '>', after)
    .where('tenants.state', '=', 'active')
    .where((where) => where.or([reached(warn), reached(soft), reached(hard)]))
    .orderBy('users.id')
    .limit(limit)
    .execute();
  return rows.map((row) => {
    const levels = { warn: Number(row.warn), soft: Number(row.soft), hard: Number(row.hard) };
    const at = (level: number) => level > 0 && row.size >= level;
    return {
      id: row.id,
      tenant: row.tenant_id as TenantId,
      tenantName: row.name,
      store: row.store_id as StoreId,
      inbox: row.inbox_folder_id as FolderId,
      email: row.email,
      fullName: row.full_name,
      size: row.size,
      levels,
      level: at(levels.hard) ? 'hard' : at(levels.soft) ? 'soft' : 'warn',
    };
  });
}

/** The mailbox of a recipient of a quota mail. */
export interface QuotaMailbox {
  store: StoreId;
  inbox: FolderId;
  email: string;
}

/** A tenant whose stores together have reached its warning level, and the recipients of the mail (manual 6.2.5). */
export interface OverQuotaTenant {
  tenant: TenantId;
  tenantName: string;
  size: number;
  warn: number;
  /** The tenant's administrators and its quota recipients. */
  recipients: QuotaMailbox[];
}

/** Tenants over their own warning level, or the configured one. The stores of users and the public store count. */
export async function tenantsOverQuota(db: Database, options: Options): Promise<OverQuotaTenant[]> {
  const warn = sql<number>`CASE WHEN ${sql.ref('tenants.quota_override')} = 1 THEN ${sql.ref('tenants.quota_warn')} ELSE ${options.companyquota_warn} END`;
  const rows = await db
    .selectFrom('stores')
    .innerJoin('tenants', 'tenants.id', 'stores.tenant_id')
    .select(['stores.tenant_id', 'tenants.name', sql<string>`SUM(${sql.ref('stores.size')})`.as('total')])
    .select(warn.as('warn'))
    .where('tenants.state', '=', 'active')
    .where((where) => where.or([where('stores.user_id', 'is not', null), where('stores.kind', '=', 'public')]))
    .groupBy(['stores.tenant_id', 'tenants.name', 'tenants.quota_override', 'tenants.quota_warn'])
    .having(sql<boolean>`${warn} > 0 AND SUM(${sql.ref('stores.size')}) >= ${warn}`)
    .execute();
  return Promise.all(
    rows.map(async (row) => {
      const tenant = row.tenant_id as TenantId;
      return {
        tenant,
        tenantName: row.name,
        size: Number(row.total),
        warn: Number(row.warn),
        recipients: [...(await administrators(db, tenant)), ...(await quotaMailboxes(db, tenant, 'company'))],
      };
    }),
  );
}

/** The mailboxes of a tenant's quota recipients of one kind. */
export async function quotaMailboxes(db: Database, tenant: TenantId, kind: RecipientKind): Promise<QuotaMailbox[]> {
  const rows = await mailboxes(db, tenant)
    .innerJoin('quota_recipients', (join) =>
      join
        .onRef('quota_recipients.tenant_id', '=', 'users.tenant_id')
        .onRef('quota_recipients.user_id', '=', 'users.id'),
    )
    .where('quota_recipients.kind', '=', kind)
    .execute();
  return rows.map(mailboxOf);
}

const administrators = async (db: Database, tenant: TenantId): Promise<QuotaMailbox[]> =>
  (await mailboxes(db, tenant).where('users.admin_level', '>', 0).execute()).map(mailboxOf);

const mailboxes = (db: Database, tenant: TenantId) =>
  db
    .selectFrom('users')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .select(['stores.id', 'stores.inbox_folder_id', 'users.email'])
    .where('users.tenant_id', '=', tenant);

const mailboxOf = (row: { id: number; inbox_folder_id: number | null; email: string }): QuotaMailbox => ({
  store: row.id as StoreId,
  inbox: row.inbox_folder_id as FolderId,
  email: row.email,
});
