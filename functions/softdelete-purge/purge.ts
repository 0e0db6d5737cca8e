import { purgeBlobs } from '../../shared/blobs/blobs.ts';
import type { StoreContext } from '../../shared/store/engine/context.ts';
import { type PurgeReport, purgeDeletedItems } from '../../shared/store/upkeep/purge.ts';

const DAY_MS = 86_400_000;

/** Far longer than any delivery takes between announcing a blob and committing what points to it. */
const BLOB_GRACE_MS = DAY_MS;

const BATCH = 500;

/** Purges in bounded batches while there is time; what is left waits for the next run. */
export async function purge(store: StoreContext, timeLeft: () => boolean): Promise<PurgeReport & { blobs: number }> {
  const { softdelete_lifetime: days } = store.options;
  // Manual 7.5: 0 keeps soft-deleted items for ever.
  const items =
    days > 0
      ? await purgeDeletedItems(store, store.clock() - days * DAY_MS, timeLeft)
      : { messages: 0, folders: 0, stores: 0 };
  let blobs = 0;
  for (let more = true; more && timeLeft(); ) {
    const purged = await purgeBlobs(store.db, store.objects, store.clock, BLOB_GRACE_MS, BATCH);
    blobs += purged;
    more = purged === BATCH;
  }
  return { ...items, blobs };
}
