import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef, TenantId, UserId } from '../engine/ids.ts';

/** What a note is about: a folder, or 0 for the server as the store's user sees it. */
export interface Annotated {
  ref: StoreRef;
  folder: FolderId | 0;
}

/** A note of one user, or of all (user 0) who may see the folder. `name` is lower case. */
export interface Annotation {
  user: UserId | 0;
  name: string;
  value: Buffer;
}

/** Bytes of one value, and of all that one user, or all together, have noted in a store: it counts in no quota. */
export const MAX_ANNOTATION = 64 * 1024;
const MAX_TOTAL = 4 * 1024 * 1024;

/** Notes that one user, or all together, may have about a folder. */
const MAX_ANNOTATIONS = 200;

/** The name of the note that says that a user has subscribed to somebody else's folder; no client can ask for it. */
export const SUBSCRIBED = 'subscribed';

/** The notes about a folder that a user can see: the user's own and those of all. */
export async function listAnnotations(db: Database, { ref, folder }: Annotated, user: UserId): Promise<Annotation[]> {
  const rows = await db
    .selectFrom('annotations')
    .select(['user_id', 'name', 'value'])
    .where('tenant_id', '=', ref.tenant)
    .where('store_id', '=', ref.store)
    .where('folder_id', '=', folder)
    .where('user_id', 'in', [user, 0])
    .where('name', 'like', '/%')
    .orderBy('name')
    .execute();
  return rows.map((row) => ({ user: row.user_id as UserId, name: row.name, value: row.value }));
}

/** Sets notes, and removes those that get no value: all of them or none. Throws TOO_BIG and TOO_COMPLEX. */
export async function setAnnotations(
  context: StoreContext,
  { ref, folder }: Annotated,
  changes: readonly { user: UserId | 0; name: string; value: Buffer | undefined }[],
): Promise<void> {
  if (changes.some(({ value }) => (value?.length ?? 0) > MAX_ANNOTATION))
    throw new PamojaError('TOO_BIG', 'the value is too long');
  await inTransaction(context.db, (tx) => writeAnnotations(tx, { ref, folder }, changes));
}

/** The same within a transaction, of values that are short enough. */
export async function writeAnnotations(
  tx: Database,
  { ref, folder }: Annotated,
  changes: readonly { user: UserId | 0; name: string; value: Buffer | undefined }[],
): Promise<void> {
  for (const { user, name, value } of changes) {
    if (value === undefined)
      await tx
        .deleteFrom('annotations')
        .where('tenant_id', '=', ref.tenant)
        .where('store_id', '=', ref.store)
        .where('folder_id', '=', folder)
        .where('user_id', '=', user)
        .where('name', '=', name)
        .execute();
    else
      await tx
        .insertInto('annotations')
        .values({ tenant_id: ref.tenant, store_id: ref.store, folder_id: folder, user_id: user, name, value })
        .onDuplicateKeyUpdate({ value })
        .execute();
  }
  for (const user of new Set(changes.map((change) => change.user))) {
    const { here, bytes } = await tx
      .selectFrom('annotations')
      .select([
        sql<number>`COALESCE(SUM(\`folder_id\` = ${folder}), 0)`.as('here'),
        sql<number>`COALESCE(SUM(LENGTH(\`value\`)), 0)`.as('bytes'),
      ])
      .where('tenant_id', '=', ref.tenant)
      .where('store_id', '=', ref.store)
      .where('user_id', '=', user)
      .executeTakeFirstOrThrow();
    if (Number(here) > MAX_ANNOTATIONS || Number(bytes) > MAX_TOTAL)
      throw new PamojaError('TOO_COMPLEX', 'too many annotations');
  }
}

/** The folders of others that a user has subscribed to, with what says under which names; empty where they have not come among the names yet. */
export async function subscribedFolders(db: Database, tenant: TenantId, user: UserId): Promise<Map<FolderId, Buffer>> {
  const rows = await db
    .selectFrom('annotations')
    .select(['folder_id', 'value'])
    .where('tenant_id', '=', tenant)
    .where('user_id', '=', user)
    .where('name', '=', SUBSCRIBED)
    .execute();
  return new Map(rows.map((row) => [row.folder_id as FolderId, row.value]));
}
