import { sql } from 'kysely';
import { PamojaError } from '../../mapi/error.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreRef, Uid } from '../engine/ids.ts';
import type { LockedStore } from '../engine/store-lock.ts';
import {
  changeFolder,
  countFolder,
  type FolderOutcome,
  type LockedMessage,
  lockMessages,
  NOTHING,
  totals,
} from './change-folder.ts';
import type { Copied } from './copy-messages.ts';
import { type MessageFacts, messagesByIds, VIEW } from './message-facts.ts';
import { assignmentTables, type UidAssignment } from './uid-assignments.ts';

/** Moves messages to another folder of the same store (RFC 6851): each keeps its id and gets a new uid. */
export async function moveMessages(
  context: StoreContext,
  ref: StoreRef,
  from: FolderId,
  uids: readonly Uid[],
  to: FolderId,
): Promise<Copied[]> {
  return changeFolder(context, ref, to, async (store, folder) => {
    const rows = (await lockMessages(store.tx, ref, from, uids)).map((row) => ({
      ...row,
      folder: from,
      view: VIEW.LIVE,
    }));
    const moved = await moveRows(store, rows, { ...folder, folder: to, now: context.clock(), syncId: 0 });
    const copied = rows.map(({ uid }, i): Copied => ({ from: uid as Uid, to: moved.result[i]?.uid as Uid }));
    return { ...moved, result: copied };
  });
}

/**
 * Moves messages to another folder of their store by their ids. Messages that are there already stay; soft-deleted messages are restored,
 * whichever folder they were in. Gives the number of moved messages. Throws STORE_FULL where restored messages do not fit.
 */
export async function moveMessagesById(
  context: StoreContext,
  ref: StoreRef,
  ids: readonly MessageId[],
  to: FolderId,
  { hardQuota, syncId }: { hardQuota: number; syncId: number },
): Promise<number> {
  if (ids.length === 0) return 0;
  return changeFolder(context, ref, to, async (store, folder) => {
    const rows = (await messagesByIds(store.tx, ref, ids)).filter(
      (facts) => facts.folder !== to || facts.view === VIEW.DELETED,
    );
    const back = totals(rows.filter(({ view }) => view === VIEW.DELETED));
    if (hardQuota > 0 && back.size > 0 && store.size + back.size > hardQuota)
      throw new PamojaError('STORE_FULL', 'the store is full');
    const moved = await moveRows(store, rows, { ...folder, folder: to, now: context.clock(), syncId });
    return { ...moved, result: rows.length };
  });
}

type Row = LockedMessage & Pick<MessageFacts, 'folder' | 'view'>;

interface Target {
  folder: FolderId;
  uidNext: number;
  now: number;
  syncId: number;
}

/** Writes the new folders and uids of messages, and counts the messages out of the folders that they leave. */
async function moveRows(
  store: LockedStore,
  rows: readonly Row[],
  { folder: to, uidNext, now, syncId }: Target,
): Promise<FolderOutcome<UidAssignment[]>> {
  // Each message is reported as gone from one folder and new in another; a soft-deleted one was reported as gone already.
  const places: UidAssignment[] = [];
  for (const [i, { id, folder, uid, view }] of rows.entries()) {
    const place = { source: id, id, uid: (uidNext + i) as Uid };
    if (view !== VIEW.DELETED)
      store.append({ kind: CHANGE.MESSAGE_GONE, folder, uid: uid as Uid, message: id, syncId });
    const modseq = store.append({ kind: CHANGE.MESSAGE_NEW, folder: to, uid: place.uid, message: id, syncId });
    places.push({ ...place, modseq });
  }
  for (const { table } of assignmentTables(places))
    await sql`UPDATE ${table} STRAIGHT_JOIN \`messages\` AS \`m\`
        ON \`m\`.\`tenant_id\` = ${store.tenant} AND \`m\`.\`store_id\` = ${store.store} AND \`m\`.\`id\` = \`places\`.\`source\`
      SET \`m\`.\`folder_id\` = ${to}, \`m\`.\`uid\` = \`places\`.\`uid\`, \`m\`.\`arrival_uid\` = \`places\`.\`uid\`,
        \`m\`.\`modseq\` = \`places\`.\`modseq\`, \`m\`.\`content_seq\` = \`places\`.\`modseq\`, \`m\`.\`saved_at\` = ${now},
        \`m\`.\`deleted_at\` = NULL, \`m\`.\`deleted\` = IF(\`m\`.\`deleted\` = ${VIEW.DELETED}, ${VIEW.LIVE}, \`m\`.\`deleted\`)`.execute(
      store.tx,
    );
  const sum = { messages: 0, unseen: 0, size: 0, associated: 0 };
  for (const [folder, group] of Map.groupBy(rows, (row) => row.folder)) {
    const live = totals(group.filter(({ view }) => view === VIEW.LIVE));
    const associated = group.filter(({ view }) => view === VIEW.ASSOCIATED).length;
    const deleted = group.length - live.messages - associated;
    sum.messages += live.messages;
    sum.unseen += live.unseen;
    sum.size += live.size;
    sum.associated += associated;
    const left = {
      messages: -live.messages,
      unseen: -live.unseen,
      size: -live.size,
      deleted: -deleted,
      associated: -associated,
      committedAt: now,
    };
    await countFolder(store, folder, left);
  }
  const back = totals(rows.filter(({ view }) => view === VIEW.DELETED));
  return {
    result: places,
    delta: {
      ...NOTHING,
      messages: sum.messages + back.messages,
      unseen: sum.unseen + back.unseen,
      size: sum.size + back.size,
      associated: sum.associated,
      committedAt: now,
    },
    uidsUsed: rows.length,
    storeDelta: { size: back.size, messages: back.messages },
  };
}
