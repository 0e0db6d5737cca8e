import { PamojaError } from '../mapi/error.ts';
import type { Log } from '../platform/log.ts';
import type { ChangeListener } from '../store/engine/change-listener.ts';
import { CHANGE, type Change, changesAfter, lastChange } from '../store/engine/changes.ts';
import type { StoreContext } from '../store/engine/context.ts';
import type { MapiStore } from '../store/stores/stores.ts';

const BATCH = 10_000;

/** Changes that could not be read are read again after this time, as for IMAP clients in IDLE. */
const RETRY_MS = 2_000;

export interface FollowContext {
  store: Pick<StoreContext, 'db'>;
  listener: Pick<ChangeListener, 'watch'>;
  log: Pick<Log, 'warn'>;
}

/**
 * Follows the change feed of a store from the change that the store was read at; gives the function that ends it. When `look` throws, the
 * same changes are given to it again; END_OF_SESSION ends the following.
 */
export function followChanges(
  { store: { db }, listener, log }: FollowContext,
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
      const entries = await changesAfter(db, store, seq, BATCH);
      more = entries.length === BATCH;
      // A move is MESSAGE_GONE and then MESSAGE_NEW: the two must not be in different batches.
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
      'changes after seq could not be read for a client, retrying in 2 s',
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
    // Changes from before this call are still told: a client expects to hear of its own.
    lookAgain();
    running = running.then(() => {
      closed = true;
    });
  };
}

/** Follows the change feed of a store from its latest change on. */
export async function followFromNow(
  context: FollowContext,
  store: MapiStore,
  look: (entries: Change[]) => Promise<void>,
): Promise<() => void> {
  const changeSeq = await lastChange(context.store.db, store);
  return followChanges(context, { ...store, changeSeq }, look);
}
