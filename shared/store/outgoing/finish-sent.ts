import { sql } from 'kysely';
import { caseExpression } from '../../database/case-expression.ts';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreId, TenantId } from '../engine/ids.ts';
import { lockStores, storesByPrimaryKey } from '../engine/store-lock.ts';
import { FLAG } from '../messages/flags.ts';
import { forgetOutgoing, type OutgoingRef, type SendingFolders } from './outgoing-queue.ts';

/** A message that has been sent, the folder that it was submitted in, and the folders of its store. */
export interface SentMessage {
  message: OutgoingRef;
  from: FolderId;
  folders: SendingFolders;
}

/**
 * Takes messages that were sent out of the queue and moves them from where they were submitted to Sent Items: those of any number of stores of a tenant in
 * one transaction, with a fixed number of statements. One that its user has moved or deleted meanwhile only leaves the queue.
 */
export async function finishSent(context: StoreContext, tenant: TenantId, sent: readonly SentMessage[]): Promise<void> {
  if (sent.length === 0) return;
  const changed = await inTransaction(context.db, (tx) => moveAll(tx, tenant, sent, context.clock()), {
    repeatable: true,
  });
  if (changed.length > 0) context.signalChanges(changed);
}

interface MovedMessage {
  id: Buffer;
  store: StoreId;
  from: FolderId;
  to: FolderId;
  oldUid: number;
  uid: number;
  /** Of its arrival in Sent Items; the one before it is that of its going from the Outbox. */
  seq: number;
  unseen: number;
  size: number;
}

async function moveAll(tx: Database, tenant: TenantId, sent: readonly SentMessage[], now: number): Promise<StoreId[]> {
  const stores = [...new Set(sent.map(({ message }) => message.store))];
  const locked = await lockStores(tx, tenant, stores);
  await forgetOutgoing(
    tx,
    tenant,
    sent.map(({ message }) => message),
  );
  const moved = await plan(tx, tenant, sent, new Map(locked.map((row) => [row.store, row.changeSeq])));
  if (moved.length === 0) return [];
  const uids = new Map(moved.map((row) => [row.id, row.uid]));
  await tx
    .updateTable('messages')
    .set({
      folder_id: caseExpression('store_id', new Map(moved.map((row) => [row.store, row.to]))),
      uid: caseExpression('id', uids),
      arrival_uid: caseExpression('id', uids),
      modseq: caseExpression('id', new Map(moved.map((row) => [row.id, row.seq]))),
      saved_at: now,
    })
    .where('tenant_id', '=', tenant)
    .where('store_id', 'in', stores)
    .where('deleted', '=', 0)
    .where(
      'id',
      'in',
      moved.map((row) => row.id),
    )
    .execute();
  await tx
    .insertInto('changes')
    .values(
      moved.flatMap((row) => {
        const change = { store_id: row.store, tenant_id: tenant, message_id: row.id, at: now };
        return [
          { ...change, seq: row.seq - 1, folder_id: row.from, kind: CHANGE.MESSAGE_GONE, uid: row.oldUid },
          { ...change, seq: row.seq, folder_id: row.to, kind: CHANGE.MESSAGE_NEW, uid: row.uid },
        ];
      }),
    )
    .execute();
  await countFolders(tx, tenant, moved);
  const last = new Map(moved.map((row) => [row.store, row.seq]));
  await tx
    .updateTable(storesByPrimaryKey)
    .set({ change_seq: caseExpression('id', last) })
    .where('tenant_id', '=', tenant)
    .where('id', 'in', [...last.keys()])
    .execute();
  return [...last.keys()];
}

/** Gives each message that is still where it was submitted its new uid and its change numbers. */
async function plan(
  tx: Database,
  tenant: TenantId,
  sent: readonly SentMessage[],
  seqs: Map<StoreId, number>,
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
    const seq = seqs.get(store);
    const uid = own && uids.get(own.sent);
    const from = places.get(key(store, row.id));
    // Submitted in Sent Items, it stays there.
    if (!own || seq === undefined || uid === undefined || row.folder_id !== from || from === own.sent) return [];
    seqs.set(store, seq + 2);
    uids.set(own.sent, uid + 1);
    return [
      {
        id: row.id,
        store,
        from,
        to: own.sent,
        oldUid: row.uid,
        uid,
        seq: seq + 2,
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

async function countFolders(tx: Database, tenant: TenantId, moved: readonly MovedMessage[]): Promise<void> {
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
  await tx
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
