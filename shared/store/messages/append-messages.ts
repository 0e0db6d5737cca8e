import { inTransaction, readNow, writeNow } from '../../database/transaction.ts';
import { PamojaError } from '../../mapi/error.ts';
import type { PreparedMessage } from '../content/prepare-message.ts';
import type { StoreContext } from '../engine/context.ts';
import { type FolderId, newGuid, type StoreRef, type Uid } from '../engine/ids.ts';
import { withLockedStore } from '../engine/store-lock.ts';
import { countFolder, lockMessages } from './change-folder.ts';
import { deliverBatch } from './deliver-batch.ts';
import type { DeliveryOutcome } from './delivery-item.ts';
import { expungeRows } from './expunge-messages.ts';
import type { MessageFlags } from './flags.ts';

/** The folder that messages are appended to. */
export interface AppendTarget {
  ref: StoreRef;
  folder: FolderId;
  /** Bytes at most; 0 is no limit. */
  hardQuota: number;
}

/**
 * Appends messages to a folder in one transaction, all of them or none (RFC 3502), and in the same transaction expunges a message of the same
 * store that they replace (RFC 8508). Gives their uids; undefined for a message that an earlier attempt had stored already. Throws
 * STORE_FULL, and NOT_FOUND for a folder or a replaced message that is gone.
 */
export async function appendMessages(
  context: StoreContext,
  { ref, folder, hardQuota }: AppendTarget,
  messages: readonly { message: PreparedMessage; flags: MessageFlags }[],
  replaced?: { folder: FolderId; uid: Uid },
): Promise<(Uid | undefined)[]> {
  // The ids are made before the first attempt, so that a second one recognizes what the first has stored.
  const items = messages.map(({ message, flags }) => ({
    message,
    flags,
    targets: [{ ...ref, folder, id: newGuid(context.clock()), hardQuota }],
    mayBeStored: false,
    companion: undefined,
  }));
  const outcomes = await inTransaction(
    context.db,
    async (tx, attempt) => {
      const stored = (await deliverBatch({ tx, read: readNow(tx), write: writeNow }, context, items, attempt > 1)).map(
        ([outcome]) => checked(outcome),
      );
      if (!replaced || stored.some(({ kind }) => kind === 'already-stored')) return stored;
      await withLockedStore({ tx, now: context.clock() }, ref, async (store) => {
        const rows = await lockMessages(tx, ref, replaced.folder, [replaced.uid]);
        if (rows.length === 0) throw new PamojaError('NOT_FOUND', 'the message to be replaced is gone');
        const { delta } = await expungeRows(store, replaced.folder, rows, context.clock());
        await countFolder(store, replaced.folder, delta);
        store.count(delta);
      });
      return stored;
    },
    { repeatable: true },
  );
  context.signalChanges([ref.store]);
  return outcomes.map(uidOfStored);
}

/** Throws STORE_FULL, and NOT_FOUND, for a message that could not be stored. */
function checked(outcome: DeliveryOutcome | undefined): DeliveryOutcome {
  if (outcome?.kind === 'store-full') throw new PamojaError('STORE_FULL', 'the mailbox is full');
  if (!outcome || outcome.kind === 'gone') throw new PamojaError('NOT_FOUND', 'no such mailbox');
  return outcome;
}

/** Gives the uid of a message that was stored; undefined for one that an earlier attempt had stored already. Throws as {@link checked} does. */
export function uidOfStored(outcome: DeliveryOutcome | undefined): Uid | undefined {
  const stored = checked(outcome);
  return stored.kind === 'stored' ? stored.uid : undefined;
}
