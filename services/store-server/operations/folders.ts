import { type LocatedFolder, locate, locateFolder } from '../../../shared/access/locate.ts';
import { mayInEach, ownsStore } from '../../../shared/access/store-rights.ts';
import { hardQuotaOf } from '../../../shared/directory/quota/store-quota.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { DEL, DELETE_HARD_DELETE, FOLDER_MOVE } from '../../../shared/mapi/operation-flags.ts';
import { PR } from '../../../shared/mapi/property-tags.ts';
import type { FolderId } from '../../../shared/store/engine/ids.ts';
import { createFolder, requireFolderName } from '../../../shared/store/folders/create-folder.ts';
import { folderEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { FOLDER_TYPE, listFolders, rootFolder } from '../../../shared/store/folders/folder.ts';
import { recountFolder } from '../../../shared/store/folders/folder-counts.ts';
import { moveFolder } from '../../../shared/store/folders/move-folder.ts';
import {
  listReceiveFolders,
  setReceiveFolder,
  unsetReceiveFolder,
} from '../../../shared/store/folders/receive-folders.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { copyFolder } from '../../../shared/store/trees/copy-folder.ts';
import { deleteFolder, emptyFolder } from '../../../shared/store/trees/delete-folder.ts';
import type { Call, Operations } from './operation.ts';

interface Wanted {
  name: string | undefined;
  comment: string | undefined;
  type: number;
  entryId: Buffer | undefined;
  openIfExists: boolean;
  syncId: number;
  sourceKey: Buffer | undefined;
}

async function createIn({ context }: Call, parent: LocatedFolder, wanted: Wanted): Promise<Buffer> {
  const name = wanted.name ?? '';
  requireFolderName(name);
  if (wanted.type !== FOLDER_TYPE.GENERIC && wanted.type !== FOLDER_TYPE.SEARCH)
    throw new PamojaError('INVALID_TYPE', 'unknown type of folder');
  const guid = wanted.entryId && wanted.entryId.length > 0 ? decodeEntryId(wanted.entryId) : undefined;
  if (guid && !guid.store.equals(parent.store.guid))
    throw new PamojaError('INVALID_ENTRYID', 'the entry id is of another store');
  const folder = await createFolder(context.store, parent.store, {
    parent: parent.folder.id,
    name,
    type: wanted.type,
    properties: new Map(wanted.comment === undefined ? [] : [[PR.COMMENT, wanted.comment]]),
    subscribed: true,
    guid: guid?.guid,
    sourceKey: wanted.sourceKey,
    openIfExists: wanted.openIfExists,
    syncId: wanted.syncId,
  });
  return folderEntryId(parent.store, folder);
}

export const folderOperations: Operations<
  | 'createFolder'
  | 'create-folders'
  | 'deleteFolder'
  | 'emptyFolder'
  | 'copyFolder'
  | 'setReceiveFolder'
  | 'getReceiveFolder'
  | 'getReceiveFolderTable'
  | 'resetFolderCount'
> = {
  async createFolder(call, request) {
    const parent = await locateFolder(
      call.context.store,
      call.session.caller,
      request.sParentId,
      RIGHT.CREATE_SUBFOLDER,
    );
    const sEntryId = await createIn(call, parent, {
      name: request.szName,
      comment: request.szComment,
      type: request.ulType,
      entryId: request.lpsNewEntryId,
      openIfExists: request.fOpenIfExists,
      syncId: request.ulSyncId,
      sourceKey: request.sOrigSourceKey,
    });
    return { er: 0, sEntryId };
  },

  async 'create-folders'(call, request) {
    const parent = await locateFolder(
      call.context.store,
      call.session.caller,
      request['parent-eid'],
      RIGHT.CREATE_SUBFOLDER,
    );
    const entryids: Buffer[] = [];
    for (const folder of request.batch ?? [])
      entryids.push(
        await createIn(call, parent, {
          name: folder.name,
          comment: folder.comment,
          type: folder.type,
          entryId: folder.entryid,
          openIfExists: folder['open-if-exists'],
          syncId: folder['sync-id'],
          sourceKey: folder['original-sourcekey'],
        }),
      );
    return { er: 0, entryids };
  },

  async deleteFolder(call, { sEntryId, ulFlags, ulSyncId }) {
    const { context, session } = call;
    const located = await locateFolder(context.store, session.caller, sEntryId, RIGHT.FOLDER_OWNER);
    await deleteFolder(context.store, located.store, located.folder.id, {
      may: await mayInEach(context.store, session.caller, located.store, RIGHT.FOLDER_OWNER),
      messages: (ulFlags & DEL.MESSAGES) !== 0,
      folders: (ulFlags & DEL.FOLDERS) !== 0,
      hard: (ulFlags & DELETE_HARD_DELETE) !== 0,
      syncId: ulSyncId,
    });
    return { result: 0 };
  },

  async emptyFolder(call, { sEntryId, ulFlags, ulSyncId }) {
    const { context, session } = call;
    const located = await locateFolder(context.store, session.caller, sEntryId, RIGHT.DELETE_ALL);
    await emptyFolder(context.store, located.store, located.folder.id, {
      may: await mayInEach(context.store, session.caller, located.store, RIGHT.DELETE_ALL),
      associated: (ulFlags & DEL.ASSOCIATED) !== 0,
      hard: (ulFlags & DELETE_HARD_DELETE) !== 0,
      syncId: ulSyncId,
    });
    return { result: 0 };
  },

  async copyFolder(call, { sEntryId, sDestFolderId, lpszNewFolderName, ulFlags, ulSyncId }) {
    const { context, session } = call;
    const move = (ulFlags & FOLDER_MOVE) !== 0;
    const from = await locateFolder(context.store, session.caller, sEntryId, move ? RIGHT.FOLDER_OWNER : RIGHT.READ);
    const to = await locateFolder(context.store, session.caller, sDestFolderId, RIGHT.CREATE_SUBFOLDER);
    const name = lpszNewFolderName || from.folder.name;
    if (move && from.store.store === to.store.store)
      await moveFolder(context.store, from.store, from.folder.id, {
        parent: to.folder.id,
        name,
        syncId: ulSyncId,
      });
    else {
      const hardQuota = await hardQuotaOf(context.store, to.store);
      const may = await mayInEach(context.store, session.caller, from.store, move ? RIGHT.FOLDER_OWNER : RIGHT.READ);
      await copyFolder(
        context.store,
        { ref: from.store, folder: from.folder.id },
        { ref: to.store, parent: to.folder.id, name },
        { hardQuota, syncId: ulSyncId, may, whole: move },
      );
      if (move)
        await deleteFolder(context.store, from.store, from.folder.id, {
          may,
          messages: true,
          folders: true,
          hard: false,
          syncId: ulSyncId,
        });
    }
    return { result: 0 };
  },

  async setReceiveFolder(call, { sStoreId, lpsEntryId, lpszMessageClass }) {
    const { context, session } = call;
    const { store } = await locate(context.store, session.caller, sStoreId);
    if (!(await ownsStore(context.store, session.caller, store))) throw new PamojaError('NO_ACCESS', 'not your store');
    const messageClass = (lpszMessageClass ?? '').slice(0, 185);
    if (!lpsEntryId || lpsEntryId.length === 0) {
      await unsetReceiveFolder(context.store, store, messageClass);
      return { result: 0 };
    }
    const { store: of, folder } = await locateFolder(context.store, session.caller, lpsEntryId, RIGHT.READ);
    if (of.store !== store.store) throw new PamojaError('INVALID_ENTRYID', 'the folder is of another store');
    await setReceiveFolder(context.store, store, messageClass, folder.id);
    return { result: 0 };
  },

  async getReceiveFolder(call, { sStoreId, lpszMessageClass }) {
    const { context, session } = call;
    const { store } = await locate(context.store, session.caller, sStoreId);
    const wanted = (lpszMessageClass ?? '').toLowerCase();
    const all = await receiveFolders(call, store);
    // The longest class that is the wanted one or above it: for IPM.Note.Special those are IPM.Note.Special, IPM.Note, IPM and the empty class.
    const best = all
      .filter(({ messageClass }) => {
        const name = messageClass.toLowerCase();
        return name === '' || wanted === name || wanted.startsWith(`${name}.`);
      })
      .sort((a, b) => b.messageClass.length - a.messageClass.length)[0];
    if (!best) throw new PamojaError('NOT_FOUND', 'no folder receives that');
    return { sReceiveFolder: { sEntryId: best.entryId, lpszAExplicitClass: best.messageClass }, er: 0 };
  },

  async getReceiveFolderTable(call, { sStoreId }) {
    const { store } = await locate(call.context.store, call.session.caller, sStoreId);
    const all = await receiveFolders(call, store);
    return {
      sFolderArray: all.map(({ entryId, messageClass }) => ({ sEntryId: entryId, lpszAExplicitClass: messageClass })),
      er: 0,
    };
  },

  async resetFolderCount(call, { sEntryId }) {
    const located = await locateFolder(call.context.store, call.session.caller, sEntryId, RIGHT.FOLDER_OWNER);
    return { ulUpdates: await recountFolder(call.context.store, located.store, located.folder.id), er: 0 };
  },
};

/**
 * The receive folders of a store: those that clients have set, and the defaults for classes that every store has: the Inbox for mail, the root
 * for messages between programs (IPC).
 */
export async function receiveFolders(
  { context }: Call,
  store: LocatedFolder['store'],
): Promise<{ messageClass: string; entryId: Buffer }[]> {
  const { db } = context.store;
  const set = await listReceiveFolders(db, store);
  const folders = await listFolders(db, store);
  const entryOf = (id: FolderId) => {
    const folder = folders.find((each) => each.id === id);
    return folder && folderEntryId(store, folder);
  };
  const found = set.flatMap(({ messageClass, folder }) => {
    const entryId = entryOf(folder);
    return entryId ? [{ messageClass, entryId }] : [];
  });
  const inbox = folders.find(({ role }) => role === 'inbox');
  if (store.kind === 'public' || !inbox) return found;
  const root = await rootFolder(db, store);
  const defaults = ['', 'IPM', 'REPORT.IPM'].map((messageClass) => ({
    messageClass,
    entryId: folderEntryId(store, inbox),
  }));
  const known = [...defaults, { messageClass: 'IPC', entryId: folderEntryId(store, root) }];
  const isSet = ({ messageClass }: { messageClass: string }) =>
    found.some((each) => each.messageClass === messageClass);
  return [...known.filter((each) => !isSet(each)), ...found];
}
