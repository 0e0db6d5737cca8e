import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { PamojaError } from '../../mapi/error.ts';
import { packValue, unpackValue } from '../../mapi/property-document.ts';
import type { Restriction } from '../../mapi/restriction.ts';
import { restrictedTags } from '../../mapi/restriction.ts';
import type { RestrictionDocument } from '../../mapi/restriction-document.ts';
import { readRestriction, restrictionDocument } from '../../mapi/restriction-document.ts';
import { testOf } from '../../mapi/restriction-matcher.ts';
import { SEARCH } from '../../mapi/search-flags.ts';
import { append } from '../../platform/append.ts';
import { filterYielding } from '../../platform/yielding-filter.ts';
import { lastChange } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, MessageId, StoreRef } from '../engine/ids.ts';
import { changeStore, type LockedStore } from '../engine/store-lock.ts';
import { FOLDER_TYPE, type Folder, listFolders } from '../folders/folder.ts';
import { ALL_RIGHTS } from '../folders/rights.ts';
import { FLAG } from '../messages/flags.ts';
import { VIEW } from '../messages/message-facts.ts';
import type { MapiStore } from '../stores/stores.ts';
import { isCheap } from './message-columns.ts';
import type { MessageTableRow } from './message-table-row.ts';
import { messageRows, openRows } from './open-rows.ts';

/** What a search folder looks for, and where (MS-OXCFOLD §2.2.1.4). */
export interface SearchFolderCriteria {
  restriction: Restriction | undefined;
  /** GUIDs of the folders. */
  folders: Buffer[];
  /** GUIDs of the folders that the user who set the criteria could read, of `folders` and below them; undefined: the owner of the store set them. */
  readable?: Buffer[] | undefined;
  flags: number;
  /** The last change that its results know of. */
  seq: number;
}

/** Criteria in their stored form. */
type StoredCriteria = Omit<SearchFolderCriteria, 'restriction'> & { restriction?: RestrictionDocument };

function encode({ restriction, ...others }: SearchFolderCriteria): Buffer {
  const stored: StoredCriteria = { ...(restriction && { restriction: restrictionDocument(restriction) }), ...others };
  return Buffer.from(JSON.stringify(stored, packValue), 'utf8');
}

function decode(document: Buffer): SearchFolderCriteria {
  const { restriction, ...others } = JSON.parse(document.toString('utf8'), unpackValue) as StoredCriteria;
  return { restriction: restriction && readRestriction(restriction), ...others };
}

/** Gives the criteria of a search folder. Throws NOT_INITIALIZED for a folder without criteria. */
export function criteriaOf(folder: Folder): SearchFolderCriteria {
  if (!folder.search) throw new PamojaError('NOT_INITIALIZED', 'the search folder has no criteria');
  return decode(folder.search);
}

/**
 * Sets the criteria of a search folder and fills it; from then on it follows the change feed. Criteria that are left out stay. `mayRead` is the
 * right of the user who sets them, undefined for the owner of the store: the search leaves out folders that this user may not read.
 */
export async function setCriteria(
  context: StoreContext,
  store: MapiStore,
  folder: Folder,
  criteria: Omit<SearchFolderCriteria, 'seq' | 'readable'>,
  mayRead: ((folder: FolderId) => boolean) | undefined,
): Promise<void> {
  // A restriction that cannot be evaluated would fail every later update of the store's search folders.
  if (criteria.restriction) testOf(criteria.restriction);
  const before = folder.search ? decode(folder.search) : undefined;
  const next: SearchFolderCriteria = {
    restriction: criteria.restriction ?? before?.restriction,
    folders: criteria.folders.length > 0 ? criteria.folders : (before?.folders ?? []),
    readable:
      mayRead && (await listFolders(context.db, store)).flatMap((each) => (mayRead(each.id) ? [each.guid] : [])),
    flags: criteria.flags,
    // Changes that are committed during the search are looked at again.
    seq: await lastChange(context.db, store),
  };
  await fill(context, store, folder, next);
}

/** Searches all messages in scope again. */
async function fill(
  context: StoreContext,
  store: MapiStore,
  folder: Folder,
  next: SearchFolderCriteria,
): Promise<void> {
  const stopped = (next.flags & SEARCH.STOP) !== 0;
  const found = stopped ? [] : await search(context, store, next);
  await changeStore(context, store, async (locked) => {
    await locked
      .folders('search state')
      .update()
      .set({ search: encode(next) })
      .where('id', '=', folder.id)
      .execute();
    if (stopped) return countResults(locked, folder.id);
    const { tx } = locked;
    await tx
      .deleteFrom('search_results')
      .where('tenant_id', '=', store.tenant)
      .where('store_id', '=', store.store)
      .where('folder_id', '=', folder.id)
      .execute();
    for (let i = 0; i < found.length; i += 1000)
      await tx
        .insertInto('search_results')
        .values(
          found.slice(i, i + 1000).map(({ facts }) => ({
            tenant_id: store.tenant,
            store_id: store.store,
            folder_id: folder.id,
            message_id: facts.id,
          })),
        )
        .execute();
    await countResults(locked, folder.id);
  });
}

/** Gives the folders that a search looks into. */
function scopeOf(folders: readonly Folder[], criteria: SearchFolderCriteria): Folder[] {
  const scope = folders.filter(({ guid }) => criteria.folders.some((wanted) => wanted.equals(guid)));
  if ((criteria.flags & SEARCH.RECURSIVE) !== 0)
    for (let i = 0; i < scope.length; i++)
      append(
        scope,
        folders.filter((each) => each.parent === scope[i]?.id && !scope.includes(each)),
      );
  const { readable } = criteria;
  const mayRead = ({ guid }: Folder) => readable === undefined || readable.some((each) => each.equals(guid));
  return scope.filter((folder) => folder.type !== FOLDER_TYPE.SEARCH && mayRead(folder));
}

async function search(
  context: StoreContext,
  store: MapiStore,
  criteria: SearchFolderCriteria,
): Promise<MessageTableRow[]> {
  const folders = await listFolders(context.db, store);
  const byId = new Map(folders.map((folder) => [folder.id, folder]));
  const found: MessageTableRow[] = [];
  for (const folder of scopeOf(folders, criteria)) {
    const rows = await messageRows(context.db, store, byId, { folder: folder.id, view: VIEW.LIVE }, () => ALL_RIGHTS);
    append(found, await matching(context, store, rows, criteria.restriction));
  }
  return found;
}

async function matching(
  context: StoreContext,
  store: MapiStore,
  rows: readonly MessageTableRow[],
  restriction: Restriction | undefined,
): Promise<MessageTableRow[]> {
  if (!restriction) return [...rows];
  const test = testOf(restriction);
  const costly = restrictedTags(restriction).filter((tag) => !isCheap(tag));
  const found: MessageTableRow[] = [];
  // In batches: documents that were opened for the test are freed.
  for (let i = 0; i < rows.length; i += 500) {
    const some = rows.slice(i, i + 500);
    const unknown = some.filter((row) => !costly.every((tag) => row.knows(tag)));
    if (unknown.length > 0) await openRows(context, store, unknown, costly, true);
    found.push(...(await filterYielding(some, test)));
    for (const row of unknown) row.close();
  }
  return found;
}

/** The messages that a search folder holds. */
export async function searchResults({ db }: StoreContext, ref: StoreRef, folder: FolderId): Promise<MessageId[]> {
  const rows = await db
    .selectFrom('search_results')
    .select('message_id')
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('folder_id', '=', folder)
    .execute();
  return rows.map((row) => row.message_id);
}

/** Changes that are looked at one by one; after more of them the search runs again. */
const CHANGES = 5000;

/** Brings the search folders of a store up to date with the change feed. */
export async function catchUpSearches(context: StoreContext, store: MapiStore): Promise<void> {
  const folders = await listFolders(context.db, store);
  const searches = folders.flatMap((folder) => (folder.search ? [{ folder, criteria: decode(folder.search) }] : []));
  const live = searches.filter(({ criteria }) => (criteria.flags & SEARCH.STOP) === 0);
  if (live.length === 0) return;
  const last = await lastChange(context.db, store);
  for (const { folder, criteria } of live) {
    if (criteria.seq >= last) continue;
    const ids = await changedMessages(context, store, criteria.seq, last);
    if (ids === 'many') {
      await fill(context, store, folder, { ...criteria, seq: last });
      continue;
    }
    await updateResults(context, store, folders, { folder, criteria }, ids);
    const search = encode({ ...criteria, seq: last });
    await changeStore(context, store, (locked) =>
      locked.folders('search state').update().set({ search }).where('id', '=', folder.id).execute(),
    );
  }
}

async function changedMessages(
  { db }: StoreContext,
  { tenant, store }: StoreRef,
  after: number,
  upTo: number,
): Promise<MessageId[] | 'many'> {
  const rows = await db
    .selectFrom('changes')
    .select('message_id')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('seq', '>', after)
    .where('seq', '<=', upTo)
    .limit(CHANGES + 1)
    .execute();
  if (rows.length > CHANGES) return 'many';
  const ids = new Map(rows.flatMap(({ message_id }) => (message_id ? [[message_id.toString('hex'), message_id]] : [])));
  return [...ids.values()] as MessageId[];
}

async function updateResults(
  context: StoreContext,
  store: MapiStore,
  folders: readonly Folder[],
  { folder, criteria }: { folder: Folder; criteria: SearchFolderCriteria },
  ids: readonly MessageId[],
): Promise<void> {
  if (ids.length === 0) return;
  const byId = new Map(folders.map((each) => [each.id, each]));
  const scope = new Set(scopeOf(folders, criteria).map(({ id }) => id));
  const rows = await messageRows(context.db, store, byId, { ids }, () => ALL_RIGHTS);
  const found = await matching(
    context,
    store,
    rows.filter(({ facts }) => scope.has(facts.folder)),
    criteria.restriction,
  );
  const row = { tenant_id: store.tenant, store_id: store.store, folder_id: folder.id };
  await changeStore(context, store, async (locked) => {
    const { tx } = locked;
    await tx
      .deleteFrom('search_results')
      .where('tenant_id', '=', store.tenant)
      .where('store_id', '=', store.store)
      .where('folder_id', '=', folder.id)
      .where('message_id', 'in', [...ids])
      .execute();
    if (found.length > 0)
      await tx
        .insertInto('search_results')
        .values(found.map(({ facts }) => ({ ...row, message_id: facts.id })))
        // Two tasks may catch up at once and find the same messages.
        .onDuplicateKeyUpdate({ folder_id: folder.id })
        .execute();
    await countResults(locked, folder.id);
  });
}

/** Selects the results of the search folders of a store that are still live. */
export const resultsOf = (db: Database, { tenant, store }: StoreRef) =>
  db
    .selectFrom('search_results')
    .innerJoin('messages', (join) =>
      join
        .onRef('messages.tenant_id', '=', 'search_results.tenant_id')
        .onRef('messages.store_id', '=', 'search_results.store_id')
        .onRef('messages.id', '=', 'search_results.message_id'),
    )
    .where('search_results.tenant_id', '=', tenant)
    .where('search_results.store_id', '=', store)
    .where('messages.deleted', '=', VIEW.LIVE);

/** Writes the counters of a search folder: its messages, and the unread ones among them. */
async function countResults(store: LockedStore, folder: FolderId): Promise<void> {
  const counted = await resultsOf(store.tx, store)
    .select([
      sql<number>`COUNT(*)`.as('messages'),
      sql<number>`COALESCE(SUM(\`messages\`.\`flags\` & ${FLAG.SEEN} = 0), 0)`.as('unseen'),
    ])
    .where('search_results.folder_id', '=', folder)
    .executeTakeFirstOrThrow();
  await store
    .folders('counters')
    .update()
    .set({ message_count: Number(counted.messages), unseen_count: Number(counted.unseen) })
    .where('id', '=', folder)
    .execute();
}
