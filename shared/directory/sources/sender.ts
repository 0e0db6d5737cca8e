import type { Database } from '../../database/database.ts';
import type { Options } from '../../platform/options.ts';
import type { FolderId, StoreRef, UserId } from '../../store/engine/ids.ts';
import { effectiveQuota, QUOTA_COLUMNS } from '../quota/quota-levels.ts';
import type { Account, Sender } from './directory-source.ts';

/** What a user may send now (see `DirectorySource.sender`). */
export async function findSender(
  db: Database,
  options: Options,
  { tenant, user }: Pick<Account, 'tenant' | 'user'>,
): Promise<Sender | undefined> {
  const row = await db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .innerJoin('folders', (join) =>
      join.onRef('folders.tenant_id', '=', 'stores.tenant_id').onRef('folders.store_id', '=', 'stores.id'),
    )
    .select(['stores.size', 'folders.id as outbox'])
    .select(['tenants.max_message_bytes', 'tenants.max_recipients', 'tenants.max_hourly_messages'])
    .select(QUOTA_COLUMNS)
    .where('users.tenant_id', '=', tenant)
    .where('users.id', '=', user)
    .where('users.active', '=', 1)
    .where('tenants.state', '=', 'active')
    .where('folders.role', '=', 'outbox')
    .executeTakeFirst();
  if (!row) return undefined;
  return {
    addresses: await sendingAddresses(db, { tenant, user }),
    outbox: row.outbox as FolderId,
    storeSize: row.size,
    quota: effectiveQuota(row, options),
    maxMessageBytes: row.max_message_bytes,
    maxRecipients: row.max_recipients,
    maxHourlyMessages: row.max_hourly_messages,
  };
}

/** The same for the owner of a store; undefined for a public store as well. */
export async function findOwner(
  db: Database,
  options: Options,
  { tenant, store }: StoreRef,
): Promise<Sender | undefined> {
  const row = await db
    .selectFrom('stores')
    .select('user_id')
    .where('tenant_id', '=', tenant)
    .where('id', '=', store)
    .executeTakeFirst();
  return row?.user_id ? findSender(db, options, { tenant, user: row.user_id as UserId }) : undefined;
}

/** The user's own addresses, and those of the users in whose name this user may send. */
async function sendingAddresses(
  db: Database,
  { tenant, user }: Pick<Account, 'tenant' | 'user'>,
): Promise<Set<string>> {
  // A union of two indexed queries. With OR in one condition the server would read all addresses of the tenant.
  const rows = await db
    .selectFrom('addresses')
    .select('address')
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .unionAll(
      db
        .selectFrom('send_as')
        .innerJoin('addresses', (join) =>
          join
            .onRef('addresses.tenant_id', '=', 'send_as.tenant_id')
            .onRef('addresses.user_id', '=', 'send_as.user_id'),
        )
        .select('addresses.address')
        .where('send_as.tenant_id', '=', tenant)
        .where('send_as.delegate_id', '=', user),
    )
    .execute();
  return new Set(rows.map((row) => row.address));
}
