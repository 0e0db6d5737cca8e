import { setImmediate as nextTurn } from 'node:timers/promises';
import { scanMessage } from '../../../../shared/mime/scanner.ts';
import { collect } from '../../../../shared/platform/collect.ts';
import { ADDRESS_FIELDS } from '../../../../shared/protocol/imap/address-text.ts';
import type { SearchKey, SearchRequest } from '../../../../shared/protocol/imap/search-keys.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { openContents } from '../../../../shared/store/messages/message-content.ts';
import type { MessageState } from '../../../../shared/store/messages/message-list.ts';
import { UnknownCharset } from '../error-responses.ts';
import { progressOf } from '../progress-response.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { candidates } from './search-candidates.ts';
import { asksModseq, type Candidate, matches, requireModest } from './search-criteria.ts';

/**
 * The messages that a search finds, by uid. What the index of the folder can decide is decided there; rows are read only for what needs
 * them, and contents only of messages that nothing cheaper has ruled out. Undefined: the client has gone.
 */
export async function searchMailbox(
  session: ImapSession,
  mailbox: SelectedMailbox,
  { charset, key, results }: SearchRequest,
  tag?: string,
  within: readonly Uid[] = mailbox.uids,
): Promise<MessageState[] | undefined> {
  const { saved } = mailbox;
  // RFC 5182 §2.1: a search that fails leaves nothing saved.
  if (results?.names.has('SAVE')) mailbox.saved = new Set();
  if (charset !== undefined && !/^(us-ascii|utf-8)$/i.test(charset)) throw new UnknownCharset();
  requireModest(key);
  if (asksModseq(key)) session.enable('CONDSTORE');
  const now = session.context.store.clock();
  const progress = progressOf(session, tag, within.length);
  const found: MessageState[] = [];
  const undecided: Candidate[] = [];
  for await (const states of candidates(session, mailbox, within, key, saved)) {
    for (const known of states) {
      const candidate: Candidate = { ...known, mailbox, now, saved, opened: undefined };
      const { state } = known;
      const verdict = matches(key, candidate);
      if (verdict === true) found.push(state);
      else if (verdict === undefined) undecided.push(candidate);
    }
    if (session.connection.isGone) return undefined;
  }
  if (undecided.length === 0) return found;
  const words = plainWords(key);
  const byUid = new Map(undecided.map((candidate) => [candidate.state.uid, candidate]));
  const { store } = session.context;
  for await (const [uid, content] of openContents(store, mailbox.ref, mailbox.folder, [...byUid.keys()])) {
    const candidate = byUid.get(uid);
    if (!candidate) continue;
    const bytes = await collect(content.read({ start: 0, end: content.size }));
    if (words.length > 0 && lacks(bytes, words)) continue;
    const opened = { bytes, root: scanMessage(bytes), texts: new Map() };
    if (matches(key, { ...candidate, opened })) found.push(candidate.state);
    // Others have their turn after each message.
    await nextTurn();
    progress(1);
    if (session.connection.isGone) return undefined;
  }
  return found.sort((a, b) => a.uid - b.uid);
}

/**
 * Words that a message must have as they stand, for any of its text to be what is searched for: ASCII without white space, asked for by
 * themselves or together with others.
 */
function plainWords(key: SearchKey): string[] {
  if (key.key === 'and') return key.of.flatMap(plainWords);
  const isText = key.key === 'body' || key.key === 'text' || (key.key === 'header' && !ADDRESS_FIELDS.has(key.field));
  return isText && /^[\x21-\x7e]+$/.test(key.text) ? [key.text.toUpperCase()] : [];
}

/** What text may be encoded in: then it need not stand in the bytes as it is read. */
const ENCODED = ['BASE64', 'QUOTED-PRINTABLE', '=?', 'UTF-16', 'UTF-7'];

/** Whether a message that is not encoded anywhere lacks one of some words: far less to do than to read what it says. */
function lacks(bytes: Buffer, words: readonly string[]): boolean {
  const upper = bytes.toString('latin1').toUpperCase();
  return words.some((word) => !upper.includes(word)) && !ENCODED.some((mark) => upper.includes(mark));
}
