import { refreshCaller } from '../../../shared/access/caller.ts';
import type { LocatedFolder } from '../../../shared/access/locate.ts';
import { findStore, ownsStore, requireRight, rightsOnEach } from '../../../shared/access/store-rights.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';
import type { ServerContext } from '../context.ts';
import type { Session } from '../session.ts';

/** What a table knows of its session's rights is no older than this, in milliseconds. */
const FRESH_MS = 2_000;

/** What a session may do where the rows of a table are. */
export interface Access {
  /** The store, as it belongs to somebody now. */
  store: MapiStore;
  owner: boolean;
  /** In the table's folder. */
  rights: number;
  /** Other than before when what the session may see in folders of the store may be other than before. */
  stamp: string;
}

/** Gives what the session may do now. Throws NO_ACCESS once the right is gone, and NOT_FOUND for a store that is not there for the session any more. */
export type TableAccess = () => Promise<Access>;

/** Follows what a session may do in a folder while a table is open: rights are taken away and stores change hands meanwhile. */
export function tableAccess(
  context: ServerContext,
  session: Session,
  { store, folder, owner, rights }: LocatedFolder,
  right: number,
): TableAccess {
  let readAt = context.store.clock();
  const stampOf = (owns: boolean): string => (owns ? 'owner' : String(readAt));
  let access: Access = { store, owner, rights, stamp: stampOf(owner) };
  return async () => {
    const now = context.store.clock();
    if (now - readAt >= FRESH_MS) {
      // What tells a client of changes asks too, without a call of its own.
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
