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
import type { MessageState } from './messages.ts';

/** A change that spares messages that somebody has changed meanwhile (RFC 7162 §3.1.3). */
export interface MarkCondition {
  /** Messages whose modseq is above it stay as they are. */
  unchangedSince: number;
  /** Gets the uids of those. */
  modified: Uid[];
}

/** Changes the marks of messages (IMAP STORE). Messages that are gone are passed over. Returns the new state of those that are there. */
export async function setMessageFlags(
  context: StoreContext,
  ref: StoreRef,
  folder: FolderId,
  uids: readonly Uid[],
  how: FlagChange,
  change: MessageFlags,
  condition?: MarkCondition,
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
      const marks = changeFlags(old, how, change);
      if (sameFlags(old, marks)) {
        states.push({ uid: row.uid as Uid, modseq: row.modseq, ...old });
        continue;
      }
      const modseq = store.append({ kind: CHANGE.MESSAGE_CHANGED, folder, uid: row.uid as Uid, message: row.id });
      unseen += (old.flags & FLAG.SEEN) - (marks.flags & FLAG.SEEN);
      states.push({ uid: row.uid as Uid, modseq, ...marks });
    }
    for (const [key, group] of groupByMarks(states.filter((state) => state.modseq > before))) {
      await writeMarks(store, folder, key, group);
    }
    return { result: states, delta: { ...NOTHING, unseen } };
  });
}

/** One statement for all messages that get the same marks; the modseq is counted up in the order of the uids. */
async function writeMarks(
  store: LockedStore,
  folder: FolderId,
  marks: MessageFlags,
  states: MessageState[],
): Promise<void> {
  for (let i = 0; i < states.length; i += 500) {
    const batch = states.slice(i, i + 500);
    const modseq = caseExpression('uid', new Map(batch.map((state) => [state.uid, state.modseq])));
    await store
      .messages(batch.at(-1)?.modseq as ChangeNumber)
      .update()
      .set({ flags: marks.flags, keywords: encodeKeywords(marks.keywords), modseq })
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

function groupByMarks(states: MessageState[]): Iterable<[MessageFlags, MessageState[]]> {
  const groups = Map.groupBy(states, (state) => `${state.flags} ${state.keywords.join(' ')}`);
  return [...groups.values()].flatMap((group) =>
    group[0] ? [[group[0], group] as [MessageFlags, MessageState[]]] : [],
  );
}
