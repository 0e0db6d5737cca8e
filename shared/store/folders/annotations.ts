import { sql } from 'kysely';
import type { Database } from '../../database/database.ts';
import { inTransaction } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef, TenantId, UserId } from '../engine/ids.ts';

/** What an annotation is attached to: a folder, or 0 for the server (RFC 5464 §3). */
export interface Annotated {
  ref: StoreRef;
  folder: FolderId | 0;
}

/** An annotation, private to one user, or shared (user 0) by all users who may see the folder. `name` is lower case. */
export interface Annotation {
  user: UserId | 0;
  name: string;
  value: Buffer;
}

/** Bytes of one value, and of all private annotations of one user, or all shared ones, in a store: they count in no quota. */
export const MAX_ANNOTATION = 64 * 1024;
const MAX_TOTAL = 4 * 1024 * 1024;

/** Private annotations of one user, or shared ones, that a folder may have. */
const MAX_ANNOTATIONS = 200;

/** The annotation that records that a user has subscribed to a folder of another store; its name is none that a client can ask for. */
export const SUBSCRIBED = 'subscribed';

/** The annotations of a folder that a user can see: private ones of that user, and shared ones. */
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

/** Sets annotations, and removes those without a value: all of them or none. Throws TOO_BIG and TOO_COMPLEX. */
export async function setAnnotations(
  context: StoreContext,
  { ref, folder }: Annotated,
  changes: readonly { user: UserId | 0; name: string; value: Buffer | undefined }[],
): Promise<void> {
  if (changes.some(({ value }) => (value?.length ?? 0) > MAX_ANNOTATION))
    throw new PamojaError('TOO_BIG', 'the value is too long');
  await inTransaction(context.db, (tx) => writeAnnotations(tx, { ref, folder }, changes));
}

/** Sets annotations as {@link setAnnotations} does, within a transaction; the caller has checked the length of the values. */
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

/**
 * The folders of other stores that a user has subscribed to, each with the SHA-256 of the name under which it was added to the subscribed
 * names; empty for a folder that has not been added yet.
 */
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
