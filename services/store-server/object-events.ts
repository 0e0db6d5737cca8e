import { OBJECT } from '../../shared/mapi/property-document.ts';
import type { NotificationObject } from '../../shared/protocol/soap/interface.ts';
import type { Change } from '../../shared/store/engine/changes.ts';
import { CHANGE } from '../../shared/store/engine/changes.ts';
import type { FolderId, MessageId } from '../../shared/store/engine/ids.ts';
import { folderEntryId, messageEntryId } from '../../shared/store/folders/entry-ids.ts';
import type { MapiFolder } from '../../shared/store/folders/mapi-folders.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';

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

/** What a mask says beside kinds of events: of which objects, those in a folder too; and none for the counts of folders. */
export const ABOUT = { MESSAGES: 0x10000, FOLDERS: 0x20000, NO_COUNTERS: 0x40000 } as const;

/** Something that has happened to a message or a folder. */
export interface ObjectEvent {
  kind: number;
  type: number;
  id: Buffer;
  parent: Buffer | undefined;
  oldParent: Buffer | undefined;
  /** Whose rights say who may know: the folder itself, or the one that a message is in. */
  folder: FolderId;
  /** Where a message was before it was moved. */
  oldFolder: FolderId | undefined;
  message: MessageId | undefined;
  /** Only the counts of a folder have changed, by what has happened in it. */
  counter: boolean;
}

/** The folders of a store by number, deleted ones too. */
export type FolderLookup = ReadonlyMap<FolderId, MapiFolder>;

/**
 * What changes of a store mean to who watches it. `parents`: where each folder was before them. A message that is gone from one folder and
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
      events.push(messageEvent(store, folders, next, EVENT.MOVED, entry.folder));
      counted.add(entry.folder).add(next.folder);
      i++;
    } else if (entry.message) {
      events.push(messageEvent(store, folders, entry, MESSAGE_EVENTS[entry.kind] ?? EVENT.MODIFIED));
      if (entry.kind !== CHANGE.MESSAGE_EDITED) counted.add(entry.folder);
    } else {
      const event = folderEvent(store, folders, parents, entry);
      if (!event) continue;
      events.push(event);
      const parent = folders.get(entry.folder)?.parent;
      if (event.kind !== EVENT.MODIFIED && parent) counted.add(parent);
    }
  }
  return [...events, ...[...counted].flatMap((folder) => counterEvent(store, folders, folder) ?? [])];
}

const MESSAGE_EVENTS: Record<number, number> = {
  [CHANGE.MESSAGE_NEW]: EVENT.CREATED,
  [CHANGE.MESSAGE_GONE]: EVENT.DELETED,
};

const FOLDER_EVENTS: Record<number, number> = {
  [CHANGE.FOLDER_NEW]: EVENT.CREATED,
  [CHANGE.FOLDER_CHANGED]: EVENT.MODIFIED,
  [CHANGE.FOLDER_GONE]: EVENT.DELETED,
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
  const moved = kind === EVENT.MODIFIED && before !== undefined && before !== folder.parent;
  return {
    kind: moved ? EVENT.MOVED : kind,
    type: OBJECT.FOLDER,
    id: folderEntryId(store, folder),
    parent: kind === EVENT.MODIFIED && !moved ? undefined : at(folder.parent),
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
    kind: EVENT.MODIFIED,
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

/** What a client watches: a whole store, or one folder or message. */
export type Watched = { store: true } | { id: Buffer };

/** Whether a client that watches something with a mask is told of an event. */
export function isWanted(watched: Watched, mask: number, event: ObjectEvent): boolean {
  if ((mask & event.kind) === 0) return false;
  const types = mask & (ABOUT.MESSAGES | ABOUT.FOLDERS);
  if (types !== 0 && (types & (event.type === OBJECT.MESSAGE ? ABOUT.MESSAGES : ABOUT.FOLDERS)) === 0) return false;
  // Who watches a whole store is told what has changed in it, and need not hear of it a second time.
  if (event.counter && ('store' in watched || (mask & ABOUT.NO_COUNTERS) !== 0)) return false;
  if ('store' in watched || event.id.equals(watched.id)) return true;
  const { parent, oldParent } = event;
  const within = event.type === OBJECT.MESSAGE && (mask & ABOUT.MESSAGES) !== 0;
  return within && (parent?.equals(watched.id) === true || oldParent?.equals(watched.id) === true);
}

/** An event as clients are told of it. */
export const wireEvent = ({ id, type, kind, parent, oldParent }: ObjectEvent): NotificationObject => ({
  pEntryId: id,
  ulObjType: type,
  ...(parent ? { pParentId: parent } : {}),
  ...(kind === EVENT.MOVED ? { pOldId: id } : {}),
  ...(oldParent ? { pOldParentId: oldParent } : {}),
});
