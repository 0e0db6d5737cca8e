import type { InferResult } from 'kysely';
import type { Database } from '../../database/database.ts';
import { StatementCache } from '../../database/statement-cache.ts';
import type { Options } from '../../platform/options.ts';
import type { FolderId, StoreId, TenantId, UserId } from '../../store/engine/ids.ts';
import { canonicalAddress, withoutDetail } from '../entries/addresses.ts';
import { type GroupId, membersOf } from '../entries/groups.ts';
import { effectiveQuota, QUOTA_COLUMNS } from '../quota/quota-levels.ts';
import type { Recipient } from './directory-source.ts';

/** The mailboxes behind addresses (see `DirectorySource.resolve`). */
export async function resolveRecipients(
  db: Database,
  options: Options,
  addresses: readonly string[],
): Promise<Recipient[][]> {
  const forms = addresses.map((address) =>
    [canonicalAddress(address), withoutDetail(canonicalAddress(address))].filter((form) => form !== undefined),
  );
  const users = new Map((await userMailboxes(db, forms.flat())).map((row) => [row.address, row]));
  const found = forms.map((candidates) => candidates.map((form) => users.get(form)).find((row) => row !== undefined));
  const groups = await groupsOf(
    db,
    forms.flatMap((candidates, i) => (found[i] ? [] : candidates)),
  );
  return Promise.all(
    addresses.map(async (address, i) => {
      const row = found[i];
      if (row) return recipientsOf(address, [row], options);
      const group = forms[i]?.map((form) => groups.get(form)).find((entry) => entry !== undefined);
      return group ? recipientsOf(address, await groupMailboxes(db, group), options) : [];
    }),
  );
}

interface GroupRef {
  tenant: TenantId;
  group: GroupId;
}

/** Mailboxes by address. Addresses are unique over all tenants, so that this query finds the tenant of a message. */
const byAddress = (db: Database, addresses: readonly string[]) =>
  mailboxes(db)
    .innerJoin('addresses', (join) =>
      join.onRef('addresses.tenant_id', '=', 'users.tenant_id').onRef('addresses.user_id', '=', 'users.id'),
    )
    .select('addresses.address')
    .where('addresses.address', 'in', addresses);

const byAddressText = new StatementCache<InferResult<ReturnType<typeof byAddress>>[number]>();

async function userMailboxes(db: Database, addresses: readonly string[]) {
  if (addresses.length === 0) return [];
  const parameters = [ACTIVE, ...addresses];
  return byAddressText.of(db, addresses.length, parameters, () => byAddress(db, addresses)).execute();
}

async function groupsOf(db: Database, addresses: readonly string[]): Promise<Map<string, GroupRef>> {
  if (addresses.length === 0) return new Map();
  const rows = await db
    .selectFrom('addresses')
    .innerJoin('tenants', 'tenants.id', 'addresses.tenant_id')
    .select(['addresses.address', 'addresses.tenant_id', 'addresses.group_id'])
    .where('addresses.address', 'in', addresses)
    .where('addresses.group_id', 'is not', null)
    .where('tenants.state', '=', 'active')
    .execute();
  return new Map(
    rows.map((row) => [row.address, { tenant: row.tenant_id as TenantId, group: row.group_id as GroupId }]),
  );
}

async function groupMailboxes(db: Database, { tenant, group }: GroupRef) {
  const members = await membersOf(db, tenant, group);
  if (members.length === 0) return [];
  return mailboxes(db).where('users.tenant_id', '=', tenant).where('users.id', 'in', members).execute();
}

const ACTIVE = 'active';

const mailboxes = (db: Database) =>
  db
    .selectFrom('users')
    .innerJoin('stores', (join) =>
      join.onRef('stores.tenant_id', '=', 'users.tenant_id').onRef('stores.user_id', '=', 'users.id'),
    )
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .select([
      'users.tenant_id',
      'users.id as user_id',
      'stores.id as store_id',
      'stores.inbox_folder_id',
      'stores.size',
    ])
    .select(QUOTA_COLUMNS)
    .where('tenants.state', '=', ACTIVE);

type MailboxRow = Awaited<ReturnType<ReturnType<typeof mailboxes>['execute']>>[number];

const recipientsOf = (address: string, rows: readonly MailboxRow[], options: Options): Recipient[] =>
  rows.flatMap((row) =>
    row.inbox_folder_id === null
      ? []
      : [
          {
            address,
            tenant: row.tenant_id as TenantId,
            user: row.user_id as UserId,
            store: row.store_id as StoreId,
            inbox: row.inbox_folder_id as FolderId,
            storeSize: row.size,
            hardQuota: effectiveQuota(row, options).hard,
          },
        ],
  );
