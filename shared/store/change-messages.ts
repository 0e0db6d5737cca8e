import { sql } from 'kysely';
import { countReferences } from '../blobs/blobs.ts';
import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import { inTransaction } from '../platform/transaction.ts';
import { appendChanges, CHANGE, type NewChange } from './changes.ts';
import { blobHashes, decodeContent } from './content-document.ts';
import type { StoreContext } from './context.ts';
import { changeMarks, decodeKeywords, encodeKeywords, FLAG, type MarkChange, type Marks, sameMarks } from './flags.ts';
import { type FolderId, newGuid, type StoreRef, type Uid } from './ids.ts';
import type { MessageState } from './messages.ts';
import { type LockedStore, lockStore, updateStore } from './store-lock.ts';

/** Changes the marks of messages (IMAP STORE). Messages that are gone are passed over. Returns the new state of those that are there. */
export async function markMessages(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
  how: MarkChange,
  change: Marks,
): Promise<MessageState[]> {
  return changeFolder(context, ref, folder, async (tx, store) => {
    const rows = await lockMessages(tx, ref, folder, uids);
    const states: MessageState[] = [];
    const changes: NewChange[] = [];
    let unseen = 0;
    for (const row of rows) {
      const old: Marks = { flags: row.flags, keywords: decodeKeywords(row.keywords) };
      const marks = changeMarks(old, how, change);
      if (sameMarks(old, marks)) {
        states.push({ uid: row.uid as Uid, modseq: row.modseq, ...old });
        continue;
      }
      changes.push({ kind: CHANGE.MESSAGE_CHANGED, folder, uid: row.uid as Uid, message: row.id });
      const modseq = store.changeSeq + changes.length;
      unseen += (old.flags & FLAG.SEEN) - (marks.flags & FLAG.SEEN);
      states.push({ uid: row.uid as Uid, modseq, ...marks });
    }
    for (const [key, group] of groupByMarks(states.filter((state) => state.modseq > store.changeSeq))) {
      await writeMarks(tx, ref, folder, key, group);
    }
    return { result: states, changes, delta: { ...NOTHING, unseen } };
  });
}

/** One statement for all messages that get the same marks; the modseq is counted up in the order of the uids. */
async function writeMarks(
  tx: Database,
  ref: StoreRef,
  folder: FolderId,
  marks: Marks,
  states: MessageState[],
): Promise<void> {
  for (let i = 0; i < states.length; i += 500) {
    const batch = states.slice(i, i + 500);
    const modseq = sql<number>`CASE \`uid\` ${sql.join(
      batch.map((state) => sql`WHEN ${state.uid} THEN ${state.modseq}`),
      sql` `,
    )} END`;
    await tx
      .updateTable('messages')
      .set({ flags: marks.flags, keywords: encodeKeywords(marks.keywords), modseq })
      .where('tenant_id', '=', ref.tenant)
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .where(
        'uid',
        'in',
        batch.map((state) => state.uid),
      )
      .execute();
  }
}

function groupByMarks(states: MessageState[]): Iterable<[Marks, MessageState[]]> {
  const groups = Map.groupBy(states, (state) => `${state.flags} ${state.keywords.join(' ')}`);
  return [...groups.values()].flatMap((group) => (group[0] ? [[group[0], group] as [Marks, MessageState[]]] : []));
}

/** Soft-deletes messages (manual 7.5): of those named by `uids`, or all, the ones that carry \Deleted when `onlyMarked`. Returns their uids. */
export async function expungeMessages(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[] | 'all',
  onlyMarked = true,
): Promise<Uid[]> {
  return changeFolder(context, ref, folder, async (tx) => {
    const rows = (await lockMessages(tx, ref, folder, uids, onlyMarked)).filter(
      (row) => !onlyMarked || row.flags & FLAG.DELETED,
    );
    const gone = rows.map((row) => row.uid as Uid);
    const now = context.clock();
    for (let i = 0; i < gone.length; i += 500) {
      await tx
        .updateTable('messages')
        .set({ deleted: 1, deleted_at: now })
        .where('tenant_id', '=', ref.tenant)
        .where('folder_id', '=', folder)
        .where('deleted', '=', 0)
        .where('uid', 'in', gone.slice(i, i + 500))
        .execute();
    }
    const changes = rows.map(
      (row): NewChange => ({ kind: CHANGE.MESSAGE_GONE, folder, uid: row.uid as Uid, message: row.id }),
    );
    const sum = totals(rows);
    return {
      result: gone,
      changes,
      delta: { messages: -sum.messages, unseen: -sum.unseen, size: -sum.size, deleted: sum.messages },
    };
  });
}

/** A message that was copied or moved: its uid before and after. */
export interface Copied {
  from: Uid;
  to: Uid;
}

/** Copies messages to a folder of the same store, with their marks and dates (RFC 3501 §6.4.7): all of them or none. */
export async function copyMessages(
  context: StoreContext,
  ref: StoreRef,
  from: FolderId,
  uids: readonly Uid[],
  to: FolderId,
  hardQuota: number,
): Promise<Copied[]> {
  return changeFolder(context, ref, to, async (tx, store, folder) => {
    const rows = await lockMessages(tx, ref, from, uids);
    const sum = totals(rows);
    if (hardQuota > 0 && store.size + sum.size > hardQuota) throw new KopanoError('STORE_FULL', 'the store is full');
    const now = context.clock();
    const copied: Copied[] = [];
    const changes: NewChange[] = [];
    const blobs: Buffer[] = [];
    for (const row of rows) {
      const id = newGuid(now);
      const uid = (folder.uidNext + copied.length) as Uid;
      changes.push({ kind: CHANGE.MESSAGE_NEW, folder: to, uid, message: id });
      await copyRow(
        tx,
        ref,
        { from, uid: row.uid as Uid },
        { folder: to, uid, id, modseq: store.changeSeq + changes.length, now },
      );
      blobs.push(...(await copyContent(tx, ref, row.id, id)));
      copied.push({ from: row.uid as Uid, to: uid });
    }
    await countReferences(tx, context.clock, blobs, 1);
    return { result: copied, changes, delta: { ...sum, deleted: 0 }, uidsUsed: copied.length };
  });
}

/** Moves messages to another folder of the same store (RFC 6851): each keeps its id and gets a new uid. */
export async function moveMessages(
  context: StoreContext,
  ref: StoreRef,
  from: FolderId,
  uids: readonly Uid[],
  to: FolderId,
): Promise<Copied[]> {
  return changeFolder(context, ref, to, async (tx, store, folder) => {
    const rows = await lockMessages(tx, ref, from, uids);
    const sum = totals(rows);
    const moved: Copied[] = [];
    const changes: NewChange[] = [];
    for (const row of rows) {
      const uid = (folder.uidNext + moved.length) as Uid;
      changes.push({ kind: CHANGE.MESSAGE_GONE, folder: from, uid: row.uid as Uid, message: row.id });
      changes.push({ kind: CHANGE.MESSAGE_NEW, folder: to, uid, message: row.id });
      await tx
        .updateTable('messages')
        .set({ folder_id: to, uid, modseq: store.changeSeq + changes.length, saved_at: context.clock() })
        .where('tenant_id', '=', ref.tenant)
        .where('folder_id', '=', from)
        .where('deleted', '=', 0)
        .where('uid', '=', row.uid)
        .execute();
      moved.push({ from: row.uid as Uid, to: uid });
    }
    if (from === to) return { result: moved, changes, delta: NOTHING, uidsUsed: moved.length };
    await countFolder(
      tx,
      ref,
      from,
      { messages: -sum.messages, unseen: -sum.unseen, size: -sum.size, deleted: 0 },
      store.changeSeq + changes.length,
      0,
    );
    return {
      result: moved,
      changes,
      delta: { ...sum, deleted: 0 },
      uidsUsed: moved.length,
      storeDelta: { size: 0, messages: 0 },
    };
  });
}

interface FolderDelta {
  messages: number;
  unseen: number;
  size: number;
  /** Soft-deleted messages. */
  deleted: number;
}

const NOTHING: FolderDelta = { messages: 0, unseen: 0, size: 0, deleted: 0 };

interface FolderChange<T> {
  result: T;
  changes: NewChange[];
  delta: FolderDelta;
  uidsUsed?: number;
  /** What the store gains, where that differs from what the folder gains. */
  storeDelta?: { size: number; messages: number };
}

type FolderWork<T> = (tx: Database, store: LockedStore, folder: { uidNext: number }) => Promise<FolderChange<T>>;

/** Runs work under the store's lock, then appends its changes and counts them in the folder and the store. */
async function changeFolder<T>(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  work: FolderWork<T>,
): Promise<T> {
  const { result, changed } = await inTransaction(context.db, async (tx) => {
    const store = await lockStore(tx, ref);
    const row = await tx
      .selectFrom('folders')
      .select('uid_next')
      .where('tenant_id', '=', ref.tenant)
      .where('store_id', '=', ref.store)
      .where('id', '=', folder)
      .where('deleted_at', '=', 0)
      .executeTakeFirst();
    if (!row) throw new KopanoError('NOT_FOUND', 'no such folder');
    const {
      result,
      changes,
      delta,
      uidsUsed = 0,
      storeDelta = delta,
    } = await work(tx, store, { uidNext: row.uid_next });
    if (changes.length > 0) {
      const seq = store.changeSeq + changes.length;
      await appendChanges(tx, ref, store.changeSeq + 1, context.clock(), changes);
      await countFolder(tx, ref, folder, delta, seq, uidsUsed);
      await updateStore(tx, store, seq, storeDelta);
    }
    return { result, changed: changes.length > 0 };
  });
  if (changed) context.ring([ref.store]);
  return result;
}

async function countFolder(
  tx: Database,
  ref: StoreRef,
  folder: FolderId,
  delta: FolderDelta,
  modseq: number,
  uidsUsed: number,
): Promise<void> {
  await tx
    .updateTable('folders')
    .set({
      message_count: sql<number>`\`message_count\` + ${delta.messages}`,
      unseen_count: sql<number>`\`unseen_count\` + ${delta.unseen}`,
      size: sql<number>`\`size\` + ${delta.size}`,
      deleted_count: sql<number>`\`deleted_count\` + ${delta.deleted}`,
      uid_next: sql<number>`\`uid_next\` + ${uidsUsed}`,
      highest_modseq: modseq,
    })
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', '=', folder)
    .execute();
}

interface MessageFacts {
  uid: number;
  id: Buffer;
  modseq: number;
  flags: number;
  keywords: string;
  size: number;
}

/** Live messages by uid, in the order of their uids. The store's lock keeps them as they are. */
async function lockMessages(
  tx: Database,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[] | 'all',
  onlyMarked = false,
): Promise<MessageFacts[]> {
  const all = tx
    .selectFrom('messages')
    .select(['uid', 'id', 'modseq', 'flags', 'keywords', 'size'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('folder_id', '=', folder)
    .where('deleted', '=', 0)
    .$if(onlyMarked, (query) => query.where(sql<boolean>`(\`flags\` & ${FLAG.DELETED}) <> 0`))
    .orderBy('uid');
  if (uids === 'all') return all.execute();
  const found: MessageFacts[] = [];
  for (let i = 0; i < uids.length; i += 500)
    found.push(...(await all.where('uid', 'in', uids.slice(i, i + 500)).execute()));
  return found;
}

function totals(rows: readonly MessageFacts[]): Omit<FolderDelta, 'deleted'> {
  return {
    messages: rows.length,
    unseen: rows.filter((row) => (row.flags & FLAG.SEEN) === 0).length,
    size: rows.reduce((sum, row) => sum + row.size, 0),
  };
}

interface NewPlace {
  folder: FolderId;
  uid: Uid;
  id: Buffer;
  modseq: number;
  now: number;
}

/** Columns that a copy takes over as they are. */
const COPIED = [
  'deleted',
  'store_id',
  'tenant_id',
  'flags',
  'keywords',
  'received_at',
  'sent_at',
  'size',
  'message_class',
  'subject',
  'sender_name',
  'sender_address',
  'display_to',
  'importance',
  'has_attachments',
  'conversation_id',
  'imap_envelope',
  'imap_body_structure',
  'deleted_at',
] as const;

async function copyRow(tx: Database, ref: StoreRef, from: { from: FolderId; uid: Uid }, to: NewPlace): Promise<void> {
  await tx
    .insertInto('messages')
    .columns(['folder_id', 'uid', 'id', 'modseq', 'saved_at', ...COPIED])
    .expression((query) =>
      query
        .selectFrom('messages')
        .select([
          sql.lit(Number(to.folder)).as('folder_id'),
          sql.lit(Number(to.uid)).as('uid'),
          sql<Buffer>`${to.id}`.as('id'),
          sql.lit(to.modseq).as('modseq'),
          sql.lit(to.now).as('saved_at'),
        ])
        .select([...COPIED])
        .where('tenant_id', '=', ref.tenant)
        .where('folder_id', '=', from.from)
        .where('deleted', '=', 0)
        .where('uid', '=', from.uid),
    )
    .execute();
}

/** Copies a message's content document under a new id and returns the blobs that it points to. */
async function copyContent(tx: Database, ref: StoreRef, from: Buffer, to: Buffer): Promise<Buffer[]> {
  const content = await tx
    .selectFrom('message_contents')
    .select(['properties', 'mime', 'parts'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', '=', from)
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('message_contents')
    .values({ store_id: ref.store, tenant_id: ref.tenant, id: to, ...content })
    .execute();
  return blobHashes(decodeContent(content.mime));
}
