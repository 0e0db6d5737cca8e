import { sql } from 'kysely';
import { type BlobRef, countReferences } from '../../blobs/blobs.ts';
import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import { append } from '../../platform/append.ts';
import { ALL_INLINE, contentBlobs } from '../content/content-document.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import { type FolderId, type MessageId, newGuid, type StoreRef, type Uid } from '../engine/ids.ts';
import type { LockedStore } from '../engine/store-lock.ts';
import { changeFolder, lockMessages, totals } from './change-folder.ts';
import { type MessageFacts, messagesByIds, VIEW } from './message-facts.ts';
import { assignmentTables, type UidAssignment } from './uid-assignments.ts';

/** A message that was copied or moved: its uid before and after. */
export interface Copied {
  from: Uid;
  to: Uid;
}

/** A folder of any store that copies go to. */
export interface CopyTarget {
  ref: StoreRef;
  folder: FolderId;
  /** The hard quota of the store in bytes; 0 for none. */
  hardQuota: number;
}

/** Copies messages of a folder to a folder of any store (RFC 3501 §6.4.7); gives the uids before and after, in the order of the former. */
export async function copyMessages(
  context: StoreContext,
  from: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
  to: CopyTarget,
): Promise<Copied[]> {
  const rows = await lockMessages(context.db, from, folder, uids);
  const uidOf = new Map(rows.map(({ id, uid }) => [id.toString('hex'), uid as Uid]));
  const ids = rows.map(({ id }) => id);
  const copies = await copyMessagesById(context, from, ids, to, { syncId: 0 });
  return copies.flatMap((copy) => {
    const uid = uidOf.get(copy.source.toString('hex'));
    return uid === undefined ? [] : [{ from: uid, to: copy.uid }];
  });
}

export interface CopyOptions {
  syncId: number;
  /** Soft-deleted messages are copied too, and their copies are live. */
  deleted?: boolean;
}

/** Copies messages with their contents to a folder of any store, all of them or none. Messages that are gone are passed over. */
export async function copyMessagesById(
  context: StoreContext,
  from: StoreRef,
  ids: readonly MessageId[],
  { ref: to, folder, hardQuota }: CopyTarget,
  { syncId, deleted = false }: CopyOptions,
): Promise<UidAssignment[]> {
  if (ids.length === 0) return [];
  return changeFolder(context, to, folder, async (store, { uidNext }) => {
    const { tx } = store;
    const rows = (await inOrder(tx, from, ids)).filter(({ view }) => deleted || view !== VIEW.DELETED);
    const live = rows.filter(({ view }) => view !== VIEW.ASSOCIATED);
    const sum = totals(live);
    if (hardQuota > 0 && store.size + sum.size > hardQuota) throw new PamojaError('STORE_FULL', 'the store is full');
    const now = context.clock();
    const places = rows.map(
      (row, i): UidAssignment => ({
        source: row.id,
        id: newGuid(now),
        uid: (uidNext + i) as Uid,
        modseq: store.changeSeq + i + 1,
      }),
    );
    store.appendAll(places.map(({ id, uid }) => ({ kind: CHANGE.MESSAGE_NEW, folder, uid, message: id, syncId })));
    await copyRows(store, from, folder, places, now);
    await countReferences(tx, context.clock, await copyContents(store, from, places), 1);
    return {
      result: places,
      delta: { ...sum, deleted: 0, associated: rows.length - live.length, committedAt: now },
      uidsUsed: rows.length,
    };
  });
}

/** Reads messages in the order of their ids in the list; an id that is named twice gives one message. */
async function inOrder(tx: Database, ref: StoreRef, ids: readonly MessageId[]): Promise<MessageFacts[]> {
  const found = new Map((await messagesByIds(tx, ref, ids)).map((facts) => [facts.id.toString('hex'), facts]));
  const asked = new Set(ids.map((id) => id.toString('hex')));
  return [...asked].flatMap((id) => found.get(id) ?? []);
}

/** Columns that a copy takes over unchanged. */
const COPIED = [
  'flags',
  'keywords',
  'received_at',
  'delivered_at',
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
  'imap_preview',
  'imap_header',
  'status',
  'modified_at',
] as const;

async function copyRows(
  to: LockedStore,
  from: StoreRef,
  folder: FolderId,
  places: readonly UidAssignment[],
  now: number,
): Promise<void> {
  const copied = sql.join(COPIED.map((column) => sql.ref(column)));
  const sources = sql.join(COPIED.map((column) => sql.ref(`m.${column}`)));
  for (const { table } of assignmentTables(places))
    await sql`INSERT INTO \`messages\` (\`tenant_id\`, \`store_id\`, \`folder_id\`, \`deleted\`, \`deleted_at\`, \`id\`, \`uid\`,
        \`arrival_uid\`, \`modseq\`, \`content_seq\`, \`saved_at\`, \`email_id\`, ${copied})
      SELECT ${to.tenant}, ${to.store}, ${folder},
        IF(\`m\`.\`deleted\` = ${VIEW.DELETED}, ${VIEW.LIVE}, \`m\`.\`deleted\`), NULL, \`places\`.\`id\`, \`places\`.\`uid\`,
        \`places\`.\`uid\`, \`places\`.\`modseq\`, \`places\`.\`modseq\`, ${now}, COALESCE(\`m\`.\`email_id\`, \`m\`.\`id\`), ${sources}
      FROM ${table} STRAIGHT_JOIN \`messages\` AS \`m\`
        ON \`m\`.\`tenant_id\` = ${from.tenant} AND \`m\`.\`store_id\` = ${from.store} AND \`m\`.\`id\` = \`places\`.\`source\``.execute(
      to.tx,
    );
}

/** Copies the contents within the database; gives the blobs that they point to. */
async function copyContents(to: LockedStore, from: StoreRef, places: readonly UidAssignment[]): Promise<BlobRef[]> {
  const blobs: BlobRef[] = [];
  for (const { batch, table } of assignmentTables(places)) {
    await sql`INSERT INTO \`message_contents\` (\`tenant_id\`, \`store_id\`, \`id\`, \`properties\`, \`mime\`, \`parts\`)
      SELECT ${to.tenant}, ${to.store}, \`places\`.\`id\`, \`c\`.\`properties\`, \`c\`.\`mime\`, \`c\`.\`parts\`
      FROM ${table} STRAIGHT_JOIN \`message_contents\` AS \`c\`
        ON \`c\`.\`tenant_id\` = ${from.tenant} AND \`c\`.\`store_id\` = ${from.store} AND \`c\`.\`id\` = \`places\`.\`source\``.execute(
      to.tx,
    );
    const rows = await to.tx
      .selectFrom('message_contents')
      .select('properties')
      .select(sql<Buffer | null>`IF(LEFT(\`mime\`, ${ALL_INLINE.length}) = ${ALL_INLINE}, NULL, \`mime\`)`.as('mime'))
      .where('tenant_id', '=', from.tenant)
      .where('store_id', '=', from.store)
      .where(
        'id',
        'in',
        batch.map(({ source }) => source),
      )
      .execute();
    if (rows.length !== batch.length) throw new PamojaError('NOT_FOUND', 'a message has no content');
    append(blobs, rows.flatMap(contentBlobs));
  }
  return blobs;
}
