import { encodeFlags } from '../../../shared/protocol/imap/flag-names.ts';
import { lowerBound, parseSequenceSet, selectNumbers, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { CHANGE } from '../../../shared/store/changes.ts';
import type { FolderIndex } from '../../../shared/store/folder-index.ts';
import type { FolderId, StoreRef, Uid } from '../../../shared/store/ids.ts';
import type { MessageState } from '../../../shared/store/messages.ts';
import type { NamedFolder } from './mailbox-tree.ts';
import type { SearchContext } from './search-context.ts';

/** What has happened in a mailbox since its client was told last. */
export interface News {
  /** Messages that are in the view no more, with the numbers that they had, the highest first. */
  gone: { uid: Uid; number: number }[];
  /** Messages that have come, in the order of their uids. */
  added: MessageState[];
  /** Messages in the view whose marks somebody has changed, and the client does not know it. */
  changed: MessageState[];
  /** All that have come or changed, the client's own changes among them, in the order of their uids. */
  touched: Uid[];
}

/**
 * One session's view of its selected mailbox: which message number is which uid, which changes only when the client is told.
 */
export class SelectedMailbox {
  readonly entry: NamedFolder;
  readonly readOnly: boolean;
  readonly index: FolderIndex;
  /** In the order of the message numbers. */
  readonly uids: Uid[];
  /** Changes up to this number are in the view, or wait in `gone`. */
  private seq: number;
  /** Expunged, but the client must not be told yet. */
  private readonly gone = new Set<Uid>();
  /** What the last search has saved (RFC 5182). */
  saved = new Set<Uid>();
  /** Searches whose results the client is kept informed of, by the tags of their commands (RFC 5267). */
  readonly searches = new Map<string, SearchContext>();
  /** The modseq at which this session itself has told the client a message's flags. */
  private readonly told = new Map<Uid, number>();

  constructor(entry: NamedFolder, readOnly: boolean, index: FolderIndex) {
    this.entry = entry;
    this.readOnly = readOnly;
    this.index = index;
    this.seq = index.seq;
    this.uids = index.uids();
  }

  get folder(): FolderId {
    return this.entry.folder.id;
  }

  /** The store that the mailbox is in, which may be somebody else's. */
  get ref(): StoreRef {
    return this.entry.tree.ref;
  }

  /** The uids that a sequence set names, in ascending order; messages that are gone but not yet told stay out of it. */
  select(set: string, byUid: boolean): Uid[] {
    if (set === '$') return this.uids.filter((uid) => this.saved.has(uid) && !this.gone.has(uid));
    const parsed = parseSequenceSet(set);
    const selected = byUid ? selectUids(parsed, this.uids) : selectNumbers(parsed, this.uids);
    return this.gone.size === 0 ? selected : selected.filter((uid) => !this.gone.has(uid));
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

  /** The states of messages, by uid, as they are now; those that have gone are left out. `since`: as they were no earlier than then. */
  async statesOf(uids: readonly Uid[], since?: number): Promise<MessageState[]> {
    await this.index.refresh(since);
    return this.index.statesOf(uids);
  }

  /**
   * Brings the view up to date and gives what has happened. Without `expunge`, messages that are gone keep their numbers until the next
   * call with it (RFC 3501 §7.4.1: no EXPUNGE during FETCH, STORE or SEARCH). `before` is called while all numbers are still the old ones.
   * `since`: changes after that time may be left for the next call.
   */
  async sync(expunge: boolean, since: number | undefined, before: (gone: readonly Uid[]) => void): Promise<News> {
    await this.index.refresh(since);
    const touched = this.readChanges();
    this.seq = this.index.seq;
    if (expunge && this.gone.size > 0) before([...this.gone].filter((uid) => this.numberOf(uid) > 0));
    const gone = expunge ? this.forgetGone() : [];
    return { gone, ...this.takeStates(touched) };
  }

  /** Notes who has gone, and gives the states of all that have come or changed since the last time. */
  private readChanges(): MessageState[] {
    const changes = this.index.changesSince(this.seq);
    if (!changes) {
      // Further behind than the index remembers: the whole view is compared with it.
      for (const uid of this.uids) if (!this.index.stateOf(uid)) this.gone.add(uid);
      return this.index.all().filter(({ modseq }) => modseq > this.seq);
    }
    const touched = new Set<Uid>();
    for (const { kind, uid } of changes) {
      if (uid === null) continue;
      if (kind === CHANGE.MESSAGE_GONE) {
        touched.delete(uid);
        if (this.numberOf(uid) > 0) this.gone.add(uid);
      } else touched.add(uid);
    }
    return [...touched].sort((a, b) => a - b).flatMap((uid) => this.index.stateOf(uid) ?? []);
  }

  /** Takes what has gone out of the view. */
  private forgetGone(): News['gone'] {
    const forgotten: News['gone'] = [];
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

  private takeStates(states: readonly MessageState[]): Omit<News, 'gone'> {
    const added: MessageState[] = [];
    const changed: MessageState[] = [];
    for (const state of states) {
      const highest = this.uids.at(-1) ?? 0;
      if (state.uid > highest) {
        this.uids.push(state.uid);
        added.push(state);
      } else if (this.numberOf(state.uid) > 0 && (this.told.get(state.uid) ?? 0) < state.modseq) changed.push(state);
    }
    return { added, changed, touched: states.map(({ uid }) => uid).filter((uid) => this.numberOf(uid) > 0) };
  }
}

/** What is told of a message that has changed. */
export const stateLine = (number: number, state: MessageState, modseq: boolean): string =>
  `* ${number} FETCH (UID ${state.uid} FLAGS ${encodeFlags(state.flags, state.keywords)}${modseq ? ` MODSEQ (${state.modseq})` : ''})`;

/** RFC 7162 §3.2.10: who has enabled QRESYNC is told uids instead of numbers. */
export function goneLines(gone: News['gone'], vanished: boolean): string[] {
  if (!vanished || gone.length === 0) return gone.map(({ number }) => `* ${number} EXPUNGE`);
  return [`* VANISHED ${encodeSequenceSet(gone.map(({ uid }) => uid).reverse())}`];
}
