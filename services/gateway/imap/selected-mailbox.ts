import { encodeFlags } from '../../../shared/protocol/imap/flag-names.ts';
import { lowerBound, parseSequenceSet, selectNumbers, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { CHANGE } from '../../../shared/store/engine/changes.ts';
import type { FolderId, StoreRef, Uid } from '../../../shared/store/engine/ids.ts';
import type { FolderIndex } from '../../../shared/store/messages/folder-index.ts';
import type { MessageState } from '../../../shared/store/messages/messages.ts';
import type { NamedFolder } from './mailbox-tree.ts';
import type { RecentMessages } from './recent-messages.ts';
import type { SearchContext } from './search/search-context.ts';

/** Keywords that a client is told of; a mailbox can have others. */
const MAX_KEYWORDS = 500;

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
  /** Which messages this session sees as \Recent. */
  readonly recent: RecentMessages;
  /** The keywords that the client has been told of. */
  readonly keywords: Set<string>;
  /** The client knows of every change of a message up to this number. */
  private known: number;
  /** The number of the last change of a message that is in the view or waits in `gone`. */
  private read = 0;
  /** The modseq at which this session itself has told the client a message's flags. */
  private readonly told = new Map<Uid, number>();

  constructor(entry: NamedFolder, readOnly: boolean, index: FolderIndex, recent: RecentMessages) {
    this.entry = entry;
    this.readOnly = readOnly;
    this.index = index;
    this.seq = index.seq;
    this.uids = index.uids();
    this.recent = recent;
    this.keywords = new Set(index.keywords);
    this.known = Math.max(entry.folder.highestModseq, 1);
  }

  /** Up to where the client knows everything (RFC 7162 §3.1.2.1). */
  get highestModseq(): number {
    return this.known;
  }

  get recentCount(): number {
    return this.recent.count(this.uids);
  }

  /** The flags of a message as the client is told of them. */
  flagsOf({ uid, flags, keywords }: MessageState): string {
    return encodeFlags(flags, keywords, this.recent.has(uid));
  }

  /** Notes the keywords of messages; whether the client has not been told of one of them. */
  learnKeywords(states: readonly MessageState[]): boolean {
    const { size } = this.keywords;
    for (const { keywords } of states)
      for (const keyword of keywords) if (this.keywords.size < MAX_KEYWORDS) this.keywords.add(keyword);
    return this.keywords.size > size;
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
   * `since`: changes after that time may be left for the next call. Where anything cannot be read the view stays as it is.
   */
  async sync(expunge: boolean, since: number | undefined, before: (gone: readonly Uid[]) => void): Promise<News> {
    await this.index.refresh(since);
    await this.claimRecent();
    // From here on nothing waits.
    const touched = this.readChanges();
    this.seq = this.index.seq;
    if (expunge && this.gone.size > 0) before([...this.gone].filter((uid) => this.numberOf(uid) > 0));
    const gone = expunge ? this.forgetGone() : [];
    if (this.gone.size === 0) this.known = Math.max(this.known, this.read);
    return { gone, ...this.takeStates(touched) };
  }

  /** Claims every message of which the client may be told next. */
  async claimRecent(): Promise<void> {
    while (!this.recent.covers(this.index.lastUid)) await this.recent.claim(this.index.lastUid);
  }

  /** Up to where the client knows everything once messages that it has expunged itself are gone, if nothing else has happened. */
  async highestModseqWithout(expunged: readonly Uid[]): Promise<number> {
    await this.index.refresh();
    const own = new Set<Uid | null>(expunged);
    const changes = (this.index.changesSince(this.seq) ?? []).filter(({ uid }) => uid !== null);
    const others = changes.some(({ kind, uid }) => kind !== CHANGE.MESSAGE_GONE || !own.has(uid));
    return this.gone.size > 0 || others ? this.known : Math.max(this.known, changes.at(-1)?.seq ?? 0);
  }

  /** Notes who has gone, and gives the states of all that have come or changed since the last time. */
  private readChanges(): MessageState[] {
    const changes = this.index.changesSince(this.seq);
    if (!changes) {
      // Further behind than the index remembers: the whole view is compared with it.
      for (const uid of this.uids) if (!this.index.stateOf(uid)) this.gone.add(uid);
      this.read = this.index.seq;
      return this.index.all().filter(({ modseq }) => modseq > this.seq);
    }
    const touched = new Set<Uid>();
    for (const { seq, kind, uid } of changes) {
      if (uid === null) continue;
      this.read = seq;
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
export const stateLine = (mailbox: SelectedMailbox, state: MessageState, modseq: boolean): string =>
  `* ${mailbox.numberOf(state.uid)} FETCH (UID ${state.uid} FLAGS ${mailbox.flagsOf(state)}${modseq ? ` MODSEQ (${state.modseq})` : ''})`;

/** RFC 7162 §3.2.10: who has enabled QRESYNC is told uids instead of numbers. */
export function goneLines(gone: News['gone'], vanished: boolean): string[] {
  if (!vanished || gone.length === 0) return gone.map(({ number }) => `* ${number} EXPUNGE`);
  return [`* VANISHED ${encodeSequenceSet(gone.map(({ uid }) => uid).reverse())}`];
}
