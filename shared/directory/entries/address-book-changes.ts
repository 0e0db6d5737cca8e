import type { Database } from '../../database/database.ts';
import type { TenantId } from '../../store/engine/ids.ts';
import { type TenantScope, tenantsOf } from '../../store/stores/stores.ts';

export const AB_CHANGE = { NEW: 1, CHANGED: 2, GONE: 3 } as const;

export type AddressBookChangeKind = (typeof AB_CHANGE)[keyof typeof AB_CHANGE];

/** A user or a group, as the address book's changes name it. */
export interface ChangedEntry {
  kind: 'user' | 'group';
  id: number;
  guid: Buffer;
}

export interface AddressBookChange extends ChangedEntry {
  seq: number;
  change: number;
}

/** Appends a change within the transaction that makes it. That transaction has the tenant locked, so that sequence numbers follow the order of commits. */
export async function noteChange(
  tx: Database,
  tenant: TenantId,
  { kind, id, guid }: ChangedEntry,
  change: AddressBookChangeKind,
): Promise<void> {
  await tx
    .insertInto('address_book_changes')
    .values({ tenant_id: tenant, kind, person_id: id, guid, change_kind: change })
    .execute();
}

/** The changes in some tenants after a sequence number, in order. */
export async function listAddressBookChanges(
  db: Database,
  scope: TenantScope,
  after: number,
): Promise<AddressBookChange[]> {
  const rows = await db
    .selectFrom('address_book_changes')
    .selectAll()
    .$if(scope !== 'all', (query) => query.where('tenant_id', 'in', tenantsOf(scope)))
    .where('id', '>', after)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    seq: row.id,
    kind: row.kind as ChangedEntry['kind'],
    id: row.person_id,
    guid: row.guid,
    change: row.change_kind,
  }));
}

/** The sequence number of the last change; 0 before the first. */
export async function lastAddressBookChange(db: Database, scope: TenantScope): Promise<number> {
  const row = await db
    .selectFrom('address_book_changes')
    .select((query) => query.fn.max('id').as('last'))
    .$if(scope !== 'all', (query) => query.where('tenant_id', 'in', tenantsOf(scope)))
    .executeTakeFirst();
  return Number(row?.last ?? 0);
}
