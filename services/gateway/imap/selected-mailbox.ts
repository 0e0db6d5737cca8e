import { encodeFlags } from '../../../shared/protocol/imap/flag-names.ts';
import { lowerBound, parseSequenceSet, selectNumbers, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { CHANGE, changesOfFolder } from '../../../shared/store/changes.ts';
import type { StoreContext } from '../../../shared/store/context.ts';
import type { FolderId, StoreRef, Uid } from '../../../shared/store/ids.ts';
import { listStates, type MessageState, statesOf } from '../../../shared/store/messages.ts';
import type { Extension } from './extensions.ts';

/**
 * One session's view of its selected mailbox: which message number is which uid, which changes only when the client is told.
 */
export class SelectedMailbox {
  readonly folder: FolderId;
  readonly readOnly: boolean;
  /** In the order of the message numbers. */
  readonly uids: Uid[];
  private readonly context: StoreContext;
  private readonly ref: StoreRef;
  /** Changes up to this number are in the view, or wait in `gone`. */
  private seq: number;
  /** Expunged, but the client must not be told yet. */
  private readonly gone = new Set<Uid>();
  /** What the last search has saved (RFC 5182). */
  saved = new Set<Uid>();
  /** The modseq at which this session itself has told the client a message's flags. */
  private readonly told = new Map<Uid, number>();

  private constructor(
    context: StoreContext,
    ref: StoreRef,
    folder: FolderId,
    readOnly: boolean,
    seq: number,
    uids: Uid[],
  ) {
    this.context = context;
    this.ref = ref;
    this.folder = folder;
    this.readOnly = readOnly;
    this.seq = seq;
    this.uids = uids;
  }

  /** Opens a folder. `seq` must have been read before: what changes meanwhile is then seen twice, never missed. */
  static async open(
    context: StoreContext,
    ref: StoreRef,
    folder: FolderId,
    readOnly: boolean,
    seq: number,
  ): Promise<{ mailbox: SelectedMailbox; states: MessageState[] }> {
    const states = await listStates(context.db, ref, folder);
    const mailbox = new SelectedMailbox(
      context,
      ref,
      folder,
      readOnly,
      seq,
      states.map((state) => state.uid),
    );
    return { mailbox, states };
  }

  /** The uids that a sequence set names, in ascending order; messages that are gone but not yet told stay out of it. */
  select(set: string, byUid: boolean): Uid[] {
    if (set === '$') return this.uids.filter((uid) => this.saved.has(uid) && !this.gone.has(uid));
    const parsed = parseSequenceSet(set);
    return (byUid ? selectUids(parsed, this.uids) : selectNumbers(parsed, this.uids)).filter(
      (uid) => !this.gone.has(uid),
    );
  }

  /** The message number of a uid, or 0. */
  numberOf(uid: Uid): number {
    const index = lowerBound(this.uids, uid);
    return this.uids[index] === uid ? index + 1 : 0;
  }

  /** Notes that the client has been told these states, so that the next sync does not repeat them. */
  noteTold(states: readonly MessageState[]): void {
    for (const state of states) this.told.set(state.uid, state.modseq);
  }

  /**
   * Brings the view up to date and gives the untagged responses that say so. Without `expunge`, messages that are gone keep
   * their numbers until the next call with it (RFC 3501 §7.4.1: no EXPUNGE during FETCH, STORE or SEARCH).
   */
  async sync(expunge: boolean, enabled: ReadonlySet<Extension>): Promise<string[]> {
    const changes = await changesOfFolder(this.context.db, this.ref, this.folder, this.seq);
    const last = changes.at(-1);
    const touched = new Set<Uid>();
    for (const { kind, uid } of changes) {
      if (uid === null) continue;
      if (kind === CHANGE.MESSAGE_GONE) {
        touched.delete(uid);
        if (this.numberOf(uid) > 0) this.gone.add(uid);
      } else touched.add(uid);
    }
    const states =
      touched.size > 0
        ? await statesOf(
            this.context.db,
            this.ref,
            this.folder,
            [...touched].sort((a, b) => a - b),
          )
        : [];
    if (last) this.seq = last.seq;
    const gone = expunge ? this.forgetGone() : [];
    return [...tellGone(gone, enabled.has('QRESYNC')), ...this.tellStates(states, enabled.has('CONDSTORE'))];
  }

  /** Takes what has gone out of the view: uids with their numbers, the highest first. */
  private forgetGone(): { uid: Uid; number: number }[] {
    const forgotten: { uid: Uid; number: number }[] = [];
    for (const uid of [...this.gone].sort((a, b) => b - a)) {
      const number = this.numberOf(uid);
      if (number === 0) continue;
      this.uids.splice(number - 1, 1);
      this.told.delete(uid);
      this.saved.delete(uid);
      forgotten.push({ uid, number });
    }
    this.gone.clear();
    return forgotten;
  }

  private tellStates(states: readonly MessageState[], modseq: boolean): string[] {
    const flagLines: string[] = [];
    const before = this.uids.length;
    for (const state of states) {
      const highest = this.uids.at(-1) ?? 0;
      if (state.uid > highest) this.uids.push(state.uid);
      else if (this.numberOf(state.uid) > 0 && (this.told.get(state.uid) ?? 0) < state.modseq)
        flagLines.push(stateLine(this.numberOf(state.uid), state, modseq));
    }
    // RFC 3501 §7.3.1: EXISTS after every change in the number of messages that is not an EXPUNGE.
    return this.uids.length > before ? [`* ${this.uids.length} EXISTS`, '* 0 RECENT', ...flagLines] : flagLines;
  }
}

/** What is told of a message that has changed. */
export const stateLine = (number: number, state: MessageState, modseq: boolean): string =>
  `* ${number} FETCH (UID ${state.uid} FLAGS ${encodeFlags(state.flags, state.keywords)}${modseq ? ` MODSEQ (${state.modseq})` : ''})`;

/** RFC 7162 §3.2.10: who has enabled QRESYNC is told uids instead of numbers. */
function tellGone(gone: readonly { uid: Uid; number: number }[], vanished: boolean): string[] {
  if (!vanished || gone.length === 0) return gone.map(({ number }) => `* ${number} EXPUNGE`);
  return [`* VANISHED ${encodeSequenceSet(gone.map(({ uid }) => uid).reverse())}`];
}
