import { CHANGE } from '../../shared/store/changes.ts';
import { changesAfter, type FeedEntry, lastChange } from '../../shared/store/feed.ts';
import type { MapiStore } from '../../shared/store/mapi-stores.ts';
import type { ServerContext } from './context.ts';

const AT_ONCE = 10_000;

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
    for (let more = true; more && !closed; ) {
      const entries = await changesAfter(db, store, seq, AT_ONCE);
      more = entries.length === AT_ONCE;
      // A message that is gone may be there again with the next change, which is read together with this one.
      if (more && entries.at(-1)?.kind === CHANGE.MESSAGE_GONE) entries.pop();
      const last = entries.at(-1);
      if (!last) return;
      seq = last.seq;
      await look(entries);
    }
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

/** Follows it from now on. */
export async function followFromNow(
  context: ServerContext,
  store: MapiStore,
  look: (entries: FeedEntry[]) => Promise<void>,
): Promise<() => void> {
  const changeSeq = await lastChange(context.store.db, store);
  return followChanges(context, { ...store, changeSeq }, look);
}
