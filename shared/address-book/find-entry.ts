import type { Caller } from '../access/caller.ts';
import type { Database } from '../database/database.ts';
import { type DirectoryEntry, findGroup, findTenantEntry, findUser } from '../directory/entries/entries.ts';
import { decodeAddressBookId } from '../mapi/entry-id.ts';
import { PamojaError } from '../mapi/error.ts';
import { directoryIdOf, requestedId } from './address-book-ids.ts';

/**
 * Finds a user, group or tenant by its address book id or entry id, in the tenants that the caller sees. Throws NOT_FOUND, also where the
 * entry id names an entry that was deleted and whose id another one has now.
 */
export async function findEntry(
  db: Database,
  { scope }: Pick<Caller, 'scope'>,
  id: number,
  entryId?: Buffer,
): Promise<DirectoryEntry> {
  const guid = entryId && entryId.length > 0 ? decodeAddressBookId(entryId).external : Buffer.alloc(0);
  const known = directoryIdOf(requestedId(id, entryId));
  if (!known) throw new PamojaError('NOT_FOUND', 'no directory entry has that id');
  const entry =
    known.kind === 'user'
      ? await findUser(db, scope, { id: known.id })
      : known.kind === 'group'
        ? await findGroup(db, scope, { id: known.id })
        : await findTenantEntry(db, scope, { id: known.id });
  if (guid.length > 0 && !guid.equals(entry.guid))
    throw new PamojaError('NOT_FOUND', 'no directory entry has that entry id');
  return entry;
}
