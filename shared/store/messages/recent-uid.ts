import { sql } from 'kysely';
import { type Database, unguarded } from '../../database/database.ts';
import type { MessagesTable } from '../../database/schema.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';

/**
 * The highest uid of a folder that an IMAP session has reported to its client (RFC 3501 §2.3.2: a message is \Recent for the first session that
 * reports it). It is stored in the database, so that of several gateways one session gets each message; all sessions of a process share one object,
 * so that a hundred of them claim new messages with one statement.
 */
export class RecentUid {
  /** Sessions are known to have reported the uids up to this one. */
  private told = 0;
  private running: Promise<number> | undefined;
  private readonly db: Database;
  private readonly ref: StoreRef;
  private readonly folder: FolderId;

  constructor(db: Database, ref: StoreRef, folder: FolderId) {
    this.db = db;
    this.ref = ref;
    this.folder = folder;
  }

  /** Claims all uids up to one for the caller. Gives the highest uid that other sessions had claimed before. */
  async claim(upTo: Uid): Promise<number> {
    // One claim at a time. Whether the one before failed is for its own caller.
    while (this.running) await Promise.allSettled([this.running]);
    if (upTo <= this.told) return upTo;
    this.running = claimRecent(this.db, this.ref, this.folder, upTo).finally(() => {
      this.running = undefined;
    });
    const before = await this.running;
    this.told = Math.max(upTo, before);
    return Math.min(before, upTo);
  }
}

/** Updates one row by its primary key and holds no other lock, so it can wait for a writer of the folder without a deadlock. */
async function claimRecent(db: Database, ref: StoreRef, folder: FolderId, upTo: Uid): Promise<number> {
  for (;;) {
    const row = await db
      .selectFrom('folders')
      .select('recent_uid')
      .where('tenant_id', '=', ref.tenant)
      .where('store_id', '=', ref.store)
      .where('id', '=', folder)
      .executeTakeFirst();
    if (!row) return upTo;
    const before = row.recent_uid;
    if (before !== null && before >= upTo) return before;
    const { numUpdatedRows } = await unguarded(db)
      .updateTable('folders')
      .set({ recent_uid: upTo })
      .where('tenant_id', '=', ref.tenant)
      .where('store_id', '=', ref.store)
      .where('id', '=', folder)
      .where(sql<boolean>`\`recent_uid\` <=> ${before}`)
      .executeTakeFirstOrThrow();
    // Messages from before the column existed are not recent. Where another session was faster, the loop goes on from its value.
    if (numUpdatedRows === 1n) return before ?? upTo;
  }
}

/** The primary key alone has a range of uids: the smaller indexes by time would read the whole folder. */
const messagesByUid = sql<MessagesTable>`\`messages\``.as<'messages'>(sql`\`messages\` FORCE INDEX (PRIMARY)`);

/** Counts the messages of a folder that no session has reported yet (RFC 3501 §6.3.10). `recentUid` is the folder's. */
export async function countRecent(db: Database, ref: StoreRef, folder: FolderId, recentUid: number): Promise<number> {
  const { count } = await db
    .selectFrom(messagesByUid)
    .select((query) => query.fn.countAll<number>().as('count'))
    .where('tenant_id', '=', ref.tenant)
    .where('folder_id', '=', folder)
    .where('deleted', '=', 0)
    .where('uid', '>', recentUid)
    .executeTakeFirstOrThrow();
  return Number(count);
}
