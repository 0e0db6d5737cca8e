import { locate, locateFolder } from '../../../shared/access/locate.ts';
import { requireRight, rightsOn } from '../../../shared/access/store-rights.ts';
import { callerEntryId } from '../../../shared/address-book/address-book-ids.ts';
import { hardQuotaOf } from '../../../shared/directory/quota/store-quota.ts';
import { addressBookIcsChanges } from '../../../shared/ics/address-book-changes.ts';
import { allContents, contentChanges } from '../../../shared/ics/content-changes.ts';
import { exportMessages } from '../../../shared/ics/export-messages.ts';
import { hierarchyChanges } from '../../../shared/ics/hierarchy-changes.ts';
import { byChangeId, type IcsChange } from '../../../shared/ics/ics-change.ts';
import { syncScope } from '../../../shared/ics/sync-scope.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { MSGFLAG } from '../../../shared/mapi/message-flags.ts';
import { MAPI_ASSOCIATED } from '../../../shared/mapi/operation-flags.ts';
import type { PropertyValue } from '../../../shared/mapi/property.ts';
import { FIRST_NAMED, PR, type PropertyTag, propertyId } from '../../../shared/mapi/property-tags.ts';
import { ICS_SYNC } from '../../../shared/mapi/sync-flags.ts';
import { append } from '../../../shared/platform/append.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { readMessageStream, type StreamName, type StreamObject } from '../../../shared/protocol/message-stream.ts';
import type { IcsChange as WireIcsChange } from '../../../shared/protocol/soap/interface.ts';
import { restrictionOf } from '../../../shared/protocol/soap/restriction.ts';
import { idsOfNames } from '../../../shared/store/content/named-properties.ts';
import { bagOf } from '../../../shared/store/content/property-list.ts';
import type { StoreId } from '../../../shared/store/engine/ids.ts';
import { folderEntryId, messageEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { type Folder, listFolders } from '../../../shared/store/folders/folder.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { factsOf, messageStatement, VIEW } from '../../../shared/store/messages/message-facts.ts';
import { messagePropertyList } from '../../../shared/store/messages/message-properties.ts';
import type { ObjectChange } from '../../../shared/store/messages/object-change.ts';
import { openMessage } from '../../../shared/store/messages/open-message.ts';
import { saveMessage } from '../../../shared/store/messages/save-message.ts';
import { foldersBySourceKey, messageBySourceKey } from '../../../shared/store/messages/source-key-lookup.ts';
import { advanceSync, createSync, findSyncs } from '../../../shared/store/stores/sync-states.ts';
import { cellOf } from '../tables/cell.ts';
import type { Call, Operations } from './operation.ts';

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
    const place = (ulChangeType === ICS_SYNC.AB
      ? undefined
      : await syncScope(context.store, caller, sSourceKeyFolder, 0)
    )?.store ?? {
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
    const { caller } = call.session;
    const context = call.context.store;
    if (ulChangeType === ICS_SYNC.AB) {
      const { changes, last } = await addressBookIcsChanges(context.db, caller, ulChangeId);
      return changesAnswer(changes, last);
    }
    const scope = await syncScope(context, caller, request.sSourceKeyFolder, ulSyncId);
    // Change numbers belong to a store. There is no feed of all stores, so a client that asks for one gets no changes.
    if (!scope) return { ulMaxChangeId: ulChangeId, er: 0 };
    const { store, folder, rights } = scope;
    const folders = await listFolders(context.db, store);
    const last = store.changeSeq;
    const restriction = lpsRestrict && restrictionOf(lpsRestrict);
    const point = { after: ulChangeId, syncId: ulSyncId };
    const contentsOf = (each: Folder) => {
      const synced = { store, folder: each, rights, flags: ulFlags, restriction };
      return ulChangeId === 0 ? allContents(context, synced) : contentChanges(context, synced, point);
    };
    let found: IcsChange[] = [];
    if (ulChangeType === ICS_SYNC.HIERARCHY)
      found = await hierarchyChanges(context, caller, { store, folders, top: folder }, point);
    else if (folder) found = await contentsOf(folder);
    else {
      // Without a folder all folders of the caller's own store are synchronised.
      for (const each of folders) if (!each.search) append(found, await contentsOf(each));
      found.sort(byChangeId);
    }
    return changesAnswer(found, Math.max(last, ulChangeId));
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
    // The stream has the whole message: properties that it lacks are removed.
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

/** An answer without changes has no array at all. */
const changesAnswer = (changes: readonly IcsChange[], last: number) => ({
  ...(changes.length > 0 ? { sChangesArray: changes.map(wireChange) } : {}),
  ulMaxChangeId: last,
  er: 0,
});

const wireChange = ({ changeId, sourceKey, parentSourceKey, type, flags }: IcsChange): WireIcsChange => ({
  ulChangeId: changeId,
  sSourceKey: sourceKey,
  sParentSourceKey: parentSourceKey,
  ulChangeType: type,
  ulFlags: flags,
});

/** Converts a message from a stream to a change; its named properties get the ids that the tenant has for them. */
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
