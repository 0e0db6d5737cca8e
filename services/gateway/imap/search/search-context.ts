import { append } from '../../../../shared/platform/append.ts';
import type { SearchRequest } from '../../../../shared/protocol/imap/search-keys.ts';
import { encodeSequenceSet, encodeString } from '../../../../shared/protocol/imap/strings.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import type { CommandHandler } from '../command-table.ts';
import type { News, SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { searchMailbox } from './search-mailbox.ts';

/** Searches that one mailbox keeps up to date at a time. */
const MAX_SEARCHES = 16;

/** A search, or with `again` a sort, whose client is told what comes to its result and what leaves it (RFC 5267 §4.3). */
export class SearchContext {
  readonly tag: string;
  private readonly byUid: boolean;
  private readonly request: SearchRequest;
  /** The whole result as it is now, of a sort. */
  private readonly again: (() => Promise<Uid[]>) | undefined;
  /** In the order of the result. */
  private found: Uid[];

  constructor(
    tag: string,
    byUid: boolean,
    request: SearchRequest,
    found: readonly { uid: Uid }[],
    again?: () => Promise<Uid[]>,
  ) {
    this.tag = tag;
    this.byUid = byUid;
    // What was saved, and what was the page that was asked for, is of that command alone.
    this.request = { ...request, results: undefined };
    this.found = found.map(({ uid }) => uid);
    this.again = again;
  }

  /** RFC 5267 §4.3.2: what is expunged leaves the result before it leaves the mailbox. */
  remove(mailbox: SelectedMailbox, gone: readonly Uid[]): string[] {
    return this.removed(mailbox, new Set(gone));
  }

  /** What messages that have come or changed do to the result. */
  async update(session: ImapSession, mailbox: SelectedMailbox, { touched }: News): Promise<string[]> {
    if (touched.length === 0) return [];
    if (this.again) return this.reorder(mailbox, await this.again());
    const matching = await searchMailbox(session, mailbox, this.request, undefined, touched);
    if (!matching) return [];
    const now = new Set(matching.map(({ uid }) => uid));
    const before = new Set(this.found);
    const lines = this.removed(mailbox, new Set(touched.filter((uid) => before.has(uid) && !now.has(uid))));
    const come = touched.filter((uid) => now.has(uid) && !before.has(uid));
    append(this.found, come);
    // RFC 5267 §4.3.3: 0 where the result is in the order of the mailbox.
    return come.length === 0 ? lines : [...lines, this.line('ADDTO', `0 ${this.set(mailbox, come)}`)];
  }

  private reorder(mailbox: SelectedMailbox, wanted: readonly Uid[]): string[] {
    const kept = new Set(wanted);
    // What stands elsewhere now leaves its place and comes back.
    const order = new Map(wanted.map((uid, i) => [uid, i]));
    let last = -1;
    const out = new Set<Uid>();
    for (const uid of this.found) {
      const at = order.get(uid) ?? -1;
      if (!kept.has(uid) || at < last) out.add(uid);
      else last = at;
    }
    const lines = this.removed(mailbox, out);
    const there = new Set(this.found);
    for (const [i, uid] of wanted.entries()) {
      if (there.has(uid)) continue;
      lines.push(this.line('ADDTO', `${i + 1} ${this.set(mailbox, [uid])}`));
    }
    this.found = [...wanted];
    return lines;
  }

  private removed(mailbox: SelectedMailbox, out: ReadonlySet<Uid>): string[] {
    const leaving = this.found.filter((uid) => out.has(uid));
    if (leaving.length === 0) return [];
    if (!this.again) {
      this.found = this.found.filter((uid) => !out.has(uid));
      return [
        this.line(
          'REMOVEFROM',
          `0 ${this.set(
            mailbox,
            leaving.sort((a, b) => a - b),
          )}`,
        ),
      ];
    }
    return leaving.map((uid) => {
      const place = this.found.indexOf(uid);
      this.found.splice(place, 1);
      return this.line('REMOVEFROM', `${place + 1} ${this.set(mailbox, [uid])}`);
    });
  }

  private set(mailbox: SelectedMailbox, uids: readonly Uid[]): string {
    return encodeSequenceSet(this.byUid ? uids : uids.map((uid) => mailbox.numberOf(uid)));
  }

  private line(what: 'ADDTO' | 'REMOVEFROM', change: string): string {
    return `* ESEARCH (TAG ${encodeString(this.tag)})${this.byUid ? ' UID' : ''} ${what} (${change})`;
  }
}

/** Keeps a search up to date from here on, unless there are too many (RFC 5267 §4.3.1). */
export function keepSearch(session: ImapSession, mailbox: SelectedMailbox, search: SearchContext): void {
  if (mailbox.searches.size < MAX_SEARCHES) mailbox.searches.set(search.tag, search);
  else session.respond(`* NO [NOUPDATE ${encodeString(search.tag)}] too many searches are kept up to date`);
}

/** RFC 5267 §4.3.5 */
export const cancelUpdate: CommandHandler = (session, _tag, args) => {
  const tags = [args.string()];
  while (args.skip(' ')) tags.push(args.string());
  args.end();
  for (const tag of tags) session.mailbox?.searches.delete(tag);
};
