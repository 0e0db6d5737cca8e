import { FNEV, FNEV_ABOUT } from '../../shared/mapi/notification-events.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import type { NotificationObject } from '../../shared/protocol/soap/interface.ts';
import type { Change } from '../../shared/store/engine/changes.ts';
import { CHANGE } from '../../shared/store/engine/changes.ts';
import type { FolderId, MessageId } from '../../shared/store/engine/ids.ts';
import { folderEntryId, messageEntryId } from '../../shared/store/folders/entry-ids.ts';
import type { Folder } from '../../shared/store/folders/folder.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';

/** Something that has happened to a message or a folder. */
export interface ObjectEvent {
  kind: number;
  type: number;
  id: Buffer;
  parent: Buffer | undefined;
  oldParent: Buffer | undefined;
  /** The folder whose rights decide who is told: the folder itself, or that of the message. */
  folder: FolderId;
  /** The folder of a message before it was moved. */
  oldFolder: FolderId | undefined;
  message: MessageId | undefined;
  /** True when only the counts of a folder have changed, because its messages or subfolders have. */
  counter: boolean;
}

/** The folders of a store by id, deleted ones included. */
export type FolderLookup = ReadonlyMap<FolderId, Folder>;

/**
 * Converts changes of a store to events. `parents`: the parent of each folder before the changes. A message that is gone from one folder and
 * then new in another was moved; one that is gone and then edited was saved.
 */
export function eventsOf(
  store: MapiStore,
  entries: readonly Change[],
  folders: FolderLookup,
  parents: ReadonlyMap<FolderId, FolderId | null>,
): ObjectEvent[] {
  const events: ObjectEvent[] = [];
  const counted = new Set<FolderId>();
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i];
    if (!entry) continue;
    const next = entries[i + 1];
    const again = entry.kind === CHANGE.MESSAGE_GONE && next?.message && entry.message?.equals(next.message);
    if (again && next.kind === CHANGE.MESSAGE_EDITED) continue;
    if (again && next.kind === CHANGE.MESSAGE_NEW) {
      events.push(messageEvent(store, folders, next, FNEV.OBJECT_MOVED, entry.folder));
      counted.add(entry.folder).add(next.folder);
      i++;
    } else if (entry.message) {
      events.push(messageEvent(store, folders, entry, MESSAGE_EVENTS[entry.kind] ?? FNEV.OBJECT_MODIFIED));
      if (entry.kind !== CHANGE.MESSAGE_EDITED) counted.add(entry.folder);
    } else {
      const event = folderEvent(store, folders, parents, entry);
      if (!event) continue;
      events.push(event);
      const parent = folders.get(entry.folder)?.parent;
      if (event.kind !== FNEV.OBJECT_MODIFIED && parent) counted.add(parent);
    }
  }
  return [...events, ...[...counted].flatMap((folder) => counterEvent(store, folders, folder) ?? [])];
}

const MESSAGE_EVENTS: Record<number, number> = {
  [CHANGE.MESSAGE_NEW]: FNEV.OBJECT_CREATED,
  [CHANGE.MESSAGE_GONE]: FNEV.OBJECT_DELETED,
};

const FOLDER_EVENTS: Record<number, number> = {
  [CHANGE.FOLDER_NEW]: FNEV.OBJECT_CREATED,
  [CHANGE.FOLDER_CHANGED]: FNEV.OBJECT_MODIFIED,
  [CHANGE.FOLDER_GONE]: FNEV.OBJECT_DELETED,
};

function messageEvent(
  store: MapiStore,
  folders: FolderLookup,
  { folder, message }: Change,
  kind: number,
  oldFolder?: FolderId,
): ObjectEvent {
  const idOf = (id: FolderId | undefined) => {
    const found = id === undefined ? undefined : folders.get(id);
    return found && folderEntryId(store, found);
  };
  return {
    kind,
    type: OBJECT.MESSAGE,
    id: messageEntryId(store, message ?? Buffer.alloc(16)),
    parent: idOf(folder),
    oldParent: idOf(oldFolder),
    folder,
    oldFolder,
    message: message ?? undefined,
    counter: false,
  };
}

function folderEvent(
  store: MapiStore,
  folders: FolderLookup,
  parents: ReadonlyMap<FolderId, FolderId | null>,
  entry: Change,
): ObjectEvent | undefined {
  const folder = folders.get(entry.folder);
  const kind = FOLDER_EVENTS[entry.kind];
  if (!kind || !folder) return undefined;
  const at = (id: FolderId | null | undefined) => {
    const found = id ? folders.get(id) : undefined;
    return found && folderEntryId(store, found);
  };
  const before = parents.get(folder.id);
  const moved = kind === FNEV.OBJECT_MODIFIED && before !== undefined && before !== folder.parent;
  return {
    kind: moved ? FNEV.OBJECT_MOVED : kind,
    type: OBJECT.FOLDER,
    id: folderEntryId(store, folder),
    parent: kind === FNEV.OBJECT_MODIFIED && !moved ? undefined : at(folder.parent),
    oldParent: moved ? at(before) : undefined,
    folder: folder.id,
    oldFolder: undefined,
    message: undefined,
    counter: false,
  };
}

function counterEvent(store: MapiStore, folders: FolderLookup, id: FolderId): ObjectEvent | undefined {
  const folder = folders.get(id);
  if (!folder || folder.deletedAt > 0) return undefined;
  return {
    kind: FNEV.OBJECT_MODIFIED,
    type: OBJECT.FOLDER,
    id: folderEntryId(store, folder),
    parent: undefined,
    oldParent: undefined,
    folder: id,
    oldFolder: undefined,
    message: undefined,
    counter: true,
  };
}

/** The object that a client watches: a whole store, or one folder or message. */
export type Watched = { store: true } | { id: Buffer };

/** Whether a client that watches an object with a mask is told of an event. */
export function isWanted(watched: Watched, mask: number, event: ObjectEvent): boolean {
  if ((mask & event.kind) === 0) return false;
  const types = mask & (FNEV_ABOUT.OBJTYPE_MESSAGE | FNEV_ABOUT.OBJTYPE_FOLDER);
  if (
    types !== 0 &&
    (types & (event.type === OBJECT.MESSAGE ? FNEV_ABOUT.OBJTYPE_MESSAGE : FNEV_ABOUT.OBJTYPE_FOLDER)) === 0
  )
    return false;
  // A client that watches a whole store is told of the message itself, so it does not need the changed counts.
  if (event.counter && ('store' in watched || (mask & FNEV_ABOUT.IGNORE_COUNTERS) !== 0)) return false;
  if ('store' in watched || event.id.equals(watched.id)) return true;
  const { parent, oldParent } = event;
  const within = event.type === OBJECT.MESSAGE && (mask & FNEV_ABOUT.OBJTYPE_MESSAGE) !== 0;
  return within && (parent?.equals(watched.id) === true || oldParent?.equals(watched.id) === true);
}

/** An event as SOAP transfers it. */
export const wireEvent = ({ id, type, kind, parent, oldParent }: ObjectEvent): NotificationObject => ({
  pEntryId: id,
  ulObjType: type,
  ...(parent ? { pParentId: parent } : {}),
  ...(kind === FNEV.OBJECT_MOVED ? { pOldId: id } : {}),
  ...(oldParent ? { pOldParentId: oldParent } : {}),
});
