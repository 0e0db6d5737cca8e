import { sql } from 'kysely';
import type { Database } from '../platform/database.ts';
import {
  changeFolder,
  countFolder,
  type FolderChange,
  type MessageFacts as LockedMessage,
  lockMessages,
  NOTHING,
  totals,
} from './change-folder.ts';
import { CHANGE, type NewChange } from './changes.ts';
import type { StoreContext } from './context.ts';
import type { Copied } from './copy-messages.ts';
import type { FolderId, MessageId, StoreRef, Uid } from './ids.ts';
import { type MessageFacts, messagesByIds, VIEW } from './mapi-messages.ts';
import { type NewPlace, placeTables } from './new-places.ts';
import type { LockedStore } from './store-lock.ts';

/** Moves messages to another folder of the same store (RFC 6851): each keeps its id and gets a new uid. */
export async function moveMessages(
  context: StoreContext,
  ref: StoreRef,
  from: FolderId,
  uids: readonly Uid[],
  to: FolderId,
): Promise<Copied[]> {
  return changeFolder(context, ref, to, async (tx, store, folder) => {
    const rows = (await lockMessages(tx, ref, from, uids)).map((row) => ({
      ...row,
      folder: from,
      view: VIEW.LIVE,
    }));
    const moved = await moveRows(tx, store, rows, { ...folder, folder: to, now: context.clock(), syncId: 0 });
    const copied = rows.map(({ uid }, i): Copied => ({ from: uid as Uid, to: moved.result[i]?.uid as Uid }));
    return { ...moved, result: copied };
  });
}

/** Moves messages to another folder of their store by their ids. Those that are there already stay. Gives how many were moved. */
export async function moveMessagesById(
  context: StoreContext,
  ref: StoreRef,
  ids: readonly MessageId[],
  to: FolderId,
  syncId: number,
): Promise<number> {
  if (ids.length === 0) return 0;
  return changeFolder(context, ref, to, async (tx, store, folder) => {
    const rows = (await messagesByIds(tx, ref, ids)).filter(
      (facts) => facts.folder !== to && facts.view !== VIEW.DELETED,
    );
    const moved = await moveRows(tx, store, rows, { ...folder, folder: to, now: context.clock(), syncId });
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

/** Gives rows their new places, and counts them out of the folders that they leave. */
async function moveRows(
  tx: Database,
  store: LockedStore,
  rows: readonly Row[],
  { folder: to, uidNext, now, syncId }: Target,
): Promise<FolderChange<NewPlace[]>> {
  // Each is gone from one folder, and then new in another.
  const places = rows.map(
    ({ id }, i): NewPlace => ({
      source: id,
      id,
      uid: (uidNext + i) as Uid,
      modseq: store.changeSeq + 2 * (i + 1),
    }),
  );
  const changes = rows.flatMap(({ folder, uid, id }, i): NewChange[] => [
    { kind: CHANGE.MESSAGE_GONE, folder, uid: uid as Uid, message: id, syncId },
    { kind: CHANGE.MESSAGE_NEW, folder: to, uid: places[i]?.uid as Uid, message: id, syncId },
  ]);
  for (const { table } of placeTables(places))
    await sql`UPDATE ${table} STRAIGHT_JOIN \`messages\` AS \`m\`
        ON \`m\`.\`tenant_id\` = ${store.tenant} AND \`m\`.\`store_id\` = ${store.store} AND \`m\`.\`id\` = \`places\`.\`source\`
      SET \`m\`.\`folder_id\` = ${to}, \`m\`.\`uid\` = \`places\`.\`uid\`, \`m\`.\`arrival_uid\` = \`places\`.\`uid\`,
        \`m\`.\`modseq\` = \`places\`.\`modseq\`, \`m\`.\`content_seq\` = \`places\`.\`modseq\`, \`m\`.\`saved_at\` = ${now}`.execute(
      tx,
    );
  const sum = { messages: 0, unseen: 0, size: 0, associated: 0 };
  for (const [folder, group] of Map.groupBy(rows, (row) => row.folder)) {
    const live = totals(group.filter(({ view }) => view === VIEW.LIVE));
    const associated = group.length - live.messages;
    sum.messages += live.messages;
    sum.unseen += live.unseen;
    sum.size += live.size;
    sum.associated += associated;
    const left = {
      messages: -live.messages,
      unseen: -live.unseen,
      size: -live.size,
      deleted: 0,
      associated: -associated,
      committedAt: now,
    };
    await countFolder(tx, store, folder, left, store.changeSeq + changes.length, 0);
  }
  return {
    result: places,
    changes,
    delta: { ...NOTHING, ...sum, committedAt: now },
    uidsUsed: rows.length,
    storeDelta: { size: 0, messages: 0 },
  };
}
