import { locateFolder, locateMessage } from '../../../shared/access/locate.ts';
import { findStore, ownsStore, requireRight, rightsOn } from '../../../shared/access/store-rights.ts';
import { hardQuotaOf } from '../../../shared/directory/quota/store-quota.ts';
import { decodeEntryId } from '../../../shared/mapi/entry-id.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { DELETE_HARD_DELETE, MESSAGE_MOVE, READ_FLAG } from '../../../shared/mapi/operation-flags.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { copyMessagesById } from '../../../shared/store/messages/copy-messages.ts';
import { deleteMessagesById } from '../../../shared/store/messages/delete-messages.ts';
import { FLAG } from '../../../shared/store/messages/flags.ts';
import { liveUids } from '../../../shared/store/messages/live-uids.ts';
import { type MessageFacts, messagesByIds, VIEW } from '../../../shared/store/messages/message-facts.ts';
import { messageStatus, setMessageStatus } from '../../../shared/store/messages/message-status.ts';
import { moveMessagesById } from '../../../shared/store/messages/move-messages.ts';
import { setMessageFlags } from '../../../shared/store/messages/set-message-flags.ts';
import type { MapiStore } from '../../../shared/store/stores/stores.ts';
import { abortSubmission, finishSubmission } from '../../../shared/submission/end-submission.ts';
import { submitSavedMessage } from '../../../shared/submission/submit-saved-message.ts';
import type { Call, Operations } from './operation.ts';

interface Group {
  store: MapiStore;
  messages: MessageFacts[];
}

/** The messages that exist, by store. Throws NO_ACCESS without the right on the folder of each. */
async function messagesOf(call: Call, entryIds: readonly Buffer[] | undefined, right: number): Promise<Group[]> {
  const { context, session } = call;
  const groups: Group[] = [];
  const byStore = Map.groupBy(
    (entryIds ?? []).map((id) => decodeEntryId(id)),
    ({ store }) => store.toString('hex'),
  );
  for (const ids of byStore.values()) {
    const first = ids[0];
    if (!first) continue;
    const store = await findStore(context.store, session.caller, first.store);
    const messages = await messagesByIds(
      context.store.db,
      store,
      ids.map(({ guid }) => guid),
    );
    for (const folder of new Set(messages.map((facts) => facts.folder)))
      requireRight({ rights: await rightsOn(context.store, session.caller, store, folder) }, right);
    groups.push({ store, messages });
  }
  return groups;
}

export const messageOperations: Operations<
  | 'deleteObjects'
  | 'copyObjects'
  | 'setReadFlags'
  | 'getMessageStatus'
  | 'setMessageStatus'
  | 'submitMessage'
  | 'finishedMessage'
  | 'abortSubmit'
> = {
  async deleteObjects(call, { ulFlags, aMessages, ulSyncId }) {
    for (const { store, messages } of await messagesOf(call, aMessages, RIGHT.DELETE_ALL))
      await deleteMessagesById(
        call.context.store,
        store,
        messages.map(({ id }) => id),
        {
          hard: (ulFlags & DELETE_HARD_DELETE) !== 0,
          syncId: ulSyncId,
        },
      );
    return { result: 0 };
  },

  async copyObjects(call, { aMessages, sDestFolderId, ulFlags, ulSyncId }) {
    const { context, session } = call;
    const move = (ulFlags & MESSAGE_MOVE) !== 0;
    const to = await locateFolder(context.store, session.caller, sDestFolderId, RIGHT.CREATE);
    if (to.folder.search) throw new PamojaError('NO_SUPPORT', 'nothing can be put into a search folder');
    for (const { store, messages } of await messagesOf(
      call,
      aMessages,
      move ? RIGHT.READ | RIGHT.DELETE_ALL : RIGHT.READ,
    )) {
      const owner = await ownsStore(context.store, session.caller, store);
      // The owner of a store can copy and move its soft-deleted messages, which restores them.
      const mine = messages.filter(({ view }) => view !== VIEW.DELETED || owner);
      const ids = mine.map(({ id }) => id);
      const hardQuota = await hardQuotaOf(context.store, to.store);
      const target = { ref: to.store, folder: to.folder.id, hardQuota };
      if (move && store.store === to.store.store) {
        await moveMessagesById(context.store, store, ids, to.folder.id, { hardQuota, syncId: ulSyncId });
        continue;
      }
      await copyMessagesById(context.store, store, ids, target, { syncId: ulSyncId, deleted: true });
      if (!move) continue;
      // The originals of soft-deleted messages are deleted for good.
      for (const [hard, group] of Map.groupBy(mine, ({ view }) => view === VIEW.DELETED)) {
        const gone = group.map(({ id }) => id);
        await deleteMessagesById(context.store, store, gone, { hard, syncId: ulSyncId });
      }
    }
    return { result: 0 };
  },

  async setReadFlags(call, { ulFlags, lpsEntryId, lpMessages }) {
    const { context, session } = call;
    if ((ulFlags & READ_FLAG.GENERATE_RECEIPT_ONLY) !== 0) return { result: 0 };
    const how = (ulFlags & READ_FLAG.CLEAR) !== 0 ? 'remove' : 'add';
    const seen = { flags: FLAG.SEEN, keywords: [] };
    if (lpMessages && lpMessages.length > 0) {
      for (const { store, messages } of await messagesOf(call, lpMessages, RIGHT.READ))
        for (const [folder, group] of Map.groupBy(
          messages.filter(({ view }) => view === VIEW.LIVE),
          (facts) => facts.folder,
        ))
          await setMessageFlags(
            context.store,
            store,
            folder,
            group.map(({ uid }) => uid),
            { how, ...seen },
          );
      return { result: 0 };
    }
    const { store, folder } = await locateFolder(context.store, session.caller, lpsEntryId, RIGHT.READ);
    const uids = await liveUids(context.store.db, store, folder.id);
    await setMessageFlags(context.store, store, folder.id, uids, { how, ...seen });
    return { result: 0 };
  },

  async getMessageStatus(call, { sEntryId }) {
    const { message } = await locateMessage(call.context.store, call.session.caller, sEntryId, RIGHT.READ);
    return { ulMessageStatus: messageStatus(message), er: 0 };
  },

  async setMessageStatus(call, { sEntryId, ulNewStatus, ulNewStatusMask }) {
    const { message } = await locateMessage(call.context.store, call.session.caller, sEntryId, RIGHT.EDIT_ALL);
    return {
      ulMessageStatus: await setMessageStatus(call.context.store, message, ulNewStatus, ulNewStatusMask),
      er: 0,
    };
  },

  async submitMessage(call, { sEntryId }) {
    await submitSavedMessage(
      call.context,
      call.session.caller,
      await locateMessage(call.context.store, call.session.caller, sEntryId, RIGHT.EDIT_ALL),
    );
    return { result: 0 };
  },

  async finishedMessage(call, { sEntryId }) {
    await finishSubmission(
      call.context.store,
      await locateMessage(call.context.store, call.session.caller, sEntryId, RIGHT.EDIT_ALL),
    );
    return { result: 0 };
  },

  async abortSubmit(call, { sEntryId }) {
    await abortSubmission(
      call.context.store,
      await locateMessage(call.context.store, call.session.caller, sEntryId, RIGHT.EDIT_ALL),
    );
    return { result: 0 };
  },
};
