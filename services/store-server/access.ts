import { mayAdminister } from '../../shared/access/may-administer.ts';
import { adminLevelOf } from '../../shared/directory/entries/user-id.ts';
import { decodeEntryId } from '../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import type { FolderId } from '../../shared/store/engine/ids.ts';
import { folderEntryId, messageEntryId, storeEntryId } from '../../shared/store/folders/entry-ids.ts';
import { allFolders, type MapiFolder } from '../../shared/store/folders/mapi-folders.ts';
import { ALL_RIGHTS, aclOfStore, rightsIn } from '../../shared/store/folders/rights.ts';
import { VIEW } from '../../shared/store/messages/mapi-messages.ts';
import {
  type PlacedFolder,
  type PlacedMessage,
  placedFolderOf,
  placedFolderStatement,
  placedMessageOf,
  placedMessageStatement,
} from '../../shared/store/messages/message-location.ts';
import { type MapiStore, storeByGuid } from '../../shared/store/stores/stores.ts';
import type { ServerContext } from './context.ts';
import { refreshCaller } from './refresh-caller.ts';
import type { Session } from './session.ts';

/** Something that an entry id stands for, and what the session may do there. */
export type Located =
  | { kind: 'store'; store: MapiStore; owner: boolean }
  | { kind: 'folder'; store: MapiStore; owner: boolean; folder: MapiFolder; rights: number }
  | ({ kind: 'message'; owner: boolean; rights: number } & PlacedMessage);

export type LocatedFolder = Extract<Located, { kind: 'folder' }>;
export type LocatedMessage = Extract<Located, { kind: 'message' }>;

/**
 * Whether the session has every right on a store: its user's own, one of a company that it administers, or any for SYSTEM. The mailbox of
 * somebody with more rights is no different from any other's: what comes into it, such as a new password, would give those rights.
 */
export async function ownsStore(context: ServerContext, { caller }: Session, store: MapiStore): Promise<boolean> {
  if (caller.system || caller.administers === 'all') return true;
  if (store.kind !== 'public' && store.user === caller.user && store.tenant === caller.tenant) return true;
  if (!caller.administers.includes(store.tenant)) return false;
  if (store.user === null) return true;
  const { db } = context.store;
  const adminLevel = await adminLevelOf(db, store.tenant, store.user);
  // Of a user who was deleted: an orphan of the company.
  if (adminLevel === undefined) return true;
  const owner = { tenant: store.tenant, id: store.user, adminLevel };
  return mayAdminister(db, { reaches: caller.administers, administers: caller.administers }, owner);
}

/** A store by its GUID. One of a company that the session does not see is not there. */
export async function findStore(context: ServerContext, session: Session, guid: Buffer): Promise<MapiStore> {
  return storeByGuid(context.store.db, session.caller.scope, guid);
}

/** What the session may do in a folder. */
export async function rightsOn(
  context: ServerContext,
  session: Session,
  store: MapiStore,
  folder: FolderId,
): Promise<number> {
  return (await rightsOnEach(context, session, store))(folder);
}

/** What the session may do in each folder of a store, as things stand now; nothing in a folder that is made later. */
export async function rightsOnEach(
  context: ServerContext,
  session: Session,
  store: MapiStore,
): Promise<(folder: FolderId) => number> {
  // What tells a client of changes asks too, without a call of its own.
  await refreshCaller(context, session);
  if (await ownsStore(context, session, store)) return () => ALL_RIGHTS;
  const { db } = context.store;
  const [folders, acl] = await Promise.all([allFolders(db, store), aclOfStore(db, store)]);
  // A group of another company has the same number as one of this: only Everyone is the same everywhere, and only at home.
  const groups = store.tenant === session.caller.tenant ? session.caller.groups : [];
  const known = new Set(folders.map(({ id }) => id));
  const rights = rightsIn(store.kind, acl, folders, {
    tenant: session.caller.tenant,
    user: session.caller.user,
    groups,
  });
  return (folder) => (known.has(folder) ? rights(folder) : 0);
}

/** Whether the session has a right on each folder. */
export async function mayInEach(
  context: ServerContext,
  session: Session,
  store: MapiStore,
  right: number,
): Promise<(folder: FolderId) => boolean> {
  const rights = await rightsOnEach(context, session, store);
  return (folder) => (rights(folder) & right) === right;
}

/** Finds what an entry id stands for, soft-deleted things only where they are asked for, a message with its content where that is wanted. Throws INVALID_ENTRYID, and NOT_FOUND for what is not there or may not be known of. */
export async function locate(
  context: ServerContext,
  session: Session,
  entryId: Buffer | undefined,
  { deleted = false, withContent = false } = {},
): Promise<Located> {
  const { store: guid, type, guid: object } = decodeEntryId(entryId);
  const { db } = context.store;
  const { scope } = session.caller;
  switch (type) {
    case OBJECT.MESSAGE: {
      const [row] = await placedMessageStatement(db, scope, guid, object, withContent).execute();
      return locatedMessage(context, session, placedMessageOf(row), deleted);
    }
    case OBJECT.FOLDER: {
      const [row] = await placedFolderStatement(db, scope, guid, object).execute();
      return locatedFolder(context, session, placedFolderOf(row, deleted));
    }
    case OBJECT.STORE: {
      const store = await findStore(context, session, guid);
      return { kind: 'store', store, owner: await ownsStore(context, session, store) };
    }
    default:
      throw new PamojaError('INVALID_ENTRYID', 'the entry id is of no kind that a store has');
  }
}

/** A message as the session has it. Throws NOT_FOUND for one that is deleted; with `deleted`, for one that is not. */
export async function locatedMessage(
  context: ServerContext,
  session: Session,
  placed: PlacedMessage,
  deleted = false,
): Promise<LocatedMessage> {
  if ((placed.message.view === VIEW.DELETED) !== deleted) throw new PamojaError('NOT_FOUND', 'no such message');
  const owner = await ownsStore(context, session, placed.store);
  const rights = owner ? ALL_RIGHTS : await rightsOn(context, session, placed.store, placed.folder.id);
  return { kind: 'message', owner, rights, ...placed };
}

/** A folder as the session has it. */
export async function locatedFolder(
  context: ServerContext,
  session: Session,
  placed: PlacedFolder,
): Promise<LocatedFolder> {
  const owner = await ownsStore(context, session, placed.store);
  const rights = owner ? ALL_RIGHTS : await rightsOn(context, session, placed.store, placed.folder.id);
  return { kind: 'folder', owner, rights, ...placed };
}

export async function locateFolder(
  context: ServerContext,
  session: Session,
  entryId: Buffer | undefined,
  right: number,
): Promise<LocatedFolder> {
  const located = await locate(context, session, entryId);
  if (located.kind !== 'folder') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a folder');
  requireRight(located, right);
  return located;
}

export async function locateMessage(
  context: ServerContext,
  session: Session,
  entryId: Buffer | undefined,
  right: number,
): Promise<LocatedMessage> {
  const located = await locate(context, session, entryId);
  if (located.kind !== 'message') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a message');
  requireRight(located, right);
  return located;
}

/** Throws NO_ACCESS, or for who may not even see the folder NO_ACCESS too: its entry id is no secret worth a second answer. */
export function requireRight({ rights }: { rights: number }, right: number): void {
  if ((rights & right) !== right) throw new PamojaError('NO_ACCESS', 'you may not do that here');
}

export { folderEntryId, messageEntryId, storeEntryId };
