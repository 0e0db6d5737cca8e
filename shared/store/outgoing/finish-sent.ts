import { type RawBuilder, sql } from 'kysely';
import { caseExpression } from '../../database/case-expression.ts';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreId, TenantId, Uid } from '../engine/ids.ts';
import {
  type ChangeNumber,
  type LockedStore,
  type LockedTables,
  tablesOf,
  withLockedStores,
} from '../engine/store-lock.ts';
import { FLAG } from '../messages/flags.ts';
import { isOneOf, type OutgoingRef, removeFromQueue, type SendingFolders } from './outgoing-queue.ts';

/** A message that has been sent, the folder that it was submitted in, and the folders of its store. */
export interface SentMessage {
  message: OutgoingRef;
  from: FolderId;
  folders: SendingFolders;
}

/**
 * Removes sent messages from the queue and moves them from the folder that they were submitted in to Sent Items: messages of any number of stores of
 * a tenant in one transaction, with a fixed number of statements. A message that its user has moved or deleted meanwhile only leaves the queue.
 */
export async function finishSent(context: StoreContext, tenant: TenantId, sent: readonly SentMessage[]): Promise<void> {
  if (sent.length === 0) return;
  const ids = [...new Set(sent.map(({ message }) => message.store))];
  const changed = await inTransaction(
    context.db,
    (tx) => {
      const now = context.clock();
      return withLockedStores({ tx, now }, tenant, ids, (stores) => moveAll(tx, tenant, sent, stores, now));
    },
    { repeatable: true },
  );
  if (changed.length > 0) context.signalChanges(changed);
}

interface MovedMessage {
  id: Buffer;
  store: StoreId;
  from: FolderId;
  to: FolderId;
  uid: number;
  /** The number of the change that tells of its arrival in Sent Items; the number before it tells that it left the Outbox. */
  seq: ChangeNumber;
  unseen: number;
  size: number;
}

async function moveAll(
  tx: Database,
  tenant: TenantId,
  sent: readonly SentMessage[],
  locked: readonly LockedStore[],
  now: number,
): Promise<StoreId[]> {
  await removeFromQueue(
    tx,
    tenant,
    sent.map(({ message }) => message),
  );
  const moved = await plan(tx, tenant, sent, new Map(locked.map((store) => [store.store, store])));
  const change = moved.at(-1)?.seq;
  if (change === undefined) return [];
  const uid = ofMessage(moved, (row) => row.uid);
  await tablesOf(locked, change)
    .updateTable('messages')
    .set({
      folder_id: caseExpression('store_id', new Map(moved.map((row) => [row.store, row.to]))),
      uid,
      arrival_uid: uid,
      modseq: ofMessage(moved, (row) => row.seq),
      saved_at: now,
    })
    .where('tenant_id', '=', tenant)
    .where(
      'store_id',
      'in',
      locked.map(({ store }) => store),
    )
    .where('deleted', '=', 0)
    .where(
      'id',
      'in',
      moved.map((row) => row.id),
    )
    .where(isOneOf(moved))
    .execute();
  await countFolders(tablesOf(locked, 'counters'), tenant, moved);
  return [...new Set(moved.map((row) => row.store))];
}

/** A value of each message, chosen by its store and its id: a message that came to several users has one id in all their stores. */
const ofMessage = (moved: readonly MovedMessage[], value: (row: MovedMessage) => number): RawBuilder<number> =>
  sql<number>`CASE ${sql.join(
    moved.map((row) => sql`WHEN \`store_id\` = ${row.store} AND \`id\` = ${row.id} THEN ${value(row)}`),
    sql` `,
  )} END`;

/** Gives each message that is still where it was submitted its new uid and its change numbers. */
async function plan(
  tx: Database,
  tenant: TenantId,
  sent: readonly SentMessage[],
  stores: ReadonlyMap<StoreId, LockedStore>,
): Promise<MovedMessage[]> {
  const folders = new Map(sent.map(({ message, folders: own }) => [message.store, own]));
  const key = (store: StoreId, id: Buffer) => `${store} ${id.toString('hex')}`;
  const places = new Map(sent.map(({ message, from }) => [key(message.store, message.id), from]));
  const rows = await tx
    .selectFrom('messages')
    .select(['store_id', 'folder_id', 'uid', 'id', 'flags', 'size'])
    .where('tenant_id', '=', tenant)
    .where('store_id', 'in', [...folders.keys()])
    .where(
      'id',
      'in',
      sent.map(({ message }) => message.id),
    )
    .where('deleted', '=', 0)
    .orderBy('uid')
    .execute();
  const targets = await tx
    .selectFrom('folders')
    .select(['id', 'uid_next'])
    .where('tenant_id', '=', tenant)
    .where(
      'id',
      'in',
      [...folders.values()].map((own) => own.sent),
    )
    .execute();
  const uids = new Map(targets.map((row) => [row.id as FolderId, row.uid_next]));
  return rows.flatMap((row) => {
    const store = row.store_id as StoreId;
    const own = folders.get(store);
    const locked = stores.get(store);
    const uid = own && uids.get(own.sent);
    const from = places.get(key(store, row.id));
    // A message that was submitted in Sent Items stays there.
    if (!own || !locked || uid === undefined || row.folder_id !== from || from === own.sent) return [];
    uids.set(own.sent, uid + 1);
    locked.append({ kind: CHANGE.MESSAGE_GONE, folder: from, uid: row.uid as Uid, message: row.id });
    const seq = locked.append({ kind: CHANGE.MESSAGE_NEW, folder: own.sent, uid: uid as Uid, message: row.id });
    return [
      {
        id: row.id,
        store,
        from,
        to: own.sent,
        uid,
        seq,
        unseen: row.flags & FLAG.SEEN ? 0 : 1,
        size: row.size,
      },
    ];
  });
}

interface FolderSum {
  messages: number;
  unseen: number;
  size: number;
  uids: number;
  modseq: number;
}

async function countFolders(tables: LockedTables, tenant: TenantId, moved: readonly MovedMessage[]): Promise<void> {
  const sums = new Map<FolderId, FolderSum>();
  const add = (folder: FolderId, sign: 1 | -1, { unseen, size, seq }: MovedMessage) => {
    const sum = sums.get(folder) ?? { messages: 0, unseen: 0, size: 0, uids: 0, modseq: 0 };
    sums.set(folder, {
      messages: sum.messages + sign,
      unseen: sum.unseen + sign * unseen,
      size: sum.size + sign * size,
      uids: sum.uids + (sign === 1 ? 1 : 0),
      modseq: seq,
    });
  };
  for (const row of moved) {
    add(row.from, -1, row);
    add(row.to, 1, row);
  }
  const each = (value: (sum: FolderSum) => number) =>
    caseExpression('id', new Map([...sums].map(([folder, sum]) => [folder, value(sum)])));
  await tables
    .updateTable('folders')
    .set({
      message_count: sql<number>`\`message_count\` + ${each((sum) => sum.messages)}`,
      unseen_count: sql<number>`\`unseen_count\` + ${each((sum) => sum.unseen)}`,
      size: sql<number>`\`size\` + ${each((sum) => sum.size)}`,
      uid_next: sql<number>`\`uid_next\` + ${each((sum) => sum.uids)}`,
      highest_modseq: each((sum) => sum.modseq),
    })
    .where('tenant_id', '=', tenant)
    .where('id', 'in', [...sums.keys()])
    .execute();
}
