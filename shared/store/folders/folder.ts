import type { Selectable } from 'kysely';
import type { Database } from '../../database/database.ts';
import type { FoldersTable } from '../../database/schema.ts';
import { StatementCache } from '../../database/statement-cache.ts';
import { readBatch } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { PropertyBag } from '../../mapi/property.ts';
import { decodePropertyDocument } from '../../mapi/property-document.ts';
import { append } from '../../platform/append.ts';
import type { FolderId, StoreRef } from '../engine/ids.ts';
import type { FolderRole } from './default-folders.ts';

/** The deletion time of a folder that nobody can restore: long ago, so that the next purge takes it. */
export const DELETED_FOR_GOOD = 1;

/** PR_FOLDER_TYPE (MS-OXCFOLD §2.2.2.2.1.4). */
export const FOLDER_TYPE = { ROOT: 0, GENERIC: 1, SEARCH: 2 } as const;

/** A folder, as its row has it; what MAPI, IMAP and DAV show of it is made from this. */
export interface Folder extends StoreRef {
  id: FolderId;
  parent: FolderId | null;
  guid: Buffer;
  name: string;
  role: FolderRole | null;
  type: number;
  containerClass: string;
  messages: number;
  unseen: number;
  associated: number;
  deletedMessages: number;
  /** Bytes of its messages that are not soft-deleted. */
  size: number;
  /** Properties without a column; decoded when they are first asked for. */
  readonly properties: PropertyBag;
  /** True: no MAPI client has made or changed the folder. */
  native: boolean;
  /** The source key that a client has given; null: derived from the GUID. */
  sourceKey: Buffer | null;
  /** The number of its last change in the feed, of which its change key is made. */
  changedSeq: number;
  createdAt: number;
  modifiedAt: number;
  committedAt: number;
  /** 0 while it is live. */
  deletedAt: number;
  /** The criteria of a search folder. */
  search: Buffer | null;
  uidValidity: number;
  uidNext: number;
  highestModseq: number;
  /** The highest uid that an IMAP session has announced; null: all messages are older than this column. */
  recentUid: number | null;
  subscribed: boolean;
  /** SHA-256 of the user and the name under which the folder was added to the subscriptions; null: it was not. */
  subscribedAs: Buffer | null;
}

/**
 * Whether a folder must stay where it is: the store, a service or a mail client counts on the one that has a role. It is neither moved nor
 * deleted; a MAPI client may give it another name, as for another language.
 */
export const isProtected = ({ role }: Pick<Folder, 'role'>): boolean => role !== null;

/** What a folder's row must have for {@link folderOf}. */
export const FOLDER_COLUMNS = [
  'id',
  'parent_id',
  'guid',
  'name',
  'role',
  'type',
  'container_class',
  'message_count',
  'unseen_count',
  'associated_count',
  'deleted_count',
  'size',
  'properties',
  'source_key',
  'changed_seq',
  'created_at',
  'modified_at',
  'committed_at',
  'deleted_at',
  'search',
  'uid_validity',
  'uid_next',
  'highest_modseq',
  'recent_uid',
  'subscribed',
  'subscribed_as',
] as const;

type FolderRow = Pick<Selectable<FoldersTable>, (typeof FOLDER_COLUMNS)[number]>;

/** A folder without its documents, which may be large: what IMAP and POP3 show of it. */
export type FolderEntry = Omit<Folder, 'properties' | 'native' | 'search'>;

const ENTRY_COLUMNS = FOLDER_COLUMNS.filter((column) => column !== 'properties' && column !== 'search');

const rows = (db: Database, { tenant, store }: StoreRef) =>
  db.selectFrom('folders').select(FOLDER_COLUMNS).where('tenant_id', '=', tenant).where('store_id', '=', store);

export function folderOf({ tenant, store }: StoreRef, row: FolderRow): Folder {
  let bag: PropertyBag | undefined;
  return {
    tenant,
    store,
    id: row.id as FolderId,
    parent: row.parent_id as FolderId | null,
    guid: row.guid,
    name: row.name,
    role: row.role as FolderRole | null,
    type: row.parent_id === null ? FOLDER_TYPE.ROOT : row.type,
    containerClass: row.container_class,
    messages: row.message_count,
    unseen: row.unseen_count,
    associated: row.associated_count,
    deletedMessages: row.deleted_count,
    size: row.size,
    get properties() {
      bag ??= row.properties ? decodePropertyDocument(row.properties) : new Map();
      return bag;
    },
    native: row.properties === null,
    sourceKey: row.source_key,
    changedSeq: row.changed_seq,
    createdAt: row.created_at,
    modifiedAt: row.modified_at || row.created_at,
    committedAt: row.committed_at,
    deletedAt: row.deleted_at,
    search: row.search,
    uidValidity: row.uid_validity,
    uidNext: row.uid_next,
    highestModseq: row.highest_modseq,
    recentUid: row.recent_uid,
    subscribed: row.subscribed === 1,
    subscribedAs: row.subscribed_as,
  };
}

/** A folder by its id, a deleted one too. Throws NOT_FOUND. */
export async function folderById(db: Database, ref: StoreRef, id: FolderId): Promise<Folder> {
  const row = await rows(db, ref).where('id', '=', id).executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such folder');
  return folderOf(ref, row);
}

export async function rootFolder(db: Database, ref: StoreRef): Promise<Folder> {
  const row = await rows(db, ref).where('parent_id', 'is', null).executeTakeFirst();
  if (!row) throw new PamojaError('NOT_FOUND', 'the store has no root');
  return folderOf(ref, row);
}

/** All live folders of a store, by their ids. */
export async function listFolders(db: Database, ref: StoreRef): Promise<Folder[]> {
  const found = await rows(db, ref).where('deleted_at', '=', 0).orderBy('id').execute();
  return found.map((row) => folderOf(ref, row));
}

/** All live folders of a store, by their ids, without their documents. */
export async function listFolderEntries(db: Database, ref: StoreRef): Promise<FolderEntry[]> {
  const found = await db
    .selectFrom('folders')
    .select(ENTRY_COLUMNS)
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('deleted_at', '=', 0)
    .orderBy('id')
    .execute();
  return found.map((row) => folderOf(ref, { ...row, properties: null, search: null }));
}

/** Folders by their ids, deleted ones too; those that are purged are passed over. */
export async function foldersByIds(db: Database, ref: StoreRef, ids: readonly FolderId[]): Promise<Folder[]> {
  if (ids.length === 0) return [];
  const found = await rows(db, ref)
    .where('id', 'in', [...ids])
    .execute();
  return found.map((row) => folderOf(ref, row));
}

const surroundings = (db: Database, ref: StoreRef, folder: FolderId) =>
  rows(db, ref)
    .where('deleted_at', '=', 0)
    .where((is) =>
      is.or([
        is('id', '=', folder),
        is('parent_id', '=', folder),
        is('role', 'is not', null),
        is(
          'id',
          'in',
          db.selectFrom('folders').select('parent_id').where('tenant_id', '=', ref.tenant).where('id', '=', folder),
        ),
      ]),
    )
    .orderBy('id');

const deletedBelow = (db: Database, { tenant, store }: StoreRef, parent: FolderId) =>
  db
    .selectFrom('folders')
    .select((of) => of.fn.countAll<number>().as('n'))
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('deleted_at', '>', DELETED_FOR_GOOD)
    .where('parent_id', '=', parent);

const surroundingsText = new StatementCache<FolderRow>();
const deletedText = new StatementCache<{ n: number }>();

/**
 * What the properties of a folder are made of: the folder, those above and below it, those with a role, and the number of soft-deleted folders
 * below it.
 */
export async function surroundingsOf(
  db: Database,
  ref: StoreRef,
  folder: FolderId,
): Promise<{ folders: Folder[]; deleted: number }> {
  const { tenant, store } = ref;
  const [found, counts] = await readBatch(
    db,
    surroundingsText.of(db, '', [tenant, store, 0, folder, folder, tenant, folder], () =>
      surroundings(db, ref, folder),
    ),
    deletedText.of(db, '', [tenant, store, DELETED_FOR_GOOD, folder], () => deletedBelow(db, ref, folder)),
  );
  return { folders: found.map((row) => folderOf(ref, row)), deleted: Number(counts[0]?.n ?? 0) };
}

/** Soft-deleted folders under a parent. */
export async function deletedFolders(db: Database, ref: StoreRef, parent: FolderId): Promise<Folder[]> {
  const found = await rows(db, ref)
    .where('deleted_at', '>', DELETED_FOR_GOOD)
    .where('parent_id', '=', parent)
    .orderBy('id')
    .execute();
  return found.map((row) => folderOf(ref, row));
}

/** A live folder by its id. Throws NOT_FOUND. */
export async function liveFolder(db: Database, ref: StoreRef, id: FolderId): Promise<Folder> {
  const folder = await folderById(db, ref, id);
  if (folder.deletedAt !== 0) throw new PamojaError('NOT_FOUND', 'the folder is deleted');
  return folder;
}

/** The folder of a store that has a role. Throws when it is not there, which a store that was made here cannot be. */
export async function folderByRole(db: Database, { tenant, store }: StoreRef, role: FolderRole): Promise<FolderId> {
  const row = await db
    .selectFrom('folders')
    .select('id')
    .where('tenant_id', '=', tenant)
    .where('store_id', '=', store)
    .where('role', '=', role)
    .where('deleted_at', '=', 0)
    .executeTakeFirstOrThrow();
  return row.id as FolderId;
}

/** A folder and all below it, those above first. */
export async function subtreeOf(db: Database, ref: StoreRef, folder: FolderId): Promise<Folder[]> {
  const all = await listFolders(db, ref);
  const top = all.find(({ id }) => id === folder);
  return top ? [top, ...foldersBelow(all, folder)] : [];
}

/** The folders below one, those above first. */
export function foldersBelow(folders: readonly Folder[], top: FolderId): Folder[] {
  const children = Map.groupBy(folders, ({ parent }) => parent);
  const found = [...(children.get(top) ?? [])];
  for (const each of found) append(found, children.get(each.id) ?? []);
  return found;
}
