import { countReferences } from '../blobs/blobs.ts';
import { KopanoError } from '../mapi/error.ts';
import type { Database } from '../platform/database.ts';
import { changeFolder, lockMessages } from './change-folder.ts';
import { CHANGE, type NewChange } from './changes.ts';
import { contentBlobs } from './content-document.ts';
import type { StoreContext } from './context.ts';
import type { Copied } from './copy-messages.ts';
import { FLAG } from './flags.ts';
import { type FolderId, type MessageId, newGuid, type StoreRef, type Uid } from './ids.ts';
import { VIEW } from './mapi-messages.ts';

/** A message that was copied, and the uid of its copy. */
interface CopyOf {
  from: MessageId;
  uid: Uid;
}

/** Copies messages, with all that they hold, to a folder of any store: all of them or none. Those that are gone are passed over. */
export async function copyToStore(
  context: StoreContext,
  from: StoreRef,
  ids: readonly MessageId[],
  to: StoreRef,
  folder: FolderId,
  { hardQuota, syncId }: { hardQuota: number; syncId: number },
): Promise<CopyOf[]> {
  if (ids.length === 0) return [];
  return changeFolder(context, to, folder, async (tx, store, { uidNext }) => {
    const rows = await messageRows(tx, from, ids);
    const live = rows.filter(({ deleted }) => deleted !== VIEW.ASSOCIATED);
    const size = live.reduce((sum, row) => sum + row.size, 0);
    if (hardQuota > 0 && store.size + size > hardQuota) throw new KopanoError('STORE_FULL', 'the store is full');
    const now = context.clock();
    const changes: NewChange[] = [];
    const copies: CopyOf[] = [];
    const blobs: Buffer[] = [];
    for (const [i, row] of rows.entries()) {
      const id = newGuid(now);
      const uid = (uidNext + i) as Uid;
      changes.push({ kind: CHANGE.MESSAGE_NEW, folder, uid, message: id, syncId });
      const seq = store.changeSeq + changes.length;
      await tx
        .insertInto('messages')
        .values({
          ...row,
          tenant_id: to.tenant,
          store_id: to.store,
          folder_id: folder,
          id,
          uid,
          arrival_uid: uid,
          deleted: row.deleted === VIEW.ASSOCIATED ? VIEW.ASSOCIATED : VIEW.LIVE,
          deleted_at: null,
          modseq: seq,
          content_seq: seq,
          saved_at: now,
          source_key: null,
          email_id: row.email_id ?? row.id,
        })
        .execute();
      const content = await tx
        .selectFrom('message_contents')
        .select(['properties', 'mime', 'parts'])
        .where('tenant_id', '=', from.tenant)
        .where('store_id', '=', from.store)
        .where('id', '=', row.id)
        .executeTakeFirstOrThrow();
      await tx
        .insertInto('message_contents')
        .values({ ...content, tenant_id: to.tenant, store_id: to.store, id })
        .execute();
      blobs.push(...contentBlobs(content));
      copies.push({ from: row.id, uid });
    }
    await countReferences(tx, context.clock, blobs, 1);
    const associated = rows.length - live.length;
    const unseen = live.filter(({ flags }) => (flags & FLAG.SEEN) === 0).length;
    return {
      result: copies,
      changes,
      delta: { messages: live.length, unseen, size, deleted: 0, associated, committedAt: now },
      uidsUsed: rows.length,
    };
  });
}

/** Live and associated messages, in the order in which they were asked for. */
async function messageRows(tx: Database, ref: StoreRef, ids: readonly MessageId[]) {
  const rows = await tx
    .selectFrom('messages')
    .selectAll()
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('id', 'in', [...ids])
    .where('deleted', 'in', [VIEW.LIVE, VIEW.ASSOCIATED])
    .execute();
  const byId = new Map(rows.map((row) => [row.id.toString('hex'), row]));
  return ids.flatMap((id) => byId.get(id.toString('hex')) ?? []);
}

/** Copies messages of a folder to a folder of another store; gives the uids before and after, in the order of the former. */
export async function copyUidsToStore(
  context: StoreContext,
  from: StoreRef,
  fromFolder: FolderId,
  uids: readonly Uid[],
  to: StoreRef,
  toFolder: FolderId,
  hardQuota: number,
): Promise<Copied[]> {
  const rows = await lockMessages(context.db, from, fromFolder, uids);
  const uidOf = new Map(rows.map(({ id, uid }) => [id.toString('hex'), uid as Uid]));
  const ids = rows.map(({ id }) => id);
  const copies = await copyToStore(context, from, ids, to, toFolder, { hardQuota, syncId: 0 });
  return copies.flatMap((copy) => {
    const uid = uidOf.get(copy.from.toString('hex'));
    return uid === undefined ? [] : [{ from: uid, to: copy.uid }];
  });
}
