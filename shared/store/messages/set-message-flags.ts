import { caseExpression } from '../../database/case-expression.ts';
import { CHANGE } from '../engine/changes.ts';
import type { StoreContext } from '../engine/context.ts';
import type { FolderId, StoreRef, Uid } from '../engine/ids.ts';
import type { ChangeNumber, LockedStore } from '../engine/store-lock.ts';
import { changeFolder, lockMessages, NOTHING } from './change-folder.ts';
import {
  changeFlags,
  decodeKeywords,
  encodeKeywords,
  FLAG,
  type FlagChange,
  type MessageFlags,
  sameFlags,
} from './flags.ts';
import type { MessageState } from './message-list.ts';

/** The condition UNCHANGEDSINCE (RFC 7162 §3.1.3): messages that somebody has changed since then stay as they are. */
export interface UnchangedSince {
  /** Messages whose modseq is above it stay as they are. */
  unchangedSince: number;
  /** Gets the uids of those. */
  modified: Uid[];
}

/** A change of flags and keywords. */
export interface FlagUpdate extends MessageFlags {
  how: FlagChange;
  condition?: UnchangedSince | undefined;
}

/** Changes the flags of messages (IMAP STORE). Messages that are gone are passed over. Returns the new state of those that are there. */
export async function setMessageFlags(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
  { how, condition, ...change }: FlagUpdate,
): Promise<MessageState[]> {
  return changeFolder(context, ref, folder, async (store) => {
    const before = store.changeSeq;
    const rows = await lockMessages(store.tx, ref, folder, uids);
    const states: MessageState[] = [];
    let unseen = 0;
    condition?.modified.splice(0);
    for (const row of rows) {
      if (condition && row.modseq > condition.unchangedSince) {
        condition.modified.push(row.uid as Uid);
        continue;
      }
      const old: MessageFlags = { flags: row.flags, keywords: decodeKeywords(row.keywords) };
      const next = changeFlags(old, how, change);
      if (sameFlags(old, next)) {
        states.push({ uid: row.uid as Uid, modseq: row.modseq, ...old });
        continue;
      }
      const modseq = store.append({ kind: CHANGE.MESSAGE_CHANGED, folder, uid: row.uid as Uid, message: row.id });
      unseen += (old.flags & FLAG.SEEN) - (next.flags & FLAG.SEEN);
      states.push({ uid: row.uid as Uid, modseq, ...next });
    }
    for (const [key, group] of groupByFlags(states.filter((state) => state.modseq > before))) {
      await writeFlags(store, folder, key, group);
    }
    return { result: states, delta: { ...NOTHING, unseen } };
  });
}

/** Writes one statement for all messages that get the same flags; the modseq is counted up in the order of the uids. */
async function writeFlags(
  store: LockedStore,
  folder: FolderId,
  { flags, keywords }: MessageFlags,
  states: MessageState[],
): Promise<void> {
  for (let i = 0; i < states.length; i += 500) {
    const batch = states.slice(i, i + 500);
    const modseq = caseExpression('uid', new Map(batch.map((state) => [state.uid, state.modseq])));
    await store
      .messages(batch.at(-1)?.modseq as ChangeNumber)
      .update()
      .set({ flags, keywords: encodeKeywords(keywords), modseq })
      .where('folder_id', '=', folder)
      .where('deleted', '=', 0)
      .where(
        'uid',
        'in',
        batch.map((state) => state.uid),
      )
      .execute();
  }
}

function groupByFlags(states: MessageState[]): Iterable<[MessageFlags, MessageState[]]> {
  const groups = Map.groupBy(states, (state) => `${state.flags} ${state.keywords.join(' ')}`);
  return [...groups.values()].flatMap((group) =>
    group[0] ? [[group[0], group] as [MessageFlags, MessageState[]]] : [],
  );
}
