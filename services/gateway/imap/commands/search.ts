import { parseSearch, type SearchResults } from '../../../../shared/protocol/imap/search-keys.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command.ts';
import { keepSearch, SearchContext } from '../search/search-context.ts';
import { asksModseq } from '../search/search-criteria.ts';
import { searchMailbox } from '../search/search-mailbox.ts';
import { esearchLine, foundMessage, highestModseq, saveResults } from '../search/search-results.ts';

/** SEARCH and UID SEARCH (RFC 3501 §6.4.4, RFC 4731, RFC 9051 §6.4.4). */
export const searchCommand =
  (byUid: boolean): CommandHandler =>
  async (session, args, { tag }) => {
    const request = parseSearch(args);
    // RFC 6855 §3
    if (request.charset !== undefined && session.extensions.has('UTF8=ACCEPT'))
      throw new ImapSyntaxError('all text is UTF-8 once UTF8=ACCEPT is enabled');
    const { mailbox } = session;
    if (!mailbox) return;
    const states = await searchMailbox(session, mailbox, request, tag);
    if (!states) return;
    const found = states.map((state) => foundMessage(mailbox, byUid, state));
    const { key } = request;
    // RFC 9051 §7.3.4: IMAP4rev2 has ESEARCH responses only.
    const results = request.results ?? (session.extensions.rev2 ? ALL_RESULTS : undefined);
    const byModseq = asksModseq(key);
    if (results) {
      saveResults(mailbox, results, found);
      if (results.names.has('UPDATE'))
        keepSearch(session, mailbox, new SearchContext({ session, mailbox, tag, byUid, request, found: states }));
      // RFC 5182 §2.1: SAVE alone has no response.
      if ([...results.names].some((name) => name !== 'SAVE'))
        session.output.respond(esearchLine({ tag, byUid, results, found, byModseq, inOrder: false }));
      return;
    }
    const numbers = found.map(({ number }) => ` ${number}`).join('');
    session.output.respond(
      `* SEARCH${numbers}${byModseq && found.length > 0 ? ` (MODSEQ ${highestModseq(found)})` : ''}`,
    );
  };

const ALL_RESULTS: SearchResults = { names: new Set(['ALL']), range: undefined };
