import { sql } from 'kysely';
import { KopanoError } from '../mapi/error.ts';
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { asKopanoError } from '../platform/transaction.ts';
import type { Objects } from './objects.ts';

// A blob's life (docs/decisions/0003-blob-life.md):
//   announce (its row, unreferenced from now on) -> upload -> reference in the transaction that uses it -> ... -> dereference -> purge.
// The purge takes a blob only when it has been unreferenced for the grace period, which is far longer than any upload; so an
// object may be there that nothing points to, but nothing ever points to an object that is not there.

/** 0: kept once for all tenants. */
export const SHARED_SCOPE = 0;

export interface Blob {
  /** SHA-256 of the bytes. */
  hash: Buffer;
  size: number;
}

export const blobKey = (scope: number, hash: Buffer): string => {
  const hex = hash.toString('hex');
  return `blobs/${scope}/${hex.slice(0, 2)}/${hex}`;
};

/** Makes sure that a blob's bytes are durable in the object store. `open` gives its bytes, only called when they are not there yet. */
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
        tenant_id: SHARED_SCOPE,
        hash: blob.hash,
        size: blob.size,
        refs: 0,
        stored: 0,
        unreferenced_at: clock(),
      })
      .onDuplicateKeyUpdate({ unreferenced_at: sql<number>`IF(\`refs\` = 0, VALUES(\`unreferenced_at\`), NULL)` })
      .execute();
    const row = await db
      .selectFrom('blobs')
      .select('stored')
      .where('tenant_id', '=', SHARED_SCOPE)
      .where('hash', '=', blob.hash)
      .executeTakeFirst();
    if (row?.stored === 1) return;
    await objects.put(blobKey(SHARED_SCOPE, blob.hash), blob.size, open());
    await db
      .updateTable('blobs')
      .set({ stored: 1 })
      .where('tenant_id', '=', SHARED_SCOPE)
      .where('hash', '=', blob.hash)
      .execute();
  } catch (error) {
    throw asKopanoError(error);
  }
}

/** Adds (or with a negative count removes) references within the transaction that makes (or drops) them. */
export async function countReferences(
  tx: Database,
  clock: Clock,
  hashes: readonly Buffer[],
  each: number,
): Promise<void> {
  const counts = new Map<string, number>();
  for (const hash of hashes) counts.set(hash.toString('hex'), (counts.get(hash.toString('hex')) ?? 0) + each);
  // In one order everywhere, so that two transactions on the same blobs do not wait for each other in a circle.
  for (const [hex, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const result = await tx
      .updateTable('blobs')
      .set({
        unreferenced_at: sql<number | null>`IF(\`refs\` + ${count} = 0, ${clock()}, NULL)`,
        refs: sql<number>`\`refs\` + ${count}`,
      })
      .where('tenant_id', '=', SHARED_SCOPE)
      .where('hash', '=', Buffer.from(hex, 'hex'))
      .where('stored', '=', 1)
      .executeTakeFirst();
    if (Number(result.numUpdatedRows) !== 1) throw new KopanoError('BUSY', 'a blob was purged while it was being used');
  }
}

/**
 * Removes up to `limit` blobs that nothing has pointed to for `graceMs`. Returns how many went.
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
    .select('hash')
    .where('tenant_id', '=', SHARED_SCOPE)
    .where('unreferenced_at', '<', clock() - graceMs)
    .limit(limit)
    .execute();
  let purged = 0;
  for (const { hash } of due) {
    purged += await db.transaction().execute(async (tx) => {
      const row = await tx
        .selectFrom('blobs')
        .select(['refs', 'unreferenced_at'])
        .where('tenant_id', '=', SHARED_SCOPE)
        .where('hash', '=', hash)
        .forUpdate()
        .executeTakeFirst();
      if (row?.refs !== 0 || row.unreferenced_at === null || row.unreferenced_at >= clock() - graceMs) return 0;
      await objects.remove(blobKey(SHARED_SCOPE, hash));
      await tx.deleteFrom('blobs').where('tenant_id', '=', SHARED_SCOPE).where('hash', '=', hash).execute();
      return 1;
    });
  }
  return purged;
}
