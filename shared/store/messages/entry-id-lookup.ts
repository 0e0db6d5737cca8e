import type { InferResult } from 'kysely';
import type { Database } from '../../database/database.ts';
import { type Statement, StatementCache } from '../../database/statement-cache.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { MessageId, UserId } from '../engine/ids.ts';
import { DELETED_FOR_GOOD, FOLDER_COLUMNS, type Folder, folderOf } from '../folders/folder.ts';
import { type MapiStore, STORE_COLUMNS, storeOf, type TenantScope, tenantsOf } from '../stores/stores.ts';
import { factsOf, MESSAGE_COLUMNS, type MessageFacts } from './message-facts.ts';
import type { ContentRow } from './open-message.ts';

/** A message with its folder and its store. */
export interface MessageInStore {
  store: MapiStore;
  folder: Folder;
  message: MessageFacts;
  /** The content of the message; undefined where it was not read. */
  content: ContentRow | undefined;
}

/** Selects columns of a joined table under the table's name. */
const aliased = <Table extends string, Column extends string>(table: Table, columns: readonly Column[]) =>
  columns.map((column) => `${table}.${column} as ${table}_${column}` as const);

const COLUMNS = [...aliased('stores', STORE_COLUMNS), ...aliased('folders', FOLDER_COLUMNS)] as const;

/** Gives the values of a joined table under the names of its columns. */
function unaliased<Row>(row: Record<string, unknown>, table: string, columns: readonly string[]): Row {
  return Object.fromEntries(columns.map((column) => [column, row[`${table}_${column}`]])) as Row;
}

const statement = (db: Database, scope: TenantScope, storeGuid: Buffer, id: MessageId, withContent: boolean) =>
  db
    .selectFrom('stores')
    .innerJoin('messages', (join) =>
      join.onRef('messages.tenant_id', '=', 'stores.tenant_id').onRef('messages.store_id', '=', 'stores.id'),
    )
    .innerJoin('folders', (join) =>
      join.onRef('folders.tenant_id', '=', 'messages.tenant_id').onRef('folders.id', '=', 'messages.folder_id'),
    )
    .select(COLUMNS)
    .select(MESSAGE_COLUMNS)
    .$if(withContent, (query) =>
      query
        .leftJoin('message_contents', (join) =>
          join
            .onRef('message_contents.tenant_id', '=', 'messages.tenant_id')
            .onRef('message_contents.store_id', '=', 'messages.store_id')
            .onRef('message_contents.id', '=', 'messages.id'),
        )
        .select(['message_contents.properties', 'message_contents.mime', 'message_contents.parts']),
    )
    .where('stores.guid', '=', storeGuid)
    .where('stores.removed_at', 'is', null)
    .where('messages.id', '=', id)
    .$if(scope !== 'all', (query) => query.where('stores.tenant_id', 'in', tenantsOf(scope)));

type MessageRow = InferResult<ReturnType<typeof statement>>[number];

const text = new StatementCache<MessageRow>();

const folderStatement = (db: Database, scope: TenantScope, storeGuid: Buffer, guid: Buffer) =>
  db
    .selectFrom('stores')
    .innerJoin('folders', (join) =>
      join.onRef('folders.tenant_id', '=', 'stores.tenant_id').onRef('folders.store_id', '=', 'stores.id'),
    )
    .select(COLUMNS)
    .where('stores.guid', '=', storeGuid)
    .where('stores.removed_at', 'is', null)
    .where('folders.guid', '=', guid)
    .$if(scope !== 'all', (query) => query.where('stores.tenant_id', 'in', tenantsOf(scope)));

type FolderRow = InferResult<ReturnType<typeof folderStatement>>[number];

const folderText = new StatementCache<FolderRow>();

/** A folder with its store. */
export interface FolderInStore {
  store: MapiStore;
  folder: Folder;
}

/** Makes the statement that reads a folder, live or deleted, by the GUIDs of its store and of itself, for {@link folderInStoreOf}. */
export function folderInStoreStatement(
  db: Database,
  scope: TenantScope,
  storeGuid: Buffer,
  guid: Buffer,
): Statement<FolderRow> {
  const tenants = scope === 'all' ? [] : tenantsOf(scope);
  const kind = scope === 'all' ? scope : tenants.length;
  return folderText.of(db, kind, [storeGuid, guid, ...tenants], () => folderStatement(db, scope, storeGuid, guid));
}

/** Throws NOT_FOUND, also for a store outside the scope, and for a folder that is not live (with `deleted`: not soft-deleted). */
export function folderInStoreOf(row: FolderRow | undefined, deleted = false): FolderInStore {
  if (!row) throw new PamojaError('NOT_FOUND', 'no such folder');
  const store = storeOf(unaliased(row, 'stores', STORE_COLUMNS));
  const folder = folderOf(store, unaliased(row, 'folders', FOLDER_COLUMNS));
  if (deleted ? folder.deletedAt <= DELETED_FOR_GOOD : folder.deletedAt !== 0)
    throw new PamojaError('NOT_FOUND', 'no such folder');
  return { store, folder };
}

/** Names a store: by its GUID, as the private store of a user, or as the public store of a tenant. */
type WhichStore = { guid: Buffer } | { user: UserId } | 'public';

const rootStatement = (db: Database, scope: TenantScope, which: WhichStore) =>
  db
    .selectFrom('stores')
    .innerJoin('folders', (join) =>
      join.onRef('folders.tenant_id', '=', 'stores.tenant_id').onRef('folders.store_id', '=', 'stores.id'),
    )
    .select(COLUMNS)
    .where('stores.removed_at', 'is', null)
    .where('folders.parent_id', 'is', null)
    .$if(scope !== 'all', (query) => query.where('stores.tenant_id', 'in', tenantsOf(scope)))
    .$if(which === 'public', (query) =>
      query.where('stores.kind', '=', 'public').where('stores.former_login', 'is', null),
    )
    .$if(typeof which === 'object' && 'guid' in which, (query) =>
      query.where('stores.guid', '=', typeof which === 'object' && 'guid' in which ? which.guid : Buffer.alloc(0)),
    )
    .$if(typeof which === 'object' && 'user' in which, (query) =>
      query
        .where('stores.user_id', '=', typeof which === 'object' && 'user' in which ? which.user : (0 as UserId))
        .where('stores.kind', '=', 'private'),
    );

const rootText = new StatementCache<FolderRow>();

/** Reads a store and its root in one statement. Throws NOT_FOUND, also for a store outside the scope. */
export async function rootOfStore(db: Database, scope: TenantScope, which: WhichStore): Promise<FolderInStore> {
  const tenants = scope === 'all' ? [] : tenantsOf(scope);
  const kind = `${scope === 'all' ? scope : tenants.length} ${typeof which === 'object' ? Object.keys(which)[0] : which}`;
  const values = which === 'public' ? ['public'] : 'guid' in which ? [which.guid] : [which.user, 'private'];
  const statement = rootText.of(db, kind, [...tenants, ...values], () => rootStatement(db, scope, which));
  const [row] = await statement.execute();
  if (!row) throw new PamojaError('NOT_FOUND', 'no such store');
  return folderInStoreOf(row);
}

/** Makes the statement that reads a message by the GUID of its store and its own id, for {@link messageInStoreOf}. */
export function messageInStoreStatement(
  db: Database,
  scope: TenantScope,
  storeGuid: Buffer,
  id: MessageId,
  withContent: boolean,
): Statement<MessageRow> {
  const tenants = scope === 'all' ? [] : tenantsOf(scope);
  const kind = `${scope === 'all' ? scope : tenants.length} ${withContent}`;
  return text.of(db, kind, [storeGuid, id, ...tenants], () => statement(db, scope, storeGuid, id, withContent));
}

/** Throws NOT_FOUND, also for a store outside the scope. */
export function messageInStoreOf(row: MessageRow | undefined): MessageInStore {
  if (!row) throw new PamojaError('NOT_FOUND', 'no such message');
  const store = storeOf(unaliased(row, 'stores', STORE_COLUMNS));
  const { properties, mime, parts } = row;
  return {
    store,
    folder: folderOf(store, unaliased(row, 'folders', FOLDER_COLUMNS)),
    message: factsOf(store, row),
    content: properties && mime && parts ? { properties, mime, parts } : undefined,
  };
}
