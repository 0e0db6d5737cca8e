import { sql } from 'kysely';
import { type Database, unguarded } from '../../database/database.ts';
import type { MessagesTable } from '../../database/schema.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';

/**
 * Up to which uid some session has been told of the messages of a folder (RFC 3501 §2.3.2: the first that is sees them as recent). The
 * database keeps it, so that of several gateways one session gets each message; all sessions of a process share one object, so that a
 * hundred that wait for a message ask once.
 */
export class RecentMark {
  /** Uids up to this are known to have been told. */
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

  /** Takes all uids up to one for the caller, and gives the uid up to which others had taken them before. */
  async claim(upTo: Uid): Promise<number> {
    // Whoever waits goes on when the other's claim has ended, well or not: that is the other's to tell.
    while (this.running) await this.running.catch(() => 0);
    if (upTo <= this.told) return upTo;
    this.running = claimRecent(this.db, this.ref, this.folder, upTo).finally(() => {
      this.running = undefined;
    });
    const before = await this.running;
    this.told = Math.max(upTo, before);
    return Math.min(before, upTo);
  }
}

/** One row by its primary key, and no other lock: it can wait for a writer of the folder, never the other way round. */
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
    // What came before marks were kept is not recent. Where another was faster, its mark is the one to go on from.
    if (numUpdatedRows === 1n) return before ?? upTo;
  }
}

/** The indexes by time are smaller, but have all of a folder in the range. */
const messagesByUid = sql<MessagesTable>`\`messages\``.as<'messages'>(sql`\`messages\` FORCE INDEX (PRIMARY)`);

/** How many messages of a folder no session has been told of (RFC 3501 §6.3.10). `mark` is the folder's `recentUid`. */
export async function countRecent(db: Database, ref: StoreRef, folder: FolderId, mark: number): Promise<number> {
  const { count } = await db
    .selectFrom(messagesByUid)
    .select((query) => query.fn.countAll<number>().as('count'))
    .where('tenant_id', '=', ref.tenant)
    .where('folder_id', '=', folder)
    .where('deleted', '=', 0)
    .where('uid', '>', mark)
    .executeTakeFirstOrThrow();
  return Number(count);
}
