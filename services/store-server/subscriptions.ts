import { OBJECT } from '../../shared/mapi/property-document.ts';
import type { Notification, NotifySubscribe } from '../../shared/protocol/soap/interface.ts';
import { CHANGE } from '../../shared/store/changes.ts';
import type { FeedEntry } from '../../shared/store/feed.ts';
import type { FolderId } from '../../shared/store/ids.ts';
import { allFolders, type MapiFolder } from '../../shared/store/mapi-folders.ts';
import { messagesByIds } from '../../shared/store/mapi-messages.ts';
import type { MapiStore } from '../../shared/store/mapi-stores.ts';
import { RIGHT } from '../../shared/store/rights.ts';
import { folderEntryId, locate, messageEntryId, requireRight, rightsOn } from './access.ts';
import type { ServerContext } from './context.ts';
import { followChanges } from './follow-changes.ts';
import type { Call } from './operations/operation.ts';
import type { SessionGroup } from './session.ts';
import { icsEvents } from './sync-events.ts';

/** Kinds of events (MAPI's fnev). */
export const EVENT = {
  NEW_MAIL: 0x2,
  CREATED: 0x4,
  DELETED: 0x8,
  MODIFIED: 0x10,
  MOVED: 0x20,
  COPIED: 0x40,
  SEARCH_COMPLETE: 0x80,
  TABLE: 0x100,
  ICS: 0x40000001,
} as const;

const TABLE_CHANGED = 1;
const OBJECT_EVENTS = EVENT.NEW_MAIL | EVENT.CREATED | EVENT.DELETED | EVENT.MODIFIED | EVENT.MOVED | EVENT.COPIED;

/** Begins to tell a client of what happens to an object, a table or a synchronisation. */
export async function subscribe(call: Call, wanted: NotifySubscribe): Promise<void> {
  const { session } = call;
  const { ulConnection: connection, sKey, ulEventMask: mask, sSyncState } = wanted;
  session.group.unsubscribe(connection);
  const key = sKey ?? Buffer.alloc(0);
  const close =
    (mask & EVENT.TABLE) !== 0 && key.length === 4
      ? watchTable(call, connection, key.readUInt32LE(0))
      : mask >>> 0 === EVENT.ICS >>> 0 || key.length === 0
        ? await icsEvents(call, connection, sSyncState?.ulSyncId ?? 0, sSyncState?.ulChangeId ?? 0)
        : await watchObject(call, connection, key, mask);
  session.group.subscriptions.set(connection, { connection, key, mask, sync: undefined, close });
}

function watchTable({ session }: Call, connection: number, id: number): () => void {
  const table = session.table(id);
  return table.watch(() =>
    session.group.notify({
      ulConnection: connection,
      ulEventType: EVENT.TABLE,
      tab: {
        ulTableEvent: TABLE_CHANGED,
        ulObjType: 0,
        hResult: 0,
        propIndex: { tag: 0, value: 0 },
        propPrior: { tag: 0, value: 0 },
      },
    }),
  );
}

async function watchObject(call: Call, connection: number, key: Buffer, mask: number): Promise<() => void> {
  const { context, session } = call;
  const located = await locate(context, session, key);
  if (located.kind !== 'store') requireRight(located, RIGHT.READ);
  const wanted = located.kind === 'store' ? undefined : key;
  return watchStore(context, located.store, session.group, (entries, store) =>
    objectEvents(call, store, entries, mask, wanted, connection),
  );
}

/** Follows the change feed of a store; what `translate` makes of it goes to a group of sessions. */
export function watchStore(
  context: ServerContext,
  store: MapiStore,
  group: SessionGroup,
  translate: (entries: FeedEntry[], store: MapiStore) => Promise<Notification[]>,
): () => void {
  return followChanges(context, store, async (entries) => {
    for (const notification of await translate(entries, store)) group.notify(notification);
  });
}

async function objectEvents(
  { context, session }: Call,
  store: MapiStore,
  entries: readonly FeedEntry[],
  mask: number,
  wanted: Buffer | undefined,
  connection: number,
): Promise<Notification[]> {
  if ((mask & OBJECT_EVENTS) === 0) return [];
  const { db } = context.store;
  const folders = new Map((await allFolders(db, store)).map((folder) => [folder.id, folder]));
  const ids = entries.flatMap(({ message }) => message ?? []);
  const classes = new Map((await messagesByIds(db, store, ids)).map((facts) => [facts.id.toString('hex'), facts]));
  const events: Notification[] = [];
  const seen = new Map<FolderId, boolean>();
  for (const entry of entries) {
    const event = eventOf(store, folders, entry);
    if (!event) continue;
    // Rights may have changed since the client began to listen, and a whole store has folders that not everybody sees.
    if (!seen.has(entry.folder))
      seen.set(entry.folder, ((await rightsOn(context, session, store, entry.folder)) & RIGHT.READ) !== 0);
    if (!seen.get(entry.folder)) continue;
    const { kind, entryId, parentId, objectType } = event;
    const parent = folders.get(entry.folder);
    if ((mask & kind) !== 0 && (!wanted || entryId.equals(wanted)))
      events.push({
        ulConnection: connection,
        ulEventType: kind,
        obj: {
          pEntryId: entryId,
          ulObjType: objectType,
          ...(parentId && kind !== EVENT.MODIFIED ? { pParentId: parentId } : {}),
        },
      });
    if (
      kind === EVENT.CREATED &&
      entry.message &&
      (mask & EVENT.NEW_MAIL) !== 0 &&
      parent?.role === 'inbox' &&
      classes.has(entry.message.toString('hex'))
    )
      events.push({
        ulConnection: connection,
        ulEventType: EVENT.NEW_MAIL,
        newmail: {
          pEntryId: entryId,
          ...(parentId ? { pParentId: parentId } : {}),
          lpszMessageClass: 'IPM.Note',
          ulMessageFlags: 0,
        },
      });
    // What happens in a folder changes the folder: its counts.
    if (parentId && (mask & EVENT.MODIFIED) !== 0 && kind !== EVENT.MODIFIED && (!wanted || parentId.equals(wanted)))
      events.push({
        ulConnection: connection,
        ulEventType: EVENT.MODIFIED,
        obj: { pEntryId: parentId, ulObjType: OBJECT.FOLDER },
      });
  }
  return events;
}

interface ObjectEvent {
  kind: number;
  entryId: Buffer;
  parentId: Buffer | undefined;
  objectType: number;
}

function eventOf(
  store: MapiStore,
  folders: ReadonlyMap<FolderId, MapiFolder>,
  entry: FeedEntry,
): ObjectEvent | undefined {
  const folder = folders.get(entry.folder);
  const kinds: Record<number, number> = {
    [CHANGE.MESSAGE_NEW]: EVENT.CREATED,
    [CHANGE.MESSAGE_CHANGED]: EVENT.MODIFIED,
    [CHANGE.MESSAGE_EDITED]: EVENT.MODIFIED,
    [CHANGE.MESSAGE_GONE]: EVENT.DELETED,
    [CHANGE.FOLDER_NEW]: EVENT.CREATED,
    [CHANGE.FOLDER_CHANGED]: EVENT.MODIFIED,
    [CHANGE.FOLDER_GONE]: EVENT.DELETED,
  };
  const kind = kinds[entry.kind];
  if (!kind || !folder) return undefined;
  if (entry.message)
    return {
      kind,
      entryId: messageEntryId(store, entry.message),
      parentId: folderEntryId(store, folder),
      objectType: OBJECT.MESSAGE,
    };
  const parent = folder.parent === null ? undefined : folders.get(folder.parent);
  return {
    kind,
    entryId: folderEntryId(store, folder),
    parentId: parent && folderEntryId(store, parent),
    objectType: OBJECT.FOLDER,
  };
}
