import { purgeBlobs } from '../../shared/blobs/blobs.ts';
import type { StoreContext } from '../../shared/store/context.ts';
import { purgeSoftDeleted } from '../../shared/store/purge.ts';

const DAY_MS = 86_400_000;

/** Far longer than any delivery takes between announcing a blob and committing what points to it. */
const BLOB_GRACE_MS = DAY_MS;

const BATCH = 500;

/** Purges in bounded batches while there is time; what is left waits for the next run. */
export async function purge(
  store: StoreContext,
  timeLeft: () => boolean,
): Promise<{ messages: number; blobs: number }> {
  const { softdelete_lifetime: days } = store.options;
  const done = { messages: 0, blobs: 0 };
  // Manual 7.5: 0 keeps soft-deleted items for ever.
  for (let more = days > 0; more && timeLeft(); ) {
    const purged = await purgeSoftDeleted(store, store.clock() - days * DAY_MS, BATCH);
    done.messages += purged;
    more = purged > 0;
  }
  for (let more = true; more && timeLeft(); ) {
    const purged = await purgeBlobs(store.db, store.objects, store.clock, BLOB_GRACE_MS, BATCH);
    done.blobs += purged;
    more = purged === BATCH;
  }
  return done;
}
