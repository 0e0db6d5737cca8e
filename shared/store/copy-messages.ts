import { sql } from 'kysely';
import { countReferences } from '../blobs/blobs.ts';
import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import { changeFolder, lockMessages, totals } from './change-folder.ts';
import { CHANGE, type NewChange } from './changes.ts';
import { contentBlobs } from './content-document.ts';
import type { StoreContext } from './context.ts';
import { type FolderId, newGuid, type StoreRef, type Uid } from './ids.ts';

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
  'deleted_at',
] as const;

async function copyRow(tx: Database, ref: StoreRef, from: { from: FolderId; uid: Uid }, to: NewPlace): Promise<void> {
  await tx
    .insertInto('messages')
    .columns(['folder_id', 'uid', 'arrival_uid', 'id', 'modseq', 'saved_at', 'email_id', ...COPIED])
    .expression((query) =>
      query
        .selectFrom('messages')
        .select([
          sql.lit(Number(to.folder)).as('folder_id'),
          sql.lit(Number(to.uid)).as('uid'),
          sql.lit(Number(to.uid)).as('arrival_uid'),
          sql<Buffer>`${to.id}`.as('id'),
          sql.lit(to.modseq).as('modseq'),
          sql.lit(to.now).as('saved_at'),
          sql<Buffer>`COALESCE(\`email_id\`, \`id\`)`.as('email_id'),
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
  return contentBlobs(content);
}
