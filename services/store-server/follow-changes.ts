import { changesAfter, type FeedEntry } from '../../shared/store/feed.ts';
import type { MapiStore } from '../../shared/store/mapi-stores.ts';
import type { ServerContext } from './context.ts';

/** Follows the change feed of a store from where it was when the store was read; gives what ends it. */
export function followChanges(
  { store: { db }, listener, log }: ServerContext,
  store: MapiStore,
  look: (entries: FeedEntry[]) => Promise<void>,
): () => void {
  let seq = store.changeSeq;
  let running = Promise.resolve();
  let closed = false;
  const next = async (): Promise<void> => {
    if (closed) return;
    const entries = await changesAfter(db, store, seq);
    const last = entries.at(-1);
    if (!last) return;
    seq = last.seq;
    await look(entries);
  };
  const lookAgain = (): void => {
    running = running.then(next).catch((error: unknown) => log.warn({ error: String(error) }, 'notifications'));
  };
  const stop = listener.watch(store.store, lookAgain);
  return () => {
    stop();
    // What was written before the client stopped listening is still told, as a client expects of its own changes.
    lookAgain();
    running = running.then(() => {
      closed = true;
    });
  };
}
