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
import { asksModseq, type Candidate, matchesKey, requireModest } from './search-criteria.ts';

/**
 * The messages that a search finds, by uid. The folder index decides first; rows are read only for criteria that need them, and contents
 * only for messages that are still undecided. Undefined: the client has gone.
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
      const verdict = matchesKey(key, candidate);
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
    if (matchesKey(key, { ...candidate, opened })) found.push(candidate.state);
    // Other sessions run after each message.
    await nextTurn();
    progress(1);
    if (session.connection.isGone) return undefined;
  }
  return found.sort((a, b) => a.uid - b.uid);
}

/**
 * Words that every matching message has in its octets, unless it is encoded: criteria in ASCII without white space, alone or joined by AND.
 */
function plainWords(key: SearchKey): string[] {
  if (key.key === 'and') return key.of.flatMap(plainWords);
  const isText = key.key === 'body' || key.key === 'text' || (key.key === 'header' && !ADDRESS_FIELDS.has(key.field));
  return isText && /^[\x21-\x7e]+$/.test(key.text) ? [key.text.toUpperCase()] : [];
}

/** Encodings in which a text may differ from the octets of the message. */
const ENCODED = ['BASE64', 'QUOTED-PRINTABLE', '=?', 'UTF-16', 'UTF-7'];

/** Whether a message without any encoding lacks one of some words. This is much cheaper than decoding its text. */
function lacks(bytes: Buffer, words: readonly string[]): boolean {
  const upper = bytes.toString('latin1').toUpperCase();
  return words.some((word) => !upper.includes(word)) && !ENCODED.some((mark) => upper.includes(mark));
}
