import { locate } from '../../shared/access/locate.ts';
import { mayInEach, requireRight } from '../../shared/access/store-rights.ts';
import { followChanges } from '../../shared/ics/follow-changes.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { MSGFLAG } from '../../shared/mapi/message-flags.ts';
import { FNEV } from '../../shared/mapi/notification-events.ts';
import type { Property } from '../../shared/mapi/property.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { Notification, NotifySubscribe } from '../../shared/protocol/soap/interface.ts';
import type { FolderId } from '../../shared/store/engine/ids.ts';
import { type Folder, foldersByIds, listFolders } from '../../shared/store/folders/folder.ts';
import { RIGHT } from '../../shared/store/folders/rights.ts';
import { FLAG } from '../../shared/store/messages/flags.ts';
import { messageClasses } from '../../shared/store/messages/message-facts.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';
import { eventsOf, type FolderLookup, isWanted, type ObjectEvent, type Watched, wireEvent } from './object-events.ts';
import type { Call } from './operations/operation.ts';
import { icsEvents } from './sync-events.ts';
import type { TableEvent } from './tables/table-watch.ts';

/** The most subscriptions of one client: each is compared with every change. A mail client has some dozens. */
const MAX_SUBSCRIPTIONS = 500;

const OBJECT_EVENTS =
  FNEV.NEW_MAIL |
  FNEV.OBJECT_CREATED |
  FNEV.OBJECT_DELETED |
  FNEV.OBJECT_MODIFIED |
  FNEV.OBJECT_MOVED |
  FNEV.OBJECT_COPIED;

/** Adds a subscription to an object, a table or a synchronisation. */
export async function subscribeToNotifications(call: Call, wanted: NotifySubscribe): Promise<void> {
  const { session } = call;
  const { ulConnection: connection, sKey, ulEventMask: mask, sSyncState } = wanted;
  session.group.unsubscribe(connection);
  if (session.group.subscriptions.size >= MAX_SUBSCRIPTIONS)
    throw new PamojaError('NOT_ENOUGH_MEMORY', 'the client listens to too many things');
  const key = sKey ?? Buffer.alloc(0);
  const close =
    (mask & FNEV.TABLE_MODIFIED) !== 0 && key.length === 4
      ? await watchTable(call, connection, key.readUInt32LE(0))
      : mask >>> 0 === FNEV.KOPANO_ICS_CHANGE >>> 0 || key.length === 0
        ? await icsEvents(call, connection, sSyncState?.ulSyncId ?? 0, sSyncState?.ulChangeId ?? 0)
        : await watchObject(call, connection, key, mask);
  session.group.subscriptions.set(connection, { connection, key, mask, sync: undefined, close });
}

async function watchTable({ session }: Call, connection: number, id: number): Promise<() => void> {
  const table = session.table(id);
  return table.watch((events) => {
    for (const event of events)
      session.group.notify({ ulConnection: connection, ulEventType: FNEV.TABLE_MODIFIED, tab: wireTableEvent(event) });
  });
}

/** PR_NULL takes the place of a missing row. */
const NO_ROW: Property = { tag: 1, value: 0 };
const keyOf = (key: Buffer | undefined): Property => (key ? { tag: PR.INSTANCE_KEY, value: key } : NO_ROW);

const wireTableEvent = ({ kind, objectType, key, prior, row }: TableEvent): NonNullable<Notification['tab']> => ({
  ulTableEvent: kind,
  ulObjType: objectType,
  hResult: 0,
  propIndex: keyOf(key),
  propPrior: keyOf(prior),
  ...(row ? { pRow: row } : {}),
});

async function watchObject(call: Call, connection: number, key: Buffer, mask: number): Promise<() => void> {
  const { context, session } = call;
  const { db } = context.store;
  const located = await locate(context.store, session.caller, key);
  if (located.kind !== 'store') requireRight(located, RIGHT.READ);
  if ((mask & OBJECT_EVENTS) === 0) return () => {};
  const { store } = located;
  const watched: Watched = located.kind === 'store' ? { store: true } : { id: key };
  let parents = parentsOf(await listFolders(db, store));
  return followChanges(context, store, async (entries) => {
    const live = await listFolders(db, store);
    const folders = new Map(live.map((folder) => [folder.id, folder]));
    const gone = entries.map(({ folder }) => folder).filter((id) => !folders.has(id));
    for (const folder of await foldersByIds(db, store, [...new Set(gone)])) folders.set(folder.id, folder);
    const events = eventsOf(store, entries, folders, parents);
    for (const notification of await told(call, store, folders, events, { watched, mask }))
      session.group.notify({ ulConnection: connection, ...notification });
    parents = parentsOf(live);
  });
}

const parentsOf = (folders: readonly Folder[]): Map<FolderId, FolderId | null> =>
  new Map(folders.map(({ id, parent }) => [id, parent]));

type Told = Omit<Notification, 'ulConnection'>;

/** The notifications for a client: the events that it wants and may see. */
async function told(
  call: Call,
  store: MapiStore,
  folders: FolderLookup,
  events: readonly ObjectEvent[],
  { watched, mask }: { watched: Watched; mask: number },
): Promise<Told[]> {
  const { context, session } = call;
  // Rights are checked for each event: they may have changed since the client subscribed, and a whole store has folders that the client may not see.
  const may = events.length === 0 ? () => false : await mayInEach(context.store, session.caller, store, RIGHT.READ);
  const mayRead = (id: FolderId): boolean => {
    const folder = folders.get(id);
    // A deleted folder has no rights any more: clients that may read its parent are told.
    if (folder && folder.deletedAt > 0 && folder.parent !== null) return mayRead(folder.parent);
    return may(id);
  };
  const visible: ObjectEvent[] = [];
  for (const event of events) {
    const seen = mayRead(event.folder);
    const sawBefore = event.oldFolder !== undefined && mayRead(event.oldFolder);
    if (event.oldFolder !== undefined && seen !== sawBefore) visible.push(...halfSeen(event, folders, seen));
    else if (seen) visible.push(event);
  }
  const found = visible
    .filter((event) => isWanted(watched, mask, event))
    .map((event): Told => ({ ulEventType: event.kind, obj: wireEvent(event) }));
  return [...found, ...((mask & FNEV.NEW_MAIL) !== 0 ? await newMail(call, store, folders, visible, watched) : [])];
}

/** A move out of the folders that a client may read is a deletion to this client, and one into them a new object. */
function halfSeen(event: ObjectEvent, folders: FolderLookup, seesTarget: boolean): ObjectEvent[] {
  const { oldFolder, oldParent } = event;
  if (oldFolder === undefined || !folders.has(oldFolder)) return [];
  const there = seesTarget
    ? { kind: FNEV.OBJECT_CREATED }
    : { kind: FNEV.OBJECT_DELETED, folder: oldFolder, parent: oldParent };
  return [{ ...event, ...there, oldFolder: undefined, oldParent: undefined }];
}

/** The new messages in the Inbox. */
async function newMail(
  { context }: Call,
  store: MapiStore,
  folders: FolderLookup,
  events: readonly ObjectEvent[],
  watched: Watched,
): Promise<Told[]> {
  const arrived = events.filter(
    ({ kind, folder, message, parent }) =>
      kind === FNEV.OBJECT_CREATED &&
      message !== undefined &&
      folders.get(folder)?.role === 'inbox' &&
      ('store' in watched || parent?.equals(watched.id) === true),
  );
  const ids = arrived.flatMap(({ message }) => message ?? []);
  const rows = new Map(
    (await messageClasses(context.store.db, store, ids)).map((row) => [row.id.toString('hex'), row]),
  );
  return arrived.flatMap(({ id, parent, message }): Told[] => {
    const row = rows.get(message?.toString('hex') ?? '');
    // The message has been deleted already.
    if (!row) return [];
    return [
      {
        ulEventType: FNEV.NEW_MAIL,
        newmail: {
          pEntryId: id,
          ...(parent ? { pParentId: parent } : {}),
          lpszMessageClass: row.messageClass,
          ulMessageFlags:
            ((row.flags & FLAG.SEEN) !== 0 ? MSGFLAG.READ : 0) | (row.hasAttachments ? MSGFLAG.HASATTACH : 0),
        },
      },
    ];
  });
}
