import { EVERYONE_ID, requestedId } from '../../shared/address-book/address-book-ids.ts';
import { findEntry } from '../../shared/address-book/find-entry.ts';
import type { CompanyEntry, DirectoryEntry, GroupEntry, UserEntry } from '../../shared/directory/entries/entries.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import type { TenantId } from '../../shared/store/engine/ids.ts';
import type { Call } from './operations/operation.ts';

// Requests name users, groups and companies by id, entry id, or both. An entry of another kind than the operation is about is refused.

/** The directory entry that a request names, in the tenants that the caller sees. Throws NOT_FOUND. */
export const requestedEntry = ({ context, session }: Call, id: number, entryId?: Buffer): Promise<DirectoryEntry> =>
  findEntry(context.store.db, session.caller, id, entryId);

/** Throws NOT_FOUND, and INVALID_TYPE for an entry that is not a user. */
export async function requestedUser(call: Call, id: number, entryId: Buffer | undefined): Promise<UserEntry> {
  const user = await requestedEntry(call, id, entryId);
  if (user.kind !== 'user') throw new PamojaError('INVALID_TYPE', 'not a user');
  return user;
}

/** Throws NOT_FOUND, for Everyone too, and INVALID_TYPE for an entry that is not a group. */
export async function requestedGroup(call: Call, id: number, entryId: Buffer | undefined): Promise<GroupEntry> {
  const group = await requestedEntry(call, id, entryId);
  if (group.kind !== 'group') throw new PamojaError('INVALID_TYPE', 'not a group');
  return group;
}

/** Throws NOT_FOUND, and INVALID_TYPE for an entry that is not a company. */
export async function requestedCompany(call: Call, id: number, entryId: Buffer | undefined): Promise<CompanyEntry> {
  const company = await requestedEntry(call, id, entryId);
  if (company.kind !== 'company') throw new PamojaError('INVALID_TYPE', 'not a company');
  return company;
}

/** The tenant of an administrative request: that of the company it names, else the caller's own. */
export async function requestedTenant(call: Call, id: number, entryId: Buffer | undefined): Promise<TenantId> {
  const bookId = requestedId(id, entryId);
  if (bookId === 0 || bookId === EVERYONE_ID) {
    if (call.session.caller.tenant === 0) throw new PamojaError('NOT_FOUND', 'no company was named');
    return call.session.caller.tenant;
  }
  return (await requestedCompany(call, id, entryId)).tenant;
}
