import { sql } from 'kysely';
import type { Database } from '../database/database.ts';
import { asPamojaError, inTransaction } from '../database/transaction.ts';
import { PamojaError } from '../mapi/error.ts';
import type { Clock } from '../platform/clock.ts';
import type { Options } from '../platform/options.ts';
import type { Objects } from './objects.ts';

// The life cycle of a blob (docs/decisions/0003-blob-life.md):
//   announce (its row, unreferenced from now on) -> upload -> reference in the transaction that uses it -> ... -> dereference -> purge.
// The purge takes a blob only when it has been unreferenced for the grace period, which is far longer than any upload; so an
// unreferenced object may exist, but a reference to a missing object never does.

/** A blob of this scope is kept once for all tenants; every other scope is the id of the tenant that the blob is kept for. */
export const SHARED_SCOPE = 0;

/** Names a blob: the same bytes in two scopes are two blobs. */
export interface BlobRef {
  scope: number;
  /** SHA-256 of the bytes. */
  hash: Buffer;
}

export interface Blob extends BlobRef {
  /** Bytes. */
  size: number;
}

/** Where the blobs of a tenant are kept (option `attachment_sharing`). */
export const blobScope = (options: Options, tenant: number): number =>
  options.attachment_sharing === 'all' ? SHARED_SCOPE : tenant;

export const blobKey = ({ scope, hash }: BlobRef): string => {
  const hex = hash.toString('hex');
  return `blobs/${scope}/${hex.slice(0, 2)}/${hex}`;
};

const refKey = ({ scope, hash }: BlobRef): string => `${scope}/${hash.toString('hex')}`;

/**
 * Makes a blob's bytes durable in the object store. The bytes are uploaded even where they exist already: the time that an upload takes must
 * not tell whether somebody else has the same attachment.
 */
export async function storeBlob(
  db: Database,
  objects: Objects,
  clock: Clock,
  blob: Blob,
  open: () => AsyncIterable<Buffer>,
): Promise<void> {
  try {
    await db
      .insertInto('blobs')
      .values({
        tenant_id: blob.scope,
        hash: blob.hash,
        size: blob.size,
        refs: 0,
        stored: 0,
        unreferenced_at: clock(),
      })
      .onDuplicateKeyUpdate({ unreferenced_at: sql<number>`IF(\`refs\` = 0, VALUES(\`unreferenced_at\`), NULL)` })
      .execute();
    await objects.put(blobKey(blob), blob.size, open());
    await db
      .updateTable('blobs')
      .set({ stored: 1 })
      .where('tenant_id', '=', blob.scope)
      .where('hash', '=', blob.hash)
      .execute();
  } catch (error) {
    throw asPamojaError(error);
  }
}

/** Adds (or with a negative count removes) references within the transaction that makes (or drops) them. */
export async function countReferences(
  tx: Database,
  clock: Clock,
  blobs: readonly BlobRef[],
  each: number,
): Promise<void> {
  const counts = Map.groupBy(blobs, refKey);
  // In one order everywhere, so that two transactions on the same blobs do not deadlock.
  for (const [, [blob, ...more]] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!blob) continue;
    const count = each * (more.length + 1);
    const result = await tx
      .updateTable('blobs')
      .set({
        unreferenced_at: sql<number | null>`IF(\`refs\` + ${count} = 0, ${clock()}, NULL)`,
        refs: sql<number>`\`refs\` + ${count}`,
      })
      .where('tenant_id', '=', blob.scope)
      .where('hash', '=', blob.hash)
      .where('stored', '=', 1)
      .executeTakeFirst();
    if (Number(result.numUpdatedRows) !== 1) throw new PamojaError('BUSY', 'a blob was purged while it was being used');
  }
}

/**
 * Removes up to `limit` blobs that have been unreferenced for `graceMs`. Returns the number of removed blobs.
 * The row stays locked while the object is deleted: a delivery that announces the same blob waits, and then uploads it anew.
 */
export async function purgeBlobs(
  db: Database,
  objects: Objects,
  clock: Clock,
  graceMs: number,
  limit: number,
): Promise<number> {
  const due = await db
    .selectFrom('blobs')
    .select(['tenant_id as scope', 'hash'])
    .where('unreferenced_at', '<', clock() - graceMs)
    .limit(limit)
    .execute();
  let purged = 0;
  for (const { scope, hash } of due) {
    purged += await inTransaction(db, async (tx) => {
      const row = await tx
        .selectFrom('blobs')
        .select(['refs', 'unreferenced_at'])
        .where('tenant_id', '=', scope)
        .where('hash', '=', hash)
        .forUpdate()
        .executeTakeFirst();
      if (row?.refs !== 0 || row.unreferenced_at === null || row.unreferenced_at >= clock() - graceMs) return 0;
      await objects.remove(blobKey({ scope, hash }));
      await tx.deleteFrom('blobs').where('tenant_id', '=', scope).where('hash', '=', hash).execute();
      return 1;
    });
  }
  return purged;
}
