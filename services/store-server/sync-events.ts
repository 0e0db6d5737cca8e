import { ownsStore, rightsOn } from '../../shared/access/store-rights.ts';
import { followChanges } from '../../shared/ics/follow-changes.ts';
import { FNEV } from '../../shared/mapi/notification-events.ts';
import { folderSourceKey } from '../../shared/store/folders/change-keys.ts';
import { type Folder, listFolders } from '../../shared/store/folders/folder.ts';
import { RIGHT } from '../../shared/store/folders/rights.ts';
import { findSyncs, type Sync, storeOfSync } from '../../shared/store/stores/sync-states.ts';
import type { Call } from './operations/operation.ts';

/** Notifies a client that one of its synchronisations has new changes. */
export async function icsEvents(call: Call, connection: number, syncId: number, changeId: number): Promise<() => void> {
  const { context, session } = call;
  const { caller } = session;
  const [sync] = await findSyncs(context.store, caller.tenant, caller.user, [syncId]);
  // The address book has no feed to follow: clients ask for its changes.
  if (!sync || sync.store === 0) return () => {};
  const store = await storeOfSync(context.store.db, sync);
  const from = { ...store, changeSeq: Math.max(changeId, sync.changeId) };
  return followChanges(context, from, async (entries) => {
    const folders = await listFolders(context.store.db, store);
    const folder = folders.find((each) => folderSourceKey(each).equals(sync.sourceKey));
    if (!(await mayFollow(call, sync, folder))) return;
    const mine = entries.filter(
      (entry) =>
        entry.syncId !== syncId && (sync.changeType === 1 ? entry.folder === folder?.id : entry.message === null),
    );
    const last = mine.at(-1);
    if (!last) return;
    const state = Buffer.alloc(8);
    state.writeUInt32LE(syncId, 0);
    state.writeUInt32LE(last.seq >>> 0, 4);
    const ics = { pSyncState: state, ulChangeType: last.kind };
    session.group.notify({ ulConnection: connection, ulEventType: FNEV.KOPANO_ICS_CHANGE, ics });
  });
}

/** Whether the caller may still read the synchronised folder: the store may have another owner, and rights may have been taken away. */
async function mayFollow({ context, session }: Call, sync: Sync, folder: Folder | undefined): Promise<boolean> {
  const store = await storeOfSync(context.store.db, sync);
  if (sync.sourceKey.length === 0) return ownsStore(context.store, session.caller, store);
  return folder !== undefined && ((await rightsOn(context.store, session.caller, store, folder.id)) & RIGHT.READ) !== 0;
}
