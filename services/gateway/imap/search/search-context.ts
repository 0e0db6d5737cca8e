import { append } from '../../../../shared/platform/append.ts';
import type { SearchRequest } from '../../../../shared/protocol/imap/search-keys.ts';
import { encodeSequenceSet, encodeString } from '../../../../shared/protocol/imap/strings.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import type { MailboxChanges, SelectedMailbox, UpdatedSearch } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { searchMailbox } from './search-mailbox.ts';

/** Searches that a session may keep up to date at a time. */
const MAX_SEARCHES = 16;

export interface KeptSearch {
  session: ImapSession;
  mailbox: SelectedMailbox;
  /** The tag of the command. */
  tag: string;
  byUid: boolean;
  request: SearchRequest;
  /** The result of the command, in its order. */
  found: readonly { uid: Uid }[];
  /** For a sort: sorts once more. */
  again?: () => Promise<Uid[]>;
}

/** A search, or with `again` a sort, whose result is kept up to date (RFC 5267 §4.3). */
export class SearchContext implements UpdatedSearch {
  readonly tag: string;
  private readonly session: ImapSession;
  private readonly mailbox: SelectedMailbox;
  private readonly byUid: boolean;
  private readonly request: SearchRequest;
  /** Sorts once more and gives the whole result. */
  private readonly again: (() => Promise<Uid[]>) | undefined;
  /** In the order of the result. */
  private found: Uid[];

  constructor({ session, mailbox, tag, byUid, request, found, again }: KeptSearch) {
    this.session = session;
    this.mailbox = mailbox;
    this.tag = tag;
    this.byUid = byUid;
    // SAVE and PARTIAL are of the first command alone.
    this.request = { ...request, results: undefined };
    this.found = found.map(({ uid }) => uid);
    this.again = again;
  }

  /** RFC 5267 §4.3.2: a message leaves the result before it leaves the mailbox. */
  remove(gone: readonly Uid[]): string[] {
    return this.removed(new Set(gone));
  }

  /** The responses for what new and changed messages do to the result. */
  async update({ touched }: MailboxChanges): Promise<string[]> {
    if (touched.length === 0) return [];
    if (this.again) return this.reorder(await this.again());
    const matching = await searchMailbox(this.session, this.mailbox, this.request, undefined, touched);
    if (!matching) return [];
    const now = new Set(matching.map(({ uid }) => uid));
    const before = new Set(this.found);
    const lines = this.removed(new Set(touched.filter((uid) => before.has(uid) && !now.has(uid))));
    const added = touched.filter((uid) => now.has(uid) && !before.has(uid));
    append(this.found, added);
    // RFC 5267 §4.3.3: position 0 where the result is in the order of the mailbox.
    return added.length === 0 ? lines : [...lines, this.line('ADDTO', `0 ${this.set(added)}`)];
  }

  private reorder(wanted: readonly Uid[]): string[] {
    const kept = new Set(wanted);
    // A message whose position changes is removed and added again.
    const order = new Map(wanted.map((uid, i) => [uid, i]));
    let last = -1;
    const out = new Set<Uid>();
    for (const uid of this.found) {
      const at = order.get(uid) ?? -1;
      if (!kept.has(uid) || at < last) out.add(uid);
      else last = at;
    }
    const lines = this.removed(out);
    const there = new Set(this.found);
    for (const [i, uid] of wanted.entries()) {
      if (there.has(uid)) continue;
      lines.push(this.line('ADDTO', `${i + 1} ${this.set([uid])}`));
    }
    this.found = [...wanted];
    return lines;
  }

  private removed(out: ReadonlySet<Uid>): string[] {
    const leaving = this.found.filter((uid) => out.has(uid));
    if (leaving.length === 0) return [];
    if (!this.again) {
      this.found = this.found.filter((uid) => !out.has(uid));
      return [this.line('REMOVEFROM', `0 ${this.set(leaving.sort((a, b) => a - b))}`)];
    }
    return leaving.map((uid) => {
      const place = this.found.indexOf(uid);
      this.found.splice(place, 1);
      return this.line('REMOVEFROM', `${place + 1} ${this.set([uid])}`);
    });
  }

  private set(uids: readonly Uid[]): string {
    return encodeSequenceSet(this.byUid ? uids : uids.map((uid) => this.mailbox.numberOf(uid)));
  }

  private line(what: 'ADDTO' | 'REMOVEFROM', change: string): string {
    return `* ESEARCH (TAG ${encodeString(this.tag)})${this.byUid ? ' UID' : ''} ${what} (${change})`;
  }
}

/** Keeps a search up to date, unless there are too many already (RFC 5267 §4.3.1). */
export function keepSearch({ output }: ImapSession, mailbox: SelectedMailbox, search: SearchContext): void {
  if (mailbox.searches.size < MAX_SEARCHES) mailbox.searches.set(search.tag, search);
  else output.respond(`* NO [NOUPDATE ${encodeString(search.tag)}] too many searches are kept up to date`);
}
