import type { Database } from '../../database/database.ts';
import { likeLiteral } from '../../database/like.ts';
import type { TenantId } from '../../store/engine/ids.ts';
import { visibleTenants } from './tenant-grants.ts';

/** A user in the address book, with the fields that every viewer may see. */
export interface AddressBookEntry {
  /** The tenant's name. */
  tenant: string;
  login: string;
  fullName: string;
  email: string;
}

/** Finds users by the beginning of their name, login or address in the tenants that a tenant may see; hidden users are left out. */
export async function searchAddressBook(
  db: Database,
  viewer: TenantId,
  text: string,
  limit: number,
): Promise<AddressBookEntry[]> {
  const beginning = `${likeLiteral(text)}%`;
  const rows = await db
    .selectFrom('users')
    .innerJoin('tenants', 'tenants.id', 'users.tenant_id')
    .select(['tenants.name', 'users.login', 'users.full_name', 'users.email'])
    .where('users.tenant_id', 'in', await visibleTenants(db, viewer))
    .where('users.hidden', '=', 0)
    .where((where) =>
      where.or([
        where('users.full_name', 'like', beginning),
        where('users.login', 'like', beginning),
        where('users.email', 'like', beginning),
      ]),
    )
    .orderBy('users.login')
    .limit(limit)
    .execute();
  return rows.map((row) => ({ tenant: row.name, login: row.login, fullName: row.full_name, email: row.email }));
}
