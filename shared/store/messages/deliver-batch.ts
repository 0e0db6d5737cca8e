import { type InferResult, type InsertObject, sql } from 'kysely';
import { countReferences } from '../../blobs/blobs.ts';
import { caseExpression } from '../../database/case-expression.ts';
import type { Database } from '../../database/database.ts';
import type { Schema } from '../../database/schema.ts';
import { StatementCache } from '../../database/statement-cache.ts';
import type { BatchedTransaction, Reader, Writer } from '../../database/transaction.ts';
import { messageRow } from '../content/message-row.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreId, TenantId, Uid } from '../engine/ids.ts';
import {
  type ChangeNumber,
  type LockedStore,
  type LockedTables,
  lockStatement,
  type StoreLockRow,
  tablesOf,
  withLockedRows,
} from '../engine/store-lock.ts';
import { FOLDER_TYPE } from '../folders/folder.ts';
import type { DeliveryItem, DeliveryOutcome, DeliveryTarget } from './delivery-item.ts';
import { encodeKeywords, FLAG, type MessageFlags } from './flags.ts';

/** Bytes of content that one INSERT carries; they are twice that on the wire. */
const INSERT_BYTES = 4 * 1024 * 1024;

/** A folder of a locked store, and what this transaction adds to it. */
interface FolderState {
  store: StoreId;
  tenant: TenantId;
  uidNext: number;
  modseq: number;
  addedSize: number;
  added: number;
  addedUnseen: number;
}

interface Accepted {
  item: DeliveryItem;
  target: DeliveryTarget;
  uid: Uid;
  seq: ChangeNumber;
}

/** The locked stores and folders of a batch, by their ids. */
interface LockedTargets {
  stores: ReadonlyMap<StoreId, LockedStore>;
  folders: ReadonlyMap<FolderId, FolderState>;
  /** Messages that are stored already, by {@link idKey}. */
  present: Set<string>;
}

/**
 * Stores a batch of messages within the caller's transaction, with a fixed number of statements for each tenant however many messages and
 * recipients there are. With `repeated`, an earlier attempt may have been committed: messages that it stored are found by their ids.
 */
export async function deliverBatch(
  { tx, read, write }: BatchedTransaction,
  context: StoreContext,
  items: readonly DeliveryItem[],
  repeated: boolean,
): Promise<DeliveryOutcome[][]> {
  const targets = items.flatMap((item) => item.targets);
  const { rows, folders } = await lock(tx, read, targets);
  const doubtful = items.filter((item) => repeated || item.mayBeStored).flatMap((item) => item.targets);
  const present = await storedIds(tx, doubtful);
  const now = context.clock();
  return withLockedRows({ tx, now, write }, rows, async (locked) => {
    const stores = new Map(locked.map((store) => [store.store, store]));
    const accepted: Accepted[] = [];
    const outcomes = items.map((item) =>
      item.targets.map((target) => accept(item, target, { stores, folders, present }, accepted)),
    );
    const change = accepted.at(-1)?.seq;
    if (change === undefined) return outcomes;
    await countReferences(
      tx,
      context.clock,
      accepted.flatMap(({ item }) => item.message.blobs),
      1,
    );
    await insertRows(tablesOf(locked, change), write, accepted, now);
    await writeCompanions(tx, write, accepted, now);
    await countFolders(tablesOf(locked, 'counters'), write, folders);
    return outcomes;
  });
}

/** Decides for one target and counts what it adds. */
function accept(
  item: DeliveryItem,
  target: DeliveryTarget,
  { stores, folders, present }: LockedTargets,
  accepted: Accepted[],
): DeliveryOutcome {
  const store = stores.get(target.store);
  const folder = folders.get(target.folder);
  if (!store || folder?.store !== target.store) return { kind: 'gone' };
  if (present.has(idKey(target))) return { kind: 'already-stored' };
  const { size } = item.message;
  if (target.hardQuota > 0 && store.size + size > target.hardQuota) return { kind: 'store-full' };
  const uid = folder.uidNext++ as Uid;
  const seq = store.append({ kind: CHANGE.MESSAGE_NEW, folder: target.folder, uid, message: target.id });
  store.count({ size, messages: 1 });
  folder.modseq = seq;
  folder.added++;
  folder.addedSize += size;
  if ((flagsOf(item, target).flags & FLAG.SEEN) === 0) folder.addedUnseen++;
  // The same message may come a second time in one batch.
  present.add(idKey(target));
  accepted.push({ item, target, uid, seq });
  return { kind: 'stored', uid };
}

const flagsOf = (item: DeliveryItem, target: DeliveryTarget): MessageFlags => target.flags ?? item.flags;

const idKey = (target: DeliveryTarget): string => `${target.store}:${target.id.toString('hex')}`;

/** Live folders that hold messages. */
const foldersQuery = (tx: Database, tenant: TenantId, folders: readonly FolderId[]) =>
  tx
    .selectFrom('folders')
    .select(['id', 'store_id', 'uid_next', 'highest_modseq'])
    .where('tenant_id', '=', tenant)
    .where('id', 'in', folders)
    .where('deleted_at', '=', 0)
    .where('type', '!=', FOLDER_TYPE.SEARCH);

const foldersText = new StatementCache<InferResult<ReturnType<typeof foldersQuery>>[number]>();

/** Locks the stores, in one order everywhere, and reads the target folders in the same round trip: the lock of a store covers its folders. */
async function lock(
  tx: Database,
  read: Reader,
  targets: readonly DeliveryTarget[],
): Promise<{ rows: StoreLockRow[]; folders: Map<FolderId, FolderState> }> {
  const rows: StoreLockRow[] = [];
  const folders = new Map<FolderId, FolderState>();
  for (const [tenant, group] of byTenant(targets)) {
    const ids = [...new Set(group.map((target) => target.store))];
    const folderIds = [...new Set(group.map((target) => target.folder))];
    const [storeRows, folderRows] = await read(
      lockStatement(tx, tenant, ids),
      foldersText.of(tx, folderIds.length, [tenant, ...folderIds, 0, FOLDER_TYPE.SEARCH], () =>
        foldersQuery(tx, tenant, folderIds),
      ),
    );
    rows.push(...storeRows);
    for (const row of folderRows)
      folders.set(row.id as FolderId, {
        store: row.store_id as StoreId,
        tenant,
        uidNext: row.uid_next,
        modseq: row.highest_modseq,
        added: 0,
        addedSize: 0,
        addedUnseen: 0,
      });
  }
  return { rows, folders };
}

async function storedIds(tx: Database, targets: readonly DeliveryTarget[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [tenant, group] of byTenant(targets)) {
    const rows = await tx
      .selectFrom('messages')
      .select(['store_id', 'id'])
      .where('tenant_id', '=', tenant)
      .where(
        'store_id',
        'in',
        group.map((target) => target.store),
      )
      .where(
        'id',
        'in',
        group.map((target) => target.id),
      )
      .execute();
    for (const row of rows) found.add(`${row.store_id}:${row.id.toString('hex')}`);
  }
  return found;
}

/** Statement caches of the inserts, by their number of rows. */
const insertCaches = { messages: new StatementCache(), message_contents: new StatementCache() };

/** Inserts rows of one table; all have the same columns. */
function insertInto<Table extends keyof typeof insertCaches>(
  tables: LockedTables,
  table: Table,
  rows: readonly InsertObject<Schema, Table>[],
) {
  const parameters = rows.flatMap((row) => Object.values(row));
  return insertCaches[table].of(tables, rows.length, parameters, () => tables.insertInto(table).values(rows));
}

async function insertRows(
  tables: LockedTables,
  write: Writer,
  accepted: readonly Accepted[],
  now: number,
): Promise<void> {
  for (const group of inserts(accepted)) {
    await write(
      insertInto(
        tables,
        'messages',
        group.map(({ item, target, uid, seq }) =>
          messageRow(item.message, target, {
            uid,
            modseq: seq,
            savedAt: now,
            flags: flagsOf(item, target).flags,
            keywords: encodeKeywords(flagsOf(item, target).keywords),
          }),
        ),
      ),
    );
    await write(
      insertInto(
        tables,
        'message_contents',
        group.map(({ item: { message }, target }) => ({
          store_id: target.store,
          id: target.id,
          tenant_id: target.tenant,
          properties: message.propertyDocument,
          mime: message.content,
          parts: message.parts,
        })),
      ),
    );
  }
}

/** Writes what callers add to the transaction of their messages, such as a row of the outgoing queue. */
async function writeCompanions(tx: Database, write: Writer, accepted: readonly Accepted[], now: number): Promise<void> {
  for (const { item, target } of accepted)
    if (item.companion) await write(item.companion(tx, { message: item.message, target, now }));
}

/** Groups rows so that one statement can carry each group. */
function* inserts(accepted: readonly Accepted[]): Iterable<Accepted[]> {
  let group: Accepted[] = [];
  let bytes = 0;
  for (const row of accepted) {
    const { content, propertyDocument, parts, envelope, bodyStructure } = row.item.message;
    bytes += content.length + propertyDocument.length + parts.length + envelope.length + bodyStructure.length;
    if (group.length > 0 && bytes > INSERT_BYTES) {
      yield group;
      group = [];
      bytes = content.length;
    }
    group.push(row);
  }
  yield group;
}

async function countFolders(
  tables: LockedTables,
  write: Writer,
  folders: ReadonlyMap<FolderId, FolderState>,
): Promise<void> {
  const changed = [...folders].filter(([, folder]) => folder.added > 0);
  for (const [tenant, group] of Map.groupBy(changed, ([, folder]) => folder.tenant)) {
    await write(
      tables
        .updateTable('folders')
        .set({
          uid_next: byId(group, (folder) => folder.uidNext),
          highest_modseq: byId(group, (folder) => folder.modseq),
          size: sql<number>`\`size\` + ${byId(group, (folder) => folder.addedSize)}`,
          message_count: sql<number>`\`message_count\` + ${byId(group, (folder) => folder.added)}`,
          unseen_count: sql<number>`\`unseen_count\` + ${byId(group, (folder) => folder.addedUnseen)}`,
        })
        .where('tenant_id', '=', tenant)
        .where(
          'id',
          'in',
          group.map(([id]) => id),
        ),
    );
  }
}

/** Gives what each of some locked rows adds, by their ids. */
const byId = <Id extends number, State>(rows: readonly (readonly [Id, State])[], value: (state: State) => number) =>
  caseExpression('id', new Map(rows.map(([id, state]) => [id, value(state)])));

const byTenant = (targets: readonly DeliveryTarget[]): [TenantId, DeliveryTarget[]][] =>
  [...Map.groupBy(targets, (target) => target.tenant)].sort(([a], [b]) => a - b);
