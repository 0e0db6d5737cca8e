import { PamojaError } from '../../shared/mapi/error.ts';
import { CHANGE, type Change, changesAfter, lastChange } from '../../shared/store/engine/changes.ts';
import type { MapiStore } from '../../shared/store/stores/stores.ts';
import type { ServerContext } from './context.ts';

const AT_ONCE = 10_000;

/** What could not be read is read again so much later, as for IMAP clients that wait (services/gateway/imap/update-loop.ts). */
const RETRY_MS = 2_000;

/**
 * Follows the change feed of a store from where it was when the store was read; gives what ends it. Changes that `look` throws for are given to
 * it again. END_OF_SESSION ends it.
 */
export function followChanges(
  { store: { db }, listener, log }: ServerContext,
  store: MapiStore,
  look: (entries: Change[]) => Promise<void>,
): () => void {
  let seq = store.changeSeq;
  let running = Promise.resolve();
  let stopped = false;
  let closed = false;
  let retry: NodeJS.Timeout | undefined;
  const next = async (): Promise<void> => {
    for (let more = true; more && !closed; ) {
      const entries = await changesAfter(db, store, seq, AT_ONCE);
      more = entries.length === AT_ONCE;
      // A message that is gone may be there again with the next change, which is read together with this one.
      if (more && entries.at(-1)?.kind === CHANGE.MESSAGE_GONE) entries.pop();
      const last = entries.at(-1);
      if (!last) return;
      await look(entries);
      seq = last.seq;
    }
  };
  const failed = (error: unknown): void => {
    if (PamojaError.is(error, 'END_OF_SESSION')) closed = true;
    if (stopped || closed) return;
    log.warn(
      { tenant: store.tenant, store: store.store, seq, error: String(error) },
      'changes after seq could not be read for a client, trying again in 2 s',
    );
    clearTimeout(retry);
    retry = setTimeout(lookAgain, RETRY_MS);
  };
  const lookAgain = (): void => {
    running = running.then(next).catch(failed);
  };
  const stop = listener.watch(store.store, lookAgain);
  return () => {
    stop();
    stopped = true;
    clearTimeout(retry);
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
  look: (entries: Change[]) => Promise<void>,
): Promise<() => void> {
  const changeSeq = await lastChange(context.store.db, store);
  return followChanges(context, { ...store, changeSeq }, look);
}
