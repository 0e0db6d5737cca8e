import { refreshCaller } from '../../../shared/access/caller.ts';
import type { LocatedFolder } from '../../../shared/access/locate.ts';
import { findStore, ownsStore, requireRight, rightsOnEach } from '../../../shared/access/store-rights.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';
import type { ServerContext } from '../context.ts';
import type { SoapSession } from '../session.ts';

/** The maximum age of what a table knows of its session's rights, in milliseconds. */
const FRESH_MS = 2_000;

/** The rights of a session on the rows of a table. */
export interface Access {
  /** The store, with its present owner. */
  store: MapiStore;
  owner: boolean;
  /** The session's rights on the table's folder. */
  rights: number;
  /** Changes whenever the session's rights on other folders of the store may have changed. */
  stamp: string;
}

/** Gives the session's present rights. Throws NO_ACCESS once the right is gone, and NOT_FOUND for a store that the session does not see any more. */
export type TableAccess = () => Promise<Access>;

/** Follows a session's rights on a folder while a table is open: rights may be taken away, and stores get other owners. */
export function tableAccess(
  context: ServerContext,
  session: SoapSession,
  { store, folder, owner, rights }: LocatedFolder,
  right: number,
): TableAccess {
  let readAt = context.store.clock();
  const stampOf = (owns: boolean): string => (owns ? 'owner' : String(readAt));
  let access: Access = { store, owner, rights, stamp: stampOf(owner) };
  return async () => {
    const now = context.store.clock();
    if (now - readAt >= FRESH_MS) {
      // Notifications ask outside of any call, so the caller is read again here.
      await refreshCaller(context.store, session.caller);
      const current = await findStore(context.store, session.caller, store.guid);
      const rightsOf = await rightsOnEach(context.store, session.caller, current);
      const owns = await ownsStore(context.store, session.caller, current);
      readAt = now;
      access = { store: current, owner: owns, rights: rightsOf(folder.id), stamp: stampOf(owns) };
    }
    requireRight(access, right);
    return access;
  };
}
