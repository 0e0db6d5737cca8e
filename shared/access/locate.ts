import { decodeEntryId } from '../mapi/entry-id.ts';
import { PamojaError } from '../mapi/error.ts';
import { OBJECT } from '../mapi/property-document.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { Folder } from '../store/folders/folder.ts';
import { ALL_RIGHTS } from '../store/folders/rights.ts';
import {
  type FolderInStore,
  folderInStoreOf,
  folderInStoreStatement,
  type MessageInStore,
  messageInStoreOf,
  messageInStoreStatement,
} from '../store/messages/entry-id-lookup.ts';
import { VIEW } from '../store/messages/message-facts.ts';
import type { MapiStore } from '../store/stores/stores.ts';
import type { Caller } from './caller.ts';
import { findStore, ownsStore, requireRight, rightsOn } from './store-rights.ts';

/** The object of an entry id, with the caller's rights on it. */
export type Located =
  | { kind: 'store'; store: MapiStore; owner: boolean }
  | { kind: 'folder'; store: MapiStore; owner: boolean; folder: Folder; rights: number }
  | ({ kind: 'message'; owner: boolean; rights: number } & MessageInStore);

export type LocatedFolder = Extract<Located, { kind: 'folder' }>;
export type LocatedMessage = Extract<Located, { kind: 'message' }>;

/**
 * Finds the object of an entry id: soft-deleted ones only with `deleted`, a message with its content with `withContent`. Throws
 * INVALID_ENTRYID, and NOT_FOUND for an object that does not exist or is in a tenant that the caller does not see.
 */
export async function locate(
  context: StoreContext,
  caller: Caller,
  entryId: Buffer | undefined,
  { deleted = false, withContent = false } = {},
): Promise<Located> {
  const { store: guid, type, guid: object } = decodeEntryId(entryId);
  const { db } = context;
  const { scope } = caller;
  switch (type) {
    case OBJECT.MESSAGE: {
      const [row] = await messageInStoreStatement(db, scope, guid, object, withContent).execute();
      return locatedMessage(context, caller, messageInStoreOf(row), deleted);
    }
    case OBJECT.FOLDER: {
      const [row] = await folderInStoreStatement(db, scope, guid, object).execute();
      return locatedFolder(context, caller, folderInStoreOf(row, deleted));
    }
    case OBJECT.STORE: {
      const store = await findStore(context, caller, guid);
      return { kind: 'store', store, owner: await ownsStore(context, caller, store) };
    }
    default:
      throw new PamojaError('INVALID_ENTRYID', 'the entry id is not of a store, folder or message');
  }
}

/** Adds the caller's rights to a message. Throws NOT_FOUND for a soft-deleted message, and with `deleted` for any other. */
export async function locatedMessage(
  context: StoreContext,
  caller: Caller,
  placed: MessageInStore,
  deleted = false,
): Promise<LocatedMessage> {
  if ((placed.message.view === VIEW.DELETED) !== deleted) throw new PamojaError('NOT_FOUND', 'no such message');
  const owner = await ownsStore(context, caller, placed.store);
  const rights = owner ? ALL_RIGHTS : await rightsOn(context, caller, placed.store, placed.folder.id);
  return { kind: 'message', owner, rights, ...placed };
}

/** Adds the caller's rights to a folder. */
export async function locatedFolder(
  context: StoreContext,
  caller: Caller,
  placed: FolderInStore,
): Promise<LocatedFolder> {
  const owner = await ownsStore(context, caller, placed.store);
  const rights = owner ? ALL_RIGHTS : await rightsOn(context, caller, placed.store, placed.folder.id);
  return { kind: 'folder', owner, rights, ...placed };
}

/** Finds a folder on which the caller has a right. Throws INVALID_ENTRYID, NOT_FOUND and NO_ACCESS. */
export async function locateFolder(
  context: StoreContext,
  caller: Caller,
  entryId: Buffer | undefined,
  right: number,
): Promise<LocatedFolder> {
  const located = await locate(context, caller, entryId);
  if (located.kind !== 'folder') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a folder');
  requireRight(located, right);
  return located;
}

/** Finds a message whose folder gives the caller a right. Throws INVALID_ENTRYID, NOT_FOUND and NO_ACCESS. */
export async function locateMessage(
  context: StoreContext,
  caller: Caller,
  entryId: Buffer | undefined,
  right: number,
): Promise<LocatedMessage> {
  const located = await locate(context, caller, entryId);
  if (located.kind !== 'message') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a message');
  requireRight(located, right);
  return located;
}
