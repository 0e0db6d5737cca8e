import { encodeFlags } from '../../../shared/protocol/imap/flag-names.ts';
import { lowerBound, parseSequenceSet, selectNumbers, selectUids } from '../../../shared/protocol/imap/sequence-set.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { CHANGE } from '../../../shared/store/engine/changes.ts';
import type { FolderId, StoreRef, Uid } from '../../../shared/store/engine/ids.ts';
import type { FolderIndex } from '../../../shared/store/messages/folder-index.ts';
import type { MessageState } from '../../../shared/store/messages/message-list.ts';
import type { NamedFolder } from './named-folder.ts';
import type { RecentMessages } from './recent-messages.ts';

/** Keywords that FLAGS responses name; a mailbox can have others. */
const MAX_KEYWORDS = 500;

/** The changes of a mailbox that its client has not seen yet. */
export interface MailboxChanges {
  /** Messages that leave the view, with the message numbers that they had, the highest first. */
  expunged: { uid: Uid; number: number }[];
  /** New messages, in the order of their uids. */
  added: MessageState[];
  /** Messages in the view whose flags have changed, except where the client has seen the new flags already. */
  changed: MessageState[];
  /** All new and changed messages, those among them that the client has changed itself, in the order of their uids. */
  touched: Uid[];
}

/** A search whose result is kept up to date (RFC 5267 §4.3). Both methods give the responses to send. */
export interface UpdatedSearch {
  /** Called before messages leave the mailbox. */
  remove(gone: readonly Uid[]): string[];
  /** Called after the view has changed. */
  update(changes: MailboxChanges): Promise<string[]>;
}

/**
 * One session's view of its selected mailbox: the uid of each message number. It changes only together with the responses that say so.
 */
export class SelectedMailbox {
  readonly entry: NamedFolder;
  readonly readOnly: boolean;
  readonly index: FolderIndex;
  /** In the order of the message numbers. */
  readonly uids: Uid[];
  /** Changes up to this sequence number are in the view, or wait in `gone`. */
  private seq: number;
  /** Expunged, but an EXPUNGE response may not be sent yet. */
  private readonly gone = new Set<Uid>();
  /** The result that the last search has saved (RFC 5182). */
  saved = new Set<Uid>();
  /** Searches whose results are kept up to date, by the tags of their commands (RFC 5267). */
  readonly searches = new Map<string, UpdatedSearch>();
  /** The messages that this session sees as \Recent. */
  readonly recent: RecentMessages;
  /** The keywords that a FLAGS response has named. */
  readonly keywords: Set<string>;
  /** The client knows every change of a message up to this modseq. */
  private known: number;
  /** The sequence number of the last change of a message that is in the view or waits in `gone`. */
  private read = 0;
  /** The modseq of the flags that a command's own response has sent. */
  private readonly sent = new Map<Uid, number>();

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

  /** The modseq up to which the client knows every change (RFC 7162 §3.1.2.1). */
  get highestModseq(): number {
    return this.known;
  }

  get recentCount(): number {
    return this.recent.count(this.uids);
  }

  /** The flags of a message as this session shows them. */
  flagsOf({ uid, flags, keywords }: MessageState): string {
    return encodeFlags(flags, keywords, this.recent.has(uid));
  }

  /** Notes the keywords of messages; true where no FLAGS response has named one of them. */
  learnKeywords(states: readonly MessageState[]): boolean {
    const { size } = this.keywords;
    for (const { keywords } of states)
      for (const keyword of keywords) if (this.keywords.size < MAX_KEYWORDS) this.keywords.add(keyword);
    return this.keywords.size > size;
  }

  get folder(): FolderId {
    return this.entry.folder.id;
  }

  /** The store that the mailbox is in, which may be another user's. */
  get ref(): StoreRef {
    return this.entry.tree.ref;
  }

  /** The uids that a sequence set names, in ascending order, without messages that are expunged already. */
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

  /** Notes that these states have been sent, so that the next sync does not repeat them. */
  noteSent(states: readonly MessageState[]): void {
    for (const state of states) this.sent.set(state.uid, state.modseq);
  }

  /** The states of messages, by uid, without those that have been expunged. `since` (performance.now): the states are no older than that. */
  async statesOf(uids: readonly Uid[], since?: number): Promise<MessageState[]> {
    await this.index.refresh(since);
    return this.index.statesOf(uids);
  }

  /**
   * Brings the view up to date and gives what has changed. Without `expunge`, expunged messages keep their numbers until the next call with
   * it (RFC 3501 §7.4.1: no EXPUNGE during FETCH, STORE or SEARCH). `before` is called while all numbers are still the old ones. `since`
   * (performance.now): later changes may be left for the next call. When reading fails, the view stays as it is.
   */
  async sync(
    expunge: boolean,
    since: number | undefined,
    before: (gone: readonly Uid[]) => void,
  ): Promise<MailboxChanges> {
    await this.index.refresh(since);
    await this.claimRecent();
    // No await from here on: the view changes in one step.
    const touched = this.readChanges();
    this.seq = this.index.seq;
    if (expunge && this.gone.size > 0) before([...this.gone].filter((uid) => this.numberOf(uid) > 0));
    const expunged = expunge ? this.removeGone() : [];
    if (this.gone.size === 0) this.known = Math.max(this.known, this.read);
    return { expunged, ...this.takeStates(touched) };
  }

  /** Claims \Recent for every message that may be sent next. */
  async claimRecent(): Promise<void> {
    while (!this.recent.covers(this.index.lastUid)) await this.recent.claim(this.index.lastUid);
  }

  /** The modseq up to which the client knows every change once messages that it has expunged itself are gone, if nothing else has changed. */
  async highestModseqWithout(expunged: readonly Uid[]): Promise<number> {
    await this.index.refresh();
    const own = new Set<Uid | null>(expunged);
    const changes = (this.index.changesSince(this.seq) ?? []).filter(({ uid }) => uid !== null);
    const others = changes.some(({ kind, uid }) => kind !== CHANGE.MESSAGE_GONE || !own.has(uid));
    return this.gone.size > 0 || others ? this.known : Math.max(this.known, changes.at(-1)?.seq ?? 0);
  }

  /** Notes the expunged messages, and gives the states of all new and changed ones since the last time. */
  private readChanges(): MessageState[] {
    const changes = this.index.changesSince(this.seq);
    if (!changes) {
      // The index does not remember so many changes: the whole view is compared with it.
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

  /** Takes expunged messages out of the view. */
  private removeGone(): MailboxChanges['expunged'] {
    const removed: MailboxChanges['expunged'] = [];
    for (const uid of [...this.gone].sort((a, b) => b - a)) {
      const number = this.numberOf(uid);
      if (number === 0) continue;
      this.uids.splice(number - 1, 1);
      this.sent.delete(uid);
      this.saved.delete(uid);
      removed.push({ uid, number });
    }
    this.gone.clear();
    return removed;
  }

  private takeStates(states: readonly MessageState[]): Omit<MailboxChanges, 'expunged'> {
    const added: MessageState[] = [];
    const changed: MessageState[] = [];
    for (const state of states) {
      const highest = this.uids.at(-1) ?? 0;
      if (state.uid > highest) {
        this.uids.push(state.uid);
        added.push(state);
      } else if (this.numberOf(state.uid) > 0 && (this.sent.get(state.uid) ?? 0) < state.modseq) changed.push(state);
    }
    return { added, changed, touched: states.map(({ uid }) => uid).filter((uid) => this.numberOf(uid) > 0) };
  }
}

/** The FETCH response for a message whose flags have changed. */
export const stateLine = (mailbox: SelectedMailbox, state: MessageState, modseq: boolean): string =>
  `* ${mailbox.numberOf(state.uid)} FETCH (UID ${state.uid} FLAGS ${mailbox.flagsOf(state)}${modseq ? ` MODSEQ (${state.modseq})` : ''})`;

/** RFC 7162 §3.2.10: a client that has enabled QRESYNC gets VANISHED with uids instead of EXPUNGE with numbers. */
export function expungeLines(expunged: MailboxChanges['expunged'], vanished: boolean): string[] {
  if (!vanished || expunged.length === 0) return expunged.map(({ number }) => `* ${number} EXPUNGE`);
  return [`* VANISHED ${encodeSequenceSet(expunged.map(({ uid }) => uid).reverse())}`];
}
