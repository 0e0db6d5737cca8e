import { locate, locateFolder } from '../../../shared/access/locate.ts';
import { mayInEach, ownsStore, requireRight, rightsOn } from '../../../shared/access/store-rights.ts';
import { addressBookEntryId, callerEntryId } from '../../../shared/address-book/address-book-ids.ts';
import { GLOBAL_ADDRESS_BOOK } from '../../../shared/address-book/containers.ts';
import {
  AB_CHANGE,
  addressBookChanges as changesOfAddressBook,
  lastAddressBookChange,
} from '../../../shared/directory/entries/address-book-changes.ts';
import {
  type DirectoryEntryId,
  directoryEntryId,
  groupsByIds,
  listGroupsOf,
  listUsersOf,
  usersByIds,
} from '../../../shared/directory/entries/entries.ts';
import { hardQuotaOf } from '../../../shared/directory/quota/store-quota.ts';
import { exportMessages } from '../../../shared/ics/export-messages.ts';
import { folderBySourceKey } from '../../../shared/ics/folder-by-source-key.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { MSGFLAG } from '../../../shared/mapi/message-flags.ts';
import { MAPI_ASSOCIATED } from '../../../shared/mapi/operation-flags.ts';
import type { PropertyValue } from '../../../shared/mapi/property.ts';
import { FIRST_NAMED, PR, type PropertyTag, propertyId } from '../../../shared/mapi/property-tags.ts';
import type { Restriction } from '../../../shared/mapi/restriction.ts';
import { restrictedTags } from '../../../shared/mapi/restriction.ts';
import { testOf } from '../../../shared/mapi/restriction-matcher.ts';
import { ICS, ICS_SYNC, SYNC } from '../../../shared/mapi/sync-flags.ts';
import { append } from '../../../shared/platform/append.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { filterYielding } from '../../../shared/platform/yielding-filter.ts';
import { readMessageStream, type StreamName, type StreamObject } from '../../../shared/protocol/message-stream.ts';
import type { IcsChange } from '../../../shared/protocol/soap/interface.ts';
import { restrictionOf } from '../../../shared/protocol/soap/restriction.ts';
import { idsOfNames } from '../../../shared/store/content/named-properties.ts';
import { bagOf } from '../../../shared/store/content/property-list.ts';
import { CHANGE, type Change, folderChangesAfter, messageChangesAfter } from '../../../shared/store/engine/changes.ts';
import type { FolderId, MessageId, StoreId } from '../../../shared/store/engine/ids.ts';
import { folderSourceKey, messageSourceKey } from '../../../shared/store/folders/change-keys.ts';
import { folderEntryId, messageEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { type Folder, folderById, listFolders } from '../../../shared/store/folders/folder.ts';
import { ALL_RIGHTS, RIGHT } from '../../../shared/store/folders/rights.ts';
import { FLAG } from '../../../shared/store/messages/flags.ts';
import {
  factsOf,
  type MessageFacts,
  messageStatement,
  messagesByIds,
  VIEW,
} from '../../../shared/store/messages/message-facts.ts';
import { messagePropertyList } from '../../../shared/store/messages/message-properties.ts';
import type { ObjectChange } from '../../../shared/store/messages/object-change.ts';
import { openMessage } from '../../../shared/store/messages/open-message.ts';
import { saveMessage } from '../../../shared/store/messages/save-message.ts';
import { foldersBySourceKey, messageBySourceKey } from '../../../shared/store/messages/source-key-lookup.ts';
import { type MapiStore, storeOfUser } from '../../../shared/store/stores/stores.ts';
import { advanceSync, createSync, findSyncs, storeOfSync } from '../../../shared/store/stores/sync-states.ts';
import { isCheap } from '../../../shared/store/tables/message-columns.ts';
import type { MessageTableRow } from '../../../shared/store/tables/message-table-row.ts';
import { messageRows, openRows } from '../../../shared/store/tables/open-rows.ts';
import { cellOf } from '../tables/cell.ts';
import type { Call, Operations } from './operation.ts';

/** SYSTEM has no store: what it synchronises without a folder is the server as a whole, as indexers ask for it. */
const ofNoStore = ({ session }: Call, key: Buffer | undefined): boolean =>
  session.caller.system && (key === undefined || key.length === 0);

/** A client's synchronisation, or what it says that it is; undefined for one of no store. */
async function placeOf(call: Call, key: Buffer | undefined, syncId: number) {
  const { context, session } = call;
  const { caller } = session;
  const [sync] = syncId > 0 ? await findSyncs(context.store, caller.tenant, caller.user, [syncId]) : [];
  const wanted = key && key.length > 0 ? key : sync?.sourceKey;
  if (wanted && wanted.length > 0) return folderBySourceKey(context.store, caller, wanted);
  if (ofNoStore(call, key) && (!sync || sync.store === 0)) return undefined;
  // One that was removed with the store's change of hands: the client begins anew.
  if (syncId > 0 && !sync) throw new PamojaError('NOT_FOUND', 'no such synchronisation');
  const store = sync
    ? await storeOfSync(context.store.db, sync)
    : await storeOfUser(context.store.db, caller.tenant, caller.user);
  if (!store) throw new PamojaError('NOT_FOUND', 'no such folder');
  // Whose the store was when the synchronisation began says nothing of whose it is now.
  if (!(await ownsStore(context.store, session.caller, store))) throw new PamojaError('NO_ACCESS', 'not your store');
  return { store, folder: undefined, rights: ALL_RIGHTS };
}

export const syncOperations: Operations<
  | 'getChanges'
  | 'setSyncStatus'
  | 'getSyncStates'
  | 'getEntryIDFromSourceKey'
  | 'getChangeInfo'
  | 'exportMessageChangesAsStream'
  | 'importMessageFromStream'
> = {
  async setSyncStatus(call, { sSourceKeyFolder, ulSyncId, ulChangeId, ulChangeType }) {
    const { context, session } = call;
    const { caller } = session;
    if (ulSyncId > 0) {
      await advanceSync(context.store, caller.tenant, caller.user, ulSyncId, ulChangeId);
      return { ulSyncId, er: 0 };
    }
    if (!Object.values(ICS_SYNC).some((type) => type === ulChangeType))
      throw new PamojaError('INVALID_TYPE', 'unknown kind of synchronisation');
    const place = (ulChangeType === ICS_SYNC.AB ? undefined : await placeOf(call, sSourceKeyFolder, 0))?.store ?? {
      tenant: caller.tenant,
      store: 0 as StoreId,
    };
    const id = await createSync(context.store, {
      tenant: place.tenant,
      store: place.store,
      user: caller.user,
      sourceKey: sSourceKeyFolder ?? Buffer.alloc(0),
      changeType: ulChangeType,
      changeId: ulChangeId,
    });
    return { ulSyncId: id, er: 0 };
  },

  async getSyncStates(call, { ulaSyncId }) {
    const { caller } = call.session;
    const syncs = await findSyncs(call.context.store, caller.tenant, caller.user, ulaSyncId ?? []);
    return { sSyncStates: syncs.map(({ id, changeId }) => ({ ulSyncId: id, ulChangeId: changeId })), er: 0 };
  },

  async getChanges(call, request) {
    const { ulSyncId, ulChangeId, ulChangeType, ulFlags, lpsRestrict } = request;
    if (ulChangeType === ICS_SYNC.AB) return addressBookChanges(call, ulChangeId);
    const place = await placeOf(call, request.sSourceKeyFolder, ulSyncId);
    // Changes are numbered by store: of all stores together there is no feed, and whoever asks is up to date.
    if (!place) return { ulMaxChangeId: ulChangeId, er: 0 };
    const { store, folder, rights } = place;
    const folders = await listFolders(call.context.store.db, store);
    const now = { ...store };
    const last = now.changeSeq;
    const restriction = lpsRestrict && restrictionOf(lpsRestrict);
    const contentsOf = (each: Folder) =>
      ulChangeId === 0
        ? firstContents(call, now, each, rights, ulFlags, restriction)
        : contentChanges(call, now, each, rights, ulChangeId, ulSyncId, ulFlags, restriction);
    let found: IcsChange[] = [];
    if (ulChangeType === ICS_SYNC.HIERARCHY)
      found = await folderChanges(call, now, folders, folder, ulChangeId, ulSyncId);
    else if (folder) found = await contentsOf(folder);
    else {
      // Without a folder: what is in any folder of the caller's own store.
      for (const each of folders) if (!each.search) append(found, await contentsOf(each));
      found.sort((a, b) => a.ulChangeId - b.ulChangeId);
    }
    return { ...(found.length > 0 ? { sChangesArray: found } : {}), ulMaxChangeId: Math.max(last, ulChangeId), er: 0 };
  },

  async getEntryIDFromSourceKey(call, { sStoreId, folderSourceKey: folderKey, messageSourceKey: messageKey }) {
    const { context, session } = call;
    const { store } = await locate(context.store, session.caller, sStoreId);
    const folders = await foldersBySourceKey(context.store.db, [store.tenant], folderKey ?? Buffer.alloc(0));
    const folder = folders.find(({ storeGuid }) => storeGuid.equals(store.guid));
    if (!folder) throw new PamojaError('NOT_FOUND', 'no such folder');
    requireRight({ rights: await rightsOn(context.store, session.caller, store, folder.folder.id) }, RIGHT.READ);
    if (!messageKey || messageKey.length === 0) return { sEntryId: folderEntryId(store, folder.folder), er: 0 };
    const message = await messageBySourceKey(context.store.db, store, messageKey);
    if (!message || message.folder !== folder.folder.id || message.view === VIEW.DELETED)
      throw new PamojaError('NOT_FOUND', 'no such message');
    return { sEntryId: messageEntryId(store, message.id), er: 0 };
  },

  async getChangeInfo(call, { sEntryId }) {
    const located = await locate(call.context.store, call.session.caller, sEntryId, { withContent: true });
    if (located.kind !== 'message') throw new PamojaError('INVALID_ENTRYID', 'not the entry id of a message');
    requireRight(located, RIGHT.READ);
    const opened = await openMessage(call.context.store, located.message, located.content);
    const bag = bagOf(messagePropertyList({ ...located, object: opened.object, mime: !opened.whole }));
    return {
      sPropPCL: { tag: PR.PREDECESSOR_CHANGE_LIST, value: bag.get(PR.PREDECESSOR_CHANGE_LIST) as Buffer },
      sPropCK: { tag: PR.CHANGE_KEY, value: bag.get(PR.CHANGE_KEY) as Buffer },
      er: 0,
    };
  },

  async exportMessageChangesAsStream(call, request) {
    const keys = (request['param-1'] ?? []).map(({ sParentKey, sObjectKey }, step) => ({
      step,
      parent: sParentKey ?? Buffer.alloc(0),
      key: sObjectKey ?? Buffer.alloc(0),
    }));
    const tags = request.sPropTags ?? [];
    const exported = await exportMessages(call.context.store, call.session.caller, keys, request.ulPropTag);
    const sMsgStreams = exported.map(({ step, row, stream }) => ({
      ulStep: step,
      sPropVals: tags.map((tag) => cellOf(row, tag)),
      sStreamData: stream,
    }));
    return { ...(sMsgStreams.length > 0 ? { sMsgStreams } : {}), er: 0 };
  },

  async importMessageFromStream(
    call,
    { ulFlags, ulSyncId, sParentEntryId, sEntryId, bIsNew, lpsConflictItems, sStreamData },
  ) {
    const { context, session } = call;
    const parent = await locateFolder(context.store, session.caller, sParentEntryId, RIGHT.CREATE);
    const { guid, store } = decodeEntryId(sEntryId);
    if (!store.equals(parent.store.guid)) throw new PamojaError('INVALID_ENTRYID', 'the entry id is of another store');
    const [[row], hardQuota] = await Promise.all([
      messageStatement(context.store.db, parent.store, guid).execute(),
      hardQuotaOf(context.store, parent.store),
    ]);
    const there = row && factsOf(parent.store, row);
    if (!bIsNew && !there) throw new PamojaError('NOT_FOUND', 'no such message');
    if (there && there.folder !== parent.folder.id)
      requireRight(
        { rights: await rightsOn(context.store, session.caller, parent.store, there.folder) },
        RIGHT.EDIT_ALL,
      );
    if (there) requireRight(parent, RIGHT.EDIT_ALL);
    if (!sStreamData) throw new PamojaError('INVALID_PARAMETER', 'there is no stream');
    const message = readMessageStream(await collect(sStreamData));
    const change = await changeOf(call, message);
    const before = there ? await openMessage(context.store, there) : undefined;
    // The stream is the whole message: what it does not have goes.
    const replaced: ObjectChange = {
      ...change,
      removed: before ? [...before.object.properties.keys()].filter((tag) => !change.set.has(tag)) : [],
      children: [
        ...(before?.object.children ?? []).map(
          ({ id, type }): ObjectChange => ({ id, type, deleted: true, set: new Map(), removed: [], children: [] }),
        ),
        ...change.children,
      ],
    };
    if (lpsConflictItems && Array.isArray(lpsConflictItems.value))
      replaced.set.set(lpsConflictItems.tag, lpsConflictItems.value as PropertyValue);
    const sourceKey = change.set.get(PR.SOURCE_KEY);
    replaced.set.delete(PR.SOURCE_KEY);
    await saveMessage(context.store, parent.store, {
      folder: parent.folder.id,
      id: guid,
      change: replaced,
      associated:
        (ulFlags & MAPI_ASSOCIATED) !== 0 || (Number(change.set.get(PR.MESSAGE_FLAGS) ?? 0) & MSGFLAG.ASSOCIATED) !== 0,
      syncId: ulSyncId,
      hardQuota,
      modifier: { name: session.caller.login, entryId: callerEntryId(call.session.caller) },
      sourceKey: Buffer.isBuffer(sourceKey) ? sourceKey : undefined,
      ...(there ? {} : { there: null }),
    });
    return { result: 0 };
  },
};

const wanted = (view: number, flags: number): boolean => {
  const both = (flags & (SYNC.ASSOCIATED | SYNC.NORMAL)) === 0;
  if (view === VIEW.ASSOCIATED) return (flags & SYNC.ASSOCIATED) !== 0;
  return both || (flags & SYNC.NORMAL) !== 0;
};

async function rowsOf(
  call: Call,
  store: MapiStore,
  folder: Folder,
  rights: number,
  flags: number,
  restriction: Restriction | undefined,
  ids?: Buffer[],
) {
  const { db } = call.context.store;
  const folders = new Map([[folder.id, folder]]);
  const views = [VIEW.LIVE, VIEW.ASSOCIATED].filter((view) => wanted(view, flags));
  const rows: MessageTableRow[] = [];
  if (ids)
    for (let i = 0; i < ids.length; i += 500)
      rows.push(...(await messageRows(db, store, folders, { ids: ids.slice(i, i + 500), views }, () => rights)));
  else
    for (const view of views)
      append(rows, await messageRows(db, store, folders, { folder: folder.id, view }, () => rights));
  if (!restriction) return rows;
  const test = testOf(restriction);
  const costly = restrictedTags(restriction).filter((tag) => !isCheap(tag));
  if (costly.length > 0) await openRows(call.context.store, store, rows, costly);
  return filterYielding(rows, test);
}

/** Everything that is there, the newest first. */
async function firstContents(
  call: Call,
  store: MapiStore,
  folder: Folder,
  rights: number,
  flags: number,
  restriction: Restriction | undefined,
): Promise<IcsChange[]> {
  const rows = await rowsOf(call, store, folder, rights, flags, restriction);
  return rows
    .map(({ facts }) => icsOf(folder, messageSourceKey(facts), facts.contentSeq || facts.modseq, ICS.MESSAGE_NEW))
    .sort((a, b) => b.ulChangeId - a.ulChangeId);
}

const icsOf = (folder: Folder, key: Buffer, changeId: number, type: number, flags = 0): IcsChange => ({
  ulChangeId: changeId,
  sSourceKey: key,
  sParentSourceKey: folderSourceKey(folder),
  ulChangeType: type,
  ulFlags: flags,
});

/** What has happened since; of each message the latest of each kind. */
async function contentChanges(
  call: Call,
  store: MapiStore,
  folder: Folder,
  rights: number,
  after: number,
  syncId: number,
  flags: number,
  restriction: Restriction | undefined,
): Promise<IcsChange[]> {
  const { db } = call.context.store;
  // The protocol has no way to say that there is more: the answer is whole, and what is kept for it is a line for each message.
  const latest = new Map<string, LatestChanges>();
  for await (const entries of messageChangesAfter(db, store, folder.id, after))
    for (const entry of entries) if (syncId === 0 || entry.syncId !== syncId) noteLatest(latest, entry);
  const ids = [...latest.values()].map(({ id }) => id);
  const shown = new Map(
    (await rowsOf(call, store, folder, rights, flags, restriction, ids)).map(({ facts }) => [
      facts.id.toString('hex'),
      facts,
    ]),
  );
  const others = ids.filter((id) => !shown.has(id.toString('hex')));
  const facts = new Map((await messagesByIds(db, store, others)).map((each) => [each.id.toString('hex'), each]));
  const found: IcsChange[] = [];
  for (const [hex, changes] of latest)
    found.push(...changesOfMessage(folder, changes, shown.get(hex) ?? facts.get(hex), shown.has(hex), flags));
  return found.sort((a, b) => a.ulChangeId - b.ulChangeId);
}

/** The numbers of the latest changes of a message, of each kind that a client is told of. */
interface LatestChanges {
  id: MessageId;
  last: number;
  made?: number;
  edited?: number;
  marked?: number;
}

function noteLatest(latest: Map<string, LatestChanges>, { message, seq, kind }: Change): void {
  if (!message) return;
  const key = message.toString('hex');
  const changes = latest.get(key) ?? { id: message, last: seq };
  latest.set(key, changes);
  changes.last = seq;
  if (kind === CHANGE.MESSAGE_NEW) changes.made = seq;
  if (kind === CHANGE.MESSAGE_EDITED) changes.edited = seq;
  if (kind === CHANGE.MESSAGE_CHANGED) changes.marked = seq;
}

function changesOfMessage(
  folder: Folder,
  { id, last, made, edited, marked }: LatestChanges,
  facts: MessageFacts | undefined,
  shown: boolean,
  flags: number,
): IcsChange[] {
  const key = messageSourceKey({ id, sourceKey: facts?.sourceKey ?? null });
  if (!shown) {
    if ((flags & SYNC.NO_DELETIONS) !== 0) return [];
    const soft =
      facts?.view === VIEW.DELETED || (facts !== undefined && facts.folder !== folder.id) || facts !== undefined;
    if (soft && (flags & SYNC.NO_SOFT_DELETIONS) !== 0) return [];
    return [icsOf(folder, key, last, soft ? ICS.MESSAGE_SOFT_DELETE : ICS.MESSAGE_HARD_DELETE)];
  }
  const found: IcsChange[] = [];
  if (made) found.push(icsOf(folder, key, made, ICS.MESSAGE_NEW));
  if (edited) found.push(icsOf(folder, key, edited, ICS.MESSAGE_CHANGE));
  if (marked && !made && !edited && (flags & SYNC.READ_STATE) !== 0)
    found.push(icsOf(folder, key, marked, ICS.MESSAGE_FLAG, (facts?.flags ?? 0) & FLAG.SEEN));
  return found;
}

/** Folders below one, those above first; without a change number all of them. */
async function folderChanges(
  call: Call,
  store: MapiStore,
  folders: readonly Folder[],
  top: Folder | undefined,
  after: number,
  syncId: number,
): Promise<IcsChange[]> {
  const visible = await mayInEach(call.context.store, call.session.caller, store, RIGHT.VISIBLE);
  const all = top ? below(folders, top.id) : folders.filter(({ parent }) => parent !== null);
  const within = all.filter(({ id }) => visible(id));
  const parentOf = (folder: Folder) => folders.find(({ id }) => id === folder.parent) ?? folder;
  if (after === 0)
    return within.map((folder) => icsOf(parentOf(folder), folderSourceKey(folder), folder.changedSeq, ICS.FOLDER_NEW));
  const entries = (await folderChangesAfter(call.context.store.db, store, after)).filter(
    (entry) => syncId === 0 || entry.syncId !== syncId,
  );
  const found: IcsChange[] = [];
  for (const [id, group] of Map.groupBy(entries, (entry) => entry.folder)) {
    const last = group.at(-1);
    const folder = within.find((each) => each.id === id);
    if (!last) continue;
    if (folder) {
      const isNew = group.some(({ kind }) => kind === CHANGE.FOLDER_NEW);
      found.push(
        icsOf(parentOf(folder), folderSourceKey(folder), last.seq, isNew ? ICS.FOLDER_NEW : ICS.FOLDER_CHANGE),
      );
    } else if (last.kind === CHANGE.FOLDER_GONE) {
      const gone = await deletedFolder(call, store, id);
      // What was below another folder is none of the caller's business.
      const wasWithin =
        gone?.parent != null &&
        visible(gone.parent) &&
        (!top || gone.parent === top.id || within.some((each) => each.id === gone.parent));
      if (gone && wasWithin) found.push(icsOf(top ?? gone, folderSourceKey(gone), last.seq, ICS.FOLDER_SOFT_DELETE));
    }
  }
  return found.sort((a, b) => a.ulChangeId - b.ulChangeId);
}

async function deletedFolder(call: Call, store: MapiStore, id: number): Promise<Folder | undefined> {
  try {
    return await folderById(call.context.store.db, store, id as FolderId);
  } catch (error) {
    // Purged meanwhile. Anything else must reach the client, or it would never hear of the deletion.
    if (PamojaError.is(error, 'NOT_FOUND')) return undefined;
    throw error;
  }
}

function below(folders: readonly Folder[], top: number): Folder[] {
  const found = folders.filter(({ parent }) => parent === top);
  for (let i = 0; i < found.length; i++)
    append(
      found,
      folders.filter(({ parent }) => parent === found[i]?.id),
    );
  return found;
}

/** The whole address book at first, then who has come, changed and gone. */
async function addressBookChanges(call: Call, after: number) {
  const { db } = call.context.store;
  const { scope } = call.session.caller;
  // Read first: what happens meanwhile is told again, which does no harm.
  const last = await lastAddressBookChange(db, scope);
  const changes = after === 0 ? [] : await changesOfAddressBook(db, scope, after);
  const idsOf = (kind: string) => [...new Set(changes.filter((change) => change.kind === kind).map(({ id }) => id))];
  // Everybody at first, then those alone of whom there is news.
  const seen =
    after === 0
      ? [...(await listUsersOf(db, scope)), ...(await listGroupsOf(db, scope))]
      : [...(await usersByIds(db, scope, idsOf('user'))), ...(await groupsByIds(db, scope, idsOf('group')))];
  const people = new Map(seen.filter(({ hidden }) => !hidden).map((person) => [`${person.kind} ${person.id}`, person]));
  const icsOf = (ulChangeId: number, person: DirectoryEntryId & { guid: Buffer }, ulChangeType: number): IcsChange => ({
    ulChangeId,
    sSourceKey: addressBookEntryId(person),
    sParentSourceKey: GLOBAL_ADDRESS_BOOK,
    ulChangeType,
    ulFlags: 0,
  });
  const found = after === 0 ? [...people.values()].map((person) => icsOf(Math.max(last, 1), person, ICS.AB_NEW)) : [];
  if (after > 0) {
    for (const [key, group] of Map.groupBy(changes, ({ kind, id }) => `${kind} ${id}`)) {
      const change = group.at(-1);
      if (!change) continue;
      const isNew = group.some((each) => each.change === AB_CHANGE.NEW);
      // Who is hidden has gone, for those who look.
      const type = people.has(key) ? (isNew ? ICS.AB_NEW : ICS.AB_CHANGE) : ICS.AB_DELETE;
      if (type !== ICS.AB_DELETE || !isNew)
        found.push(icsOf(change.seq, { ...directoryEntryId(change.kind, change.id), guid: change.guid }, type));
    }
    found.sort((a, b) => a.ulChangeId - b.ulChangeId);
  }
  return { ...(found.length > 0 ? { sChangesArray: found } : {}), ulMaxChangeId: Math.max(last, after, 1), er: 0 };
}

/** A message from a stream as a change; names get the numbers that this company has for them. */
async function changeOf(call: Call, object: StreamObject): Promise<ObjectChange> {
  const set = new Map<PropertyTag, PropertyValue>();
  const named = object.properties.flatMap(({ name }) => name ?? []);
  const ids = await idsOfNames(
    call.context.store,
    call.session.caller.tenant,
    named.map(({ guid, kind, name }: StreamName) => ({ guid, kind: kind === 0 ? 0 : 1, name })),
    true,
  );
  let next = 0;
  for (const { tag, value, name } of object.properties) {
    const id = name ? (ids[next++] ?? 0) + FIRST_NAMED : propertyId(tag);
    set.set(((id << 16) | (tag & 0xffff)) >>> 0, value);
  }
  if (object.data && object.children.length === 0) set.set(PR.ATTACH_DATA_BIN, object.data);
  for (const tag of [PR.MESSAGE_SIZE, PR.HASATTACH, PR.EC_IMAP_ID]) set.delete(tag);
  const children: ObjectChange[] = [];
  for (const child of object.children) children.push(await changeOf(call, child));
  return { type: object.type, id: 0, deleted: false, set, removed: [], children };
}
