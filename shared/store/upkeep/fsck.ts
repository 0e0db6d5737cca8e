import { type Selectable, sql } from 'kysely';
import { blobKey } from '../../blobs/blobs.ts';
import type { Objects } from '../../blobs/objects.ts';
import type { Database } from '../../database/database.ts';
import type { FoldersTable, StoresTable } from '../../database/schema.ts';
import { contentBlobs, decodeContent, segmentLength } from '../content/content-document.ts';
import type { StoreId, TenantId } from '../engine/ids.ts';
import { FLAG } from '../messages/flags.ts';
import { VIEW } from '../messages/message-facts.ts';
import { resultsOf } from '../tables/search-folders.ts';
import { checkStructure, type Expect } from './store-structure.ts';

/** An inconsistency. */
export interface Inconsistency {
  what: string;
  /** Names the store, folder, message or blob so that a person can look it up. */
  where: string;
  expected: number | string;
  found: number | string;
}

export interface FsckReport {
  stores: number;
  folders: number;
  messages: number;
  blobs: number;
  problems: Inconsistency[];
}

/**
 * Proves that every counter equals what it counts (store and folder counters, uids below uidnext, change numbers, content documents,
 * references to blobs of messages and of properties), that every blob that is pointed to is in the object store with its size, and that
 * owners, trees, roles, receive folders and rights are whole. Reads only; run it on a system at rest, since it is no snapshot.
 */
export async function fsck(db: Database, objects: Objects): Promise<FsckReport> {
  const problems: Inconsistency[] = [];
  const report: FsckReport = { stores: 0, folders: 0, messages: 0, blobs: 0, problems };
  const references: References = new Map();
  for (const store of await db.selectFrom('stores').selectAll().orderBy('id').execute()) {
    report.stores++;
    await checkFolders(db, store, report);
    await checkMessages(db, store, report, references);
  }
  await checkBlobs(db, objects, references, report);
  return report;
}

/** Number of references to each blob, by its key in the object store. */
type References = Map<string, number>;

type StoreRow = Selectable<StoresTable>;

async function checkFolders(db: Database, store: StoreRow, report: FsckReport): Promise<void> {
  const expect = expectation(report.problems);
  const folders = await db
    .selectFrom('folders')
    .selectAll()
    .where('tenant_id', '=', store.tenant_id)
    .where('store_id', '=', store.id)
    .execute();
  await checkStructure(db, store, folders, expect);
  const counted = await db
    .selectFrom('messages')
    .select(['folder_id', 'deleted'])
    .select([
      sql<string>`COUNT(*)`.as('messages'),
      sql<string>`SUM(\`size\`)`.as('size'),
      sql<string>`SUM(\`flags\` & ${FLAG.SEEN} = 0)`.as('unseen'),
      sql<string>`MAX(\`uid\`)`.as('highest_uid'),
      sql<string>`MAX(\`modseq\`)`.as('highest_modseq'),
    ])
    .where('tenant_id', '=', store.tenant_id)
    .where('store_id', '=', store.id)
    .groupBy(['folder_id', 'deleted'])
    .execute();
  const searched = await resultsOf(db, { tenant: store.tenant_id as TenantId, store: store.id as StoreId })
    .select('search_results.folder_id')
    .select([
      sql<string>`COUNT(*)`.as('messages'),
      sql<string>`SUM(\`messages\`.\`flags\` & ${FLAG.SEEN} = 0)`.as('unseen'),
    ])
    .groupBy('search_results.folder_id')
    .execute();
  const known = new Set(folders.map((folder) => folder.id));
  for (const row of counted)
    if (!known.has(row.folder_id))
      expect(
        'messages in a folder that is not there',
        `store ${store.id} folder ${row.folder_id}`,
        0,
        Number(row.messages),
      );
  let size = 0;
  let messages = 0;
  for (const folder of folders) {
    report.folders++;
    const views = counted.filter((row) => row.folder_id === folder.id);
    checkCounters(store, folder, { views, results: searched.find((row) => row.folder_id === folder.id) }, expect);
    size += folder.size;
    if (folder.search === null) messages += folder.message_count;
  }
  expect('store size', `store ${store.id}`, size, store.size);
  expect('store message_count', `store ${store.id}`, messages, store.message_count);
  const last = await db
    .selectFrom('changes')
    .select('seq')
    .where('tenant_id', '=', store.tenant_id)
    .where('store_id', '=', store.id)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  expect('change_seq is the last change', `store ${store.id}`, last?.seq ?? 0, store.change_seq);
}

interface CountedView {
  deleted: number;
  messages: string;
  size: string;
  unseen: string;
  highest_uid: string;
  highest_modseq: string;
}

/** Checks the counters of a folder against its messages, view by view, and those of a search folder against its results. */
function checkCounters(
  store: StoreRow,
  folder: Selectable<FoldersTable>,
  { views, results }: { views: readonly CountedView[]; results: { messages: string; unseen: string } | undefined },
  expect: Expect,
): void {
  const where = `store ${store.id} folder ${folder.id}`;
  const [live, deleted, associated] = [VIEW.LIVE, VIEW.DELETED, VIEW.ASSOCIATED].map((view) =>
    views.find((row) => row.deleted === view),
  );
  // A search folder counts its results, which are messages of other folders.
  const counts = folder.search === null ? live : results;
  expect('message_count', where, Number(counts?.messages ?? 0), folder.message_count);
  expect('unseen_count', where, Number(counts?.unseen ?? 0), folder.unseen_count);
  expect('associated_count', where, Number(associated?.messages ?? 0), folder.associated_count);
  expect('size', where, Number(live?.size ?? 0), folder.size);
  expect('deleted_count', where, Number(deleted?.messages ?? 0), folder.deleted_count);
  const highestUid = Math.max(Number(live?.highest_uid ?? 0), Number(deleted?.highest_uid ?? 0));
  if (highestUid >= folder.uid_next) expect('uid_next above every uid', where, `> ${highestUid}`, folder.uid_next);
  if (Number(live?.highest_modseq ?? 0) > folder.highest_modseq)
    expect('highest_modseq', where, Number(live?.highest_modseq), folder.highest_modseq);
  if (folder.highest_modseq > Math.max(store.change_seq, 1))
    expect('highest_modseq within change_seq', where, store.change_seq, folder.highest_modseq);
}

async function checkMessages(db: Database, store: StoreRow, report: FsckReport, references: References): Promise<void> {
  const expect = expectation(report.problems);
  let after: Buffer = Buffer.alloc(16);
  for (;;) {
    const rows = await db
      .selectFrom('messages')
      .leftJoin('message_contents', (join) =>
        join
          .onRef('message_contents.store_id', '=', 'messages.store_id')
          .onRef('message_contents.id', '=', 'messages.id'),
      )
      .select(['messages.id', 'messages.size', 'message_contents.mime', 'message_contents.properties'])
      .where('messages.tenant_id', '=', store.tenant_id)
      .where('messages.store_id', '=', store.id)
      .where('messages.id', '>', after)
      .orderBy('messages.id')
      .limit(200)
      .execute();
    for (const row of rows) {
      report.messages++;
      const where = `store ${store.id} message ${row.id.toString('hex')}`;
      const { mime, properties } = row;
      if (mime === null || properties === null) {
        expect('content document', where, 'present', 'missing');
        continue;
      }
      const segments = decodeContent(mime);
      expect(
        'content size',
        where,
        row.size,
        segments.reduce((sum, segment) => sum + segmentLength(segment), 0),
      );
      for (const blob of contentBlobs({ mime, properties })) {
        const key = blobKey(blob);
        references.set(key, (references.get(key) ?? 0) + 1);
      }
    }
    const last = rows.at(-1);
    if (!last) break;
    after = last.id;
  }
  const orphans = await db
    .selectFrom('message_contents')
    .leftJoin('messages', (join) =>
      join
        .onRef('messages.store_id', '=', 'message_contents.store_id')
        .onRef('messages.id', '=', 'message_contents.id'),
    )
    .select(sql<string>`COUNT(*)`.as('count'))
    .where('message_contents.tenant_id', '=', store.tenant_id)
    .where('message_contents.store_id', '=', store.id)
    .where('messages.id', 'is', null)
    .executeTakeFirstOrThrow();
  expect('content documents without a message', `store ${store.id}`, 0, Number(orphans.count));
}

async function checkBlobs(db: Database, objects: Objects, references: References, report: FsckReport): Promise<void> {
  const expect = expectation(report.problems);
  const rows = await db.selectFrom('blobs').selectAll().execute();
  const known = new Set<string>();
  for (const row of rows) {
    report.blobs++;
    const key = blobKey({ scope: row.tenant_id, hash: row.hash });
    known.add(key);
    const counted = references.get(key) ?? 0;
    expect('blob references', key, counted, row.refs);
    if ((row.unreferenced_at === null) !== counted > 0)
      expect('blob unreferenced_at', key, counted > 0 ? 'null' : 'a time', String(row.unreferenced_at));
    if (counted > 0) expect('blob in the object store', key, row.size, (await objects.size(key)) ?? 'missing');
  }
  for (const key of references.keys()) if (!known.has(key)) expect('blob row', key, 'present', 'missing');
}

const expectation =
  (problems: Inconsistency[]): Expect =>
  (what, where, expected, found) => {
    if (expected !== found) problems.push({ what, where, expected, found });
  };
