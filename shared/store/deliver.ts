import { sql } from 'kysely';
import { countReferences } from '../blobs/blobs.ts';
import type { Database } from '../platform/database.ts';
import { inTransaction } from '../platform/transaction.ts';
import { CHANGE } from './changes.ts';
import type { StoreContext } from './context.ts';
import { encodeKeywords, FLAG, type Marks, NO_MARKS } from './flags.ts';
import type { FolderId, MessageId, StoreId, StoreRef, Uid } from './ids.ts';
import { messageRow } from './message-row.ts';
import type { PreparedMessage } from './prepare-message.ts';
import { lockStores } from './store-lock.ts';

/** One place that a message goes to. */
export interface DeliveryTarget extends StoreRef {
  folder: FolderId;
  /** Unique in the store. The same id a second time is the same message: it is not stored again. */
  id: MessageId;
  /** Bytes that the store may hold at most; 0 is no limit. */
  hardQuota: number;
}

export interface DeliverOptions {
  marks?: Marks;
  /** True where the ids may have been used before: a redelivered queue message, not a fresh LMTP transaction. */
  mayBeStored?: boolean;
}

export type DeliveryOutcome =
  | { kind: 'stored'; uid: Uid }
  /** An earlier transaction has stored it. */
  | { kind: 'already-stored' }
  | { kind: 'store-full' }
  /** The store or the folder went away after the recipient was accepted. */
  | { kind: 'gone' };

/**
 * Puts one message into folders of any number of stores, one folder each, all of them in one transaction with one set of blobs.
 * Gives an outcome per target, in their order. Throws NETWORK_ERROR or BUSY, and then nothing is stored.
 */
export async function deliver(context: StoreContext, message: PreparedMessage, targets: readonly DeliveryTarget[], options: DeliverOptions = {}): Promise<DeliveryOutcome[]> {
  const outcomes = await inTransaction(
    context.db,
    async (tx, attempt) => {
      // An attempt whose connection was lost may have been committed all the same.
      const present = attempt > 1 || options.mayBeStored ? await storedIds(tx, targets) : new Set<string>();
      return deliverIn(tx, context, message, targets, options.marks ?? NO_MARKS, present);
    },
    { repeatable: true },
  );
  context.ring(targets.filter((_, i) => outcomes[i]?.kind === 'stored').map((target) => target.store));
  return outcomes;
}

async function deliverIn(tx: Database, context: StoreContext, message: PreparedMessage, targets: readonly DeliveryTarget[], marks: Marks, present: Set<string>): Promise<DeliveryOutcome[]> {
  const stores = await lockStores(tx, targets);
  const folders = await targetFolders(tx, targets);
  const now = context.clock();
  const accepted: { target: DeliveryTarget; uid: Uid; seq: number }[] = [];
  const outcomes = targets.map((target): DeliveryOutcome => {
    const store = stores.get(target.store);
    const uid = folders.get(target.folder);
    if (!store || uid === undefined) return { kind: 'gone' };
    if (present.has(`${target.store}:${target.id.toString('hex')}`)) return { kind: 'already-stored' };
    if (target.hardQuota > 0 && store.size + message.size > target.hardQuota) return { kind: 'store-full' };
    accepted.push({ target, uid, seq: store.changeSeq + 1 });
    return { kind: 'stored', uid };
  });
  if (accepted.length === 0) return outcomes;

  await tx
    .insertInto('messages')
    .values(accepted.map(({ target, uid, seq }) => messageRow(message, target, { uid, modseq: seq, savedAt: now, flags: marks.flags, keywords: encodeKeywords(marks.keywords) })))
    .execute();
  await tx
    .insertInto('message_contents')
    .values(
      accepted.map(({ target }) => ({
        store_id: target.store,
        id: target.id,
        tenant_id: target.tenant,
        properties: message.propertyDocument,
        mime: message.content,
        parts: message.parts,
      })),
    )
    .execute();
  await tx
    .insertInto('changes')
    .values(
      accepted.map(({ target, uid, seq }) => ({
        store_id: target.store,
        seq,
        tenant_id: target.tenant,
        folder_id: target.folder,
        kind: CHANGE.MESSAGE_NEW,
        uid,
        message_id: target.id,
        at: now,
      })),
    )
    .execute();
  await countMessage(tx, accepted.map(({ target }) => target), message.size, (marks.flags & FLAG.SEEN) === 0 ? 1 : 0);
  await countReferences(tx, context.clock, message.blobs, accepted.length);
  return outcomes;
}

/** The next uid of each folder that is there. */
async function targetFolders(tx: Database, targets: readonly DeliveryTarget[]): Promise<Map<FolderId, Uid>> {
  const found = new Map<FolderId, Uid>();
  for (const [tenant, group] of Map.groupBy(targets, (target) => target.tenant)) {
    const rows = await tx
      .selectFrom('folders')
      .select(['id', 'store_id', 'uid_next'])
      .where('tenant_id', '=', tenant)
      .where('id', 'in', group.map((target) => target.folder))
      .where('deleted_at', '=', 0)
      .execute();
    for (const row of rows) {
      if (group.some((target) => target.folder === row.id && target.store === row.store_id)) found.set(row.id as FolderId, row.uid_next as Uid);
    }
  }
  return found;
}

async function storedIds(tx: Database, targets: readonly DeliveryTarget[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [tenant, group] of Map.groupBy(targets, (target) => target.tenant)) {
    const rows = await tx
      .selectFrom('messages')
      .select(['store_id', 'id'])
      .where('tenant_id', '=', tenant)
      .where('store_id', 'in', group.map((target) => target.store))
      .where('id', 'in', group.map((target) => target.id))
      .execute();
    for (const row of rows) found.add(`${row.store_id}:${row.id.toString('hex')}`);
  }
  return found;
}

/** Counts one new message in each target's store and folder. */
async function countMessage(tx: Database, targets: readonly DeliveryTarget[], size: number, unseen: number): Promise<void> {
  for (const [tenant, group] of Map.groupBy(targets, (target) => target.tenant)) {
    const stores: StoreId[] = group.map((target) => target.store);
    await tx
      .updateTable('stores')
      .set({
        change_seq: sql<number>`\`change_seq\` + 1`,
        size: sql<number>`\`size\` + ${size}`,
        message_count: sql<number>`\`message_count\` + 1`,
      })
      .where('tenant_id', '=', tenant)
      .where('id', 'in', stores)
      .execute();
    await tx
      .updateTable('folders')
      .set({
        uid_next: sql<number>`\`uid_next\` + 1`,
        message_count: sql<number>`\`message_count\` + 1`,
        unseen_count: sql<number>`\`unseen_count\` + ${unseen}`,
        size: sql<number>`\`size\` + ${size}`,
        highest_modseq: sql<number>`(SELECT \`change_seq\` FROM \`stores\` WHERE \`stores\`.\`tenant_id\` = ${tenant} AND \`stores\`.\`id\` = \`folders\`.\`store_id\`)`,
      })
      .where('tenant_id', '=', tenant)
      .where('id', 'in', group.map((target) => target.folder))
      .execute();
  }
}
