import type { Caller } from '../access/caller.ts';
import type { Database } from '../database/database.ts';
import { type DirectoryEntry, findByName } from '../directory/entries/entries.ts';

/** The entry that a name stands for. */
export type ResolvedName = { kind: 'none' } | { kind: 'ambiguous' } | { kind: 'found'; entry: DirectoryEntry };

/**
 * Resolves a name as a mail client completes a recipient: an address, login or name that is equal; without one, a login or name that begins
 * with it. With `addressesOnly` only addresses that are equal count.
 */
export async function resolveName(
  db: Database,
  { scope }: Pick<Caller, 'scope'>,
  text: string,
  addressesOnly: boolean,
): Promise<ResolvedName> {
  const wanted = text.toLowerCase().replace(/^smtp:/, '');
  if (wanted === '') return { kind: 'none' };
  // Two are enough to see that a name is ambiguous.
  const exact = await findByName(db, scope, wanted, { exact: true, addressesOnly }, 2);
  const found =
    exact.length > 0 || addressesOnly ? exact : await findByName(db, scope, wanted, { exact: false, addressesOnly }, 2);
  const [entry] = found;
  if (!entry) return { kind: 'none' };
  return found.length > 1 ? { kind: 'ambiguous' } : { kind: 'found', entry };
}
