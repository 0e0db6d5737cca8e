import { filterFields } from '../../../../shared/mime/header-filter.ts';
import { isListed } from '../../../../shared/mime/listed-header.ts';
import { PREVIEW_BYTES, previewOf } from '../../../../shared/mime/preview.ts';
import { collect } from '../../../../shared/platform/collect.ts';
import { bodyOfStructure } from '../../../../shared/protocol/imap/body-of-structure.ts';
import { encodeDateTime } from '../../../../shared/protocol/imap/date-time.ts';
import { type FetchItem, parseFetchItems, parseFetchModifiers } from '../../../../shared/protocol/imap/fetch-items.ts';
import { pageOf } from '../../../../shared/protocol/imap/partial-range.ts';
import { parseSequenceSet } from '../../../../shared/protocol/imap/sequence-set.ts';
import { bytesWithoutNul, encodeString, utf8Bytes } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { FLAG } from '../../../../shared/store/messages/flags.ts';
import {
  type ListedMessage,
  listMessages,
  type MessageContent,
  type MessageState,
  openContents,
} from '../../../../shared/store/messages/messages.ts';
import { setMessageFlags } from '../../../../shared/store/messages/set-message-flags.ts';
import type { CommandHandler } from '../command-table.ts';
import { newFlagLines } from '../mailbox-flags.ts';
import { emailId, threadId } from '../object-ids.ts';
import { progressOf } from '../progress-response.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { tellVanished } from '../vanished-response.ts';
import { checkEncodings, sendBinary } from './binary-section.ts';
import { openSection } from './message-section.ts';

/** A section up to this size is read whole before it is announced, so that a storage that is away costs a NO, not the connection. */
const READ_AHEAD = 1024 * 1024;

/** FETCH and UID FETCH (RFC 3501 §6.4.5). */
export const fetch =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const set = args.sequenceSet();
    args.space();
    const items = parseFetchItems(args);
    const { changedSince, vanished, range } = parseFetchModifiers(args);
    args.end();
    const { mailbox } = session;
    if (!mailbox) return;
    if (vanished && (!byUid || changedSince === undefined || !session.enabled.has('QRESYNC')))
      throw new ImapSyntaxError('VANISHED is for UID FETCH with CHANGEDSINCE, once QRESYNC is enabled');
    if (changedSince !== undefined && !asksFor(items, 'MODSEQ')) items.push({ name: 'MODSEQ' });
    // RFC 3501 §6.4.8: UID FETCH always answers with the UID.
    if (byUid && !asksFor(items, 'UID')) items.unshift({ name: 'UID' });
    if (range && !byUid) throw new ImapSyntaxError('PARTIAL is for UID FETCH');
    const selected = mailbox.select(set, byUid);
    const uids = range ? pageOf(selected, range) : selected;
    if (vanished) await tellVanished(session, mailbox, changedSince ?? 0, parseSequenceSet(set));
    await sendMessages(session, mailbox, uids, items, { tag, changedSince });
  };

const asksFor = (items: readonly FetchItem[], name: FetchItem['name']): boolean =>
  items.some((item) => item.name === name);

/** What every session's index of the folder knows: nothing needs to be read for it. */
const KNOWN: readonly FetchItem['name'][] = ['FLAGS', 'MODSEQ', 'UID'];

/** Sends what a FETCH asks for, of each message that is there. */
export async function sendMessages(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly Uid[],
  asked: readonly FetchItem[],
  { tag, changedSince }: { tag?: string; changedSince?: number | undefined } = {},
): Promise<void> {
  const items = [...asked];
  const has = (name: FetchItem['name']) => asksFor(items, name);
  if (has('MODSEQ')) session.enable('CONDSTORE');
  if (items.every(({ name }) => KNOWN.includes(name))) return sendStates(session, mailbox, uids, items, changedSince);
  const reads = items.some((item) => (item.name === 'BODY[]' || item.name === 'BINARY') && !item.peek);
  const seen = mailbox.readOnly || !reads ? new Set<Uid>() : await markSeen(session, mailbox, uids);
  if (seen.size > 0 && !has('FLAGS')) items.push({ name: 'FLAGS' });
  if (seen.size > 0 && session.enabled.has('CONDSTORE') && !has('MODSEQ')) items.push({ name: 'MODSEQ' });
  if (uids.length === 1 && items.every((item) => KNOWN.includes(item.name) || isContentItem(item)))
    // What this command has marked itself is in no state from before it.
    return sendSections(session, mailbox, items, {
      uids,
      changedSince,
      since: seen.size > 0 ? performance.now() : session.commandAt,
    });
  const columns = {
    envelope: has('ENVELOPE'),
    bodyStructure: has('BODYSTRUCTURE') || has('BODY'),
    preview: has('PREVIEW'),
    header: items.some(isHeaderItem),
    objectIds: has('EMAILID') || has('THREADID'),
    changedSince,
  };
  const needsContent = items.some(isContentItem);
  // What was not made when the message came is made of its content.
  const lacks = ({ preview, header }: ListedMessage) =>
    (columns.preview && preview === null) || (columns.header && header === null);
  const progress = progressOf(session, tag, uids.length);
  for await (const batch of listMessages(session.context.store.db, mailbox.ref, mailbox.folder, uids, columns)) {
    if (session.gone) return;
    if (has('FLAGS')) for (const line of newFlagLines(mailbox, batch)) session.respond(line);
    if (needsContent || batch.some(lacks)) await sendWithContent(session, mailbox, batch, items, contentItem);
    else
      for (const message of batch)
        session.respond(
          `* ${mailbox.numberOf(message.uid)} FETCH (${items.map((item) => simpleItem(item, message, mailbox)).join(' ')})`,
        );
    await session.respondInBatches();
    progress(batch.length);
  }
}

const CONTENT: readonly FetchItem['name'][] = ['BODY[]', 'BINARY', 'BINARY.SIZE'];

/** Whether an item asks for nothing but fields of the message's header that are kept beside its row. */
const isHeaderItem = (item: FetchItem): boolean =>
  item.name === 'BODY[]' &&
  item.section.path.length === 0 &&
  item.section.what === 'fields' &&
  item.section.fields.every(isListed);

const isContentItem = (item: FetchItem): boolean => CONTENT.includes(item.name) && !isHeaderItem(item);

/** Sections of one message, as clients ask for them one after the other: what else they ask for the index of the folder knows. */
async function sendSections(
  session: ImapSession,
  mailbox: SelectedMailbox,
  items: readonly FetchItem[],
  { uids, since, changedSince = 0 }: { uids: readonly Uid[]; since: number; changedSince?: number | undefined },
): Promise<void> {
  const states = (await mailbox.statesOf(uids, since)).filter(({ modseq }) => modseq > changedSince);
  if (asksFor(items, 'FLAGS')) for (const line of newFlagLines(mailbox, states)) session.respond(line);
  await sendWithContent(session, mailbox, states, items, ({ name }, state) => stateItem(name, state, mailbox));
}

/** An item that the index of the folder has the answer to. */
function stateItem(name: FetchItem['name'], state: MessageState, mailbox: SelectedMailbox): string {
  if (name === 'UID') return `UID ${state.uid}`;
  return name === 'FLAGS' ? `FLAGS ${mailbox.flagsOf(state)}` : `MODSEQ (${state.modseq})`;
}

async function sendStates(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly Uid[],
  items: readonly FetchItem[],
  changedSince = 0,
): Promise<void> {
  const names = items.map(({ name }) => name);
  let number = 0;
  const states = await mailbox.statesOf(uids, session.commandAt);
  if (names.includes('FLAGS')) for (const line of newFlagLines(mailbox, states)) session.respond(line);
  for (const state of states) {
    if (state.modseq <= changedSince) continue;
    // Most of them stand one after the other.
    number = mailbox.uids[number] === state.uid ? number + 1 : mailbox.numberOf(state.uid);
    let values = '';
    for (const name of names) {
      if (values !== '') values += ' ';
      values += stateItem(name, state, mailbox);
    }
    session.respond(`* ${number} FETCH (${values})`);
    if (session.isFull) await session.flush();
  }
}

/** Marks messages as read before their text goes out; gives those that were not. */
async function markSeen(session: ImapSession, mailbox: SelectedMailbox, uids: readonly Uid[]): Promise<Set<Uid>> {
  const states = await mailbox.statesOf(uids, session.commandAt);
  const unseen = states.filter((state) => (state.flags & FLAG.SEEN) === 0).map((state) => state.uid);
  if (unseen.length === 0) return new Set();
  mailbox.noteTold(
    await setMessageFlags(session.context.store, mailbox.ref, mailbox.folder, unseen, 'add', {
      flags: FLAG.SEEN,
      keywords: [],
    }),
  );
  return new Set(unseen);
}

/** An item that the row of the message has the answer to. */
function simpleItem(item: FetchItem, message: ListedMessage, mailbox: SelectedMailbox): string {
  switch (item.name) {
    case 'FLAGS':
    case 'MODSEQ':
    case 'UID':
      return stateItem(item.name, message, mailbox);
    case 'EMAILID':
      return `EMAILID (${emailId(message)})`;
    case 'THREADID':
      return `THREADID (${threadId(message)})`;
    case 'SAVEDATE':
      return `SAVEDATE ${encodeDateTime(message.savedAt)}`;
    case 'INTERNALDATE':
      return `INTERNALDATE ${encodeDateTime(message.receivedAt)}`;
    case 'RFC822.SIZE':
      return `RFC822.SIZE ${message.size}`;
    case 'ENVELOPE':
      return `ENVELOPE ${message.envelope?.toString('latin1') ?? 'NIL'}`;
    case 'PREVIEW':
      return `PREVIEW ${encodeString(message.preview?.toString('latin1') ?? '')}`;
    case 'BODY[]': {
      const { start = 0, length = Number.POSITIVE_INFINITY } = item.partial ?? {};
      const header = message.header?.toString('latin1') ?? '';
      const fields = filterFields(header, item.section.fields, true).slice(start, start + length);
      return `${item.label} {${fields.length}}\r\n${fields}`;
    }
    case 'BODY':
      return `BODY ${message.bodyStructure ? bodyOfStructure(message.bodyStructure.toString('latin1')) : 'NIL'}`;
    case 'BODYSTRUCTURE':
      return `BODYSTRUCTURE ${message.bodyStructure?.toString('latin1') ?? 'NIL'}`;
    default:
      return '';
  }
}

async function sendWithContent<Message extends MessageState>(
  session: ImapSession,
  mailbox: SelectedMailbox,
  batch: readonly Message[],
  items: readonly FetchItem[],
  other: (item: FetchItem, message: Message, of: Opened) => string | Promise<string>,
): Promise<void> {
  const messages = new Map(batch.map((message) => [message.uid, message]));
  for await (const [uid, content] of contentsOf(session, mailbox, [...messages.keys()])) {
    const message = messages.get(uid);
    if (!message) continue;
    if (session.gone) return;
    // RFC 3516 §4.3: an encoding that is not known fails the command before anything of the message goes out.
    checkEncodings(content, items);
    let separator = `* ${mailbox.numberOf(uid)} FETCH (`;
    for (const item of items) {
      if (item.name === 'BODY[]') await sendSection(session, content, item, separator);
      else if (item.name === 'BINARY' || item.name === 'BINARY.SIZE')
        await sendBinary(session, content, item, separator);
      else session.respondPart(separator + (await other(item, message, { content, mailbox })));
      separator = ' ';
    }
    session.respond(')');
    await session.respondInBatches();
  }
}

/** The contents of messages, by uid; those that have been expunged are passed over. */
async function* contentsOf(
  { context: { store, contents } }: ImapSession,
  { ref, folder }: SelectedMailbox,
  uids: readonly Uid[],
): AsyncIterable<readonly [Uid, MessageContent]> {
  const [uid, ...others] = uids;
  if (uid === undefined || others.length > 0) return yield* openContents(store, ref, folder, uids);
  const content = await contents.open(store, ref, folder, uid);
  if (content) yield [uid, content];
}

type BodyItem = Extract<FetchItem, { name: 'BODY[]' }>;

async function sendSection(
  session: ImapSession,
  content: MessageContent,
  item: BodyItem,
  before: string,
): Promise<void> {
  const { label } = item;
  const section = await openSection(content, item.section, item.partial);
  if (!section) return session.respondPart(`${before}${label} NIL`);
  const { length } = section;
  if (length <= READ_AHEAD) {
    const bytes = await collect(section.read());
    session.respondPart(`${before}${label} {${length}}\r\n${bytes.toString('latin1')}`);
    return session.respondInBatches();
  }
  session.respondPart(`${before}${label} {${length}}\r\n`);
  try {
    for await (const chunk of section.read()) await session.sendBytes(bytesWithoutNul(chunk));
  } catch (error) {
    // The client waits for the rest of the literal; only the end of the connection can tell it.
    session.abort();
    throw error;
  }
}

interface Opened {
  content: MessageContent;
  mailbox: SelectedMailbox;
}

async function contentItem(item: FetchItem, message: ListedMessage, { content, mailbox }: Opened): Promise<string> {
  if (item.name !== 'PREVIEW' || message.preview) return simpleItem(item, message, mailbox);
  // One that came before previews were kept.
  const beginning = await collect(content.read({ start: 0, end: Math.min(content.size, PREVIEW_BYTES) }));
  return `PREVIEW ${encodeString(utf8Bytes(previewOf(beginning)))}`;
}
