import { filterFields } from '../../../../shared/mime/header-filter.ts';
import { isListed } from '../../../../shared/mime/listed-header.ts';
import { PREVIEW_BYTES, previewOf } from '../../../../shared/mime/preview.ts';
import { collect } from '../../../../shared/platform/collect.ts';
import { bodyOfStructure } from '../../../../shared/protocol/imap/body-of-structure.ts';
import { encodeDateTime } from '../../../../shared/protocol/imap/date-time.ts';
import type { FetchItem } from '../../../../shared/protocol/imap/fetch-items.ts';
import { bytesWithoutNul, encodeString, utf8Bytes } from '../../../../shared/protocol/imap/strings.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { FLAG } from '../../../../shared/store/messages/flags.ts';
import { type MessageContent, openContents } from '../../../../shared/store/messages/message-content.ts';
import { type ListedMessage, listMessages, type MessageState } from '../../../../shared/store/messages/message-list.ts';
import { setMessageFlags } from '../../../../shared/store/messages/set-message-flags.ts';
import { newFlagLines } from '../mailbox-flags.ts';
import { emailId, threadId } from '../object-ids.ts';
import { progressOf } from '../progress-response.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { checkEncodings, sendBinary } from './binary-section.ts';
import { openSection } from './message-section.ts';

/** A section up to this size is read before its length goes out, so that unreachable storage costs a NO and not the connection. */
const READ_AHEAD = 1024 * 1024;

/** Whether an item of that name is asked for. */
export const asksFor = (items: readonly FetchItem[], name: FetchItem['name']): boolean =>
  items.some((item) => item.name === name);

/** Items that the folder index has in memory. */
const KNOWN: readonly FetchItem['name'][] = ['FLAGS', 'MODSEQ', 'UID'];

/** Sends the FETCH response for each of the messages that still exists. */
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
  if (seen.size > 0 && session.extensions.has('CONDSTORE') && !has('MODSEQ')) items.push({ name: 'MODSEQ' });
  if (uids.length === 1 && items.every((item) => KNOWN.includes(item.name) || isContentItem(item)))
    // The state must be newer than this command's own change of \Seen.
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
  // Columns that were not filled at delivery are made from the content.
  const lacks = ({ preview, header }: ListedMessage) =>
    (columns.preview && preview === null) || (columns.header && header === null);
  const progress = progressOf(session, tag, uids.length);
  for await (const batch of listMessages(session.context.store.db, mailbox.ref, mailbox.folder, uids, columns)) {
    if (session.connection.isGone) return;
    if (has('FLAGS')) for (const line of newFlagLines(mailbox, batch)) session.output.respond(line);
    if (needsContent || batch.some(lacks)) await sendWithContent(session, mailbox, batch, items, contentItem);
    else
      for (const message of batch)
        session.output.respond(
          `* ${mailbox.numberOf(message.uid)} FETCH (${items.map((item) => simpleItem(item, message, mailbox)).join(' ')})`,
        );
    await session.output.flushIfFull();
    progress(batch.length);
  }
}

const CONTENT: readonly FetchItem['name'][] = ['BODY[]', 'BINARY', 'BINARY.SIZE'];

/** Whether an item asks only for header fields that are stored beside the row. */
const isHeaderItem = (item: FetchItem): boolean =>
  item.name === 'BODY[]' &&
  item.section.path.length === 0 &&
  item.section.what === 'fields' &&
  item.section.fields.every(isListed);

const isContentItem = (item: FetchItem): boolean => CONTENT.includes(item.name) && !isHeaderItem(item);

/** Sends sections of one message, as clients fetch them one after another, with items that the folder index has. */
async function sendSections(
  session: ImapSession,
  mailbox: SelectedMailbox,
  items: readonly FetchItem[],
  { uids, since, changedSince = 0 }: { uids: readonly Uid[]; since: number; changedSince?: number | undefined },
): Promise<void> {
  const states = (await mailbox.statesOf(uids, since)).filter(({ modseq }) => modseq > changedSince);
  if (asksFor(items, 'FLAGS')) for (const line of newFlagLines(mailbox, states)) session.output.respond(line);
  await sendWithContent(session, mailbox, states, items, ({ name }, state) => stateItem(name, state, mailbox));
}

/** An item that the folder index has. */
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
  if (names.includes('FLAGS')) for (const line of newFlagLines(mailbox, states)) session.output.respond(line);
  for (const state of states) {
    if (state.modseq <= changedSince) continue;
    // Most uids are consecutive messages.
    number = mailbox.uids[number] === state.uid ? number + 1 : mailbox.numberOf(state.uid);
    let values = '';
    for (const name of names) {
      if (values !== '') values += ' ';
      values += stateItem(name, state, mailbox);
    }
    session.output.respond(`* ${number} FETCH (${values})`);
    if (session.output.isFull) await session.output.flush();
  }
}

/** Marks messages as read before their text goes out; gives those that were unread. */
async function markSeen(session: ImapSession, mailbox: SelectedMailbox, uids: readonly Uid[]): Promise<Set<Uid>> {
  const states = await mailbox.statesOf(uids, session.commandAt);
  const unseen = states.filter((state) => (state.flags & FLAG.SEEN) === 0).map((state) => state.uid);
  if (unseen.length === 0) return new Set();
  mailbox.noteSent(
    await setMessageFlags(session.context.store, mailbox.ref, mailbox.folder, unseen, {
      how: 'add',
      flags: FLAG.SEEN,
      keywords: [],
    }),
  );
  return new Set(unseen);
}

/** An item that the message's row has. */
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
    if (session.connection.isGone) return;
    // RFC 3516 §4.3: an unknown encoding fails the command before any of the message goes out.
    checkEncodings(content, items);
    let separator = `* ${mailbox.numberOf(uid)} FETCH (`;
    for (const item of items) {
      if (item.name === 'BODY[]') await sendSection(session, content, item, separator);
      else if (item.name === 'BINARY' || item.name === 'BINARY.SIZE')
        await sendBinary(session, content, item, separator);
      else session.output.respondPart(separator + (await other(item, message, { content, mailbox })));
      separator = ' ';
    }
    session.output.respond(')');
    await session.output.flushIfFull();
  }
}

/** The contents of messages, by uid, without those that have been expunged. */
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
  if (!section) return session.output.respondPart(`${before}${label} NIL`);
  const { length } = section;
  if (length <= READ_AHEAD) {
    const bytes = await collect(section.read());
    session.output.respondPart(`${before}${label} {${length}}\r\n${bytes.toString('latin1')}`);
    return session.output.flushIfFull();
  }
  session.output.respondPart(`${before}${label} {${length}}\r\n`);
  try {
    for await (const chunk of section.read()) await session.output.sendBytes(bytesWithoutNul(chunk));
  } catch (error) {
    // The client waits for the rest of the literal, so only the end of the connection can report the error.
    session.connection.abort();
    throw error;
  }
}

interface Opened {
  content: MessageContent;
  mailbox: SelectedMailbox;
}

async function contentItem(item: FetchItem, message: ListedMessage, { content, mailbox }: Opened): Promise<string> {
  if (item.name !== 'PREVIEW' || message.preview) return simpleItem(item, message, mailbox);
  // A message from before previews were stored.
  const beginning = await collect(content.read({ start: 0, end: Math.min(content.size, PREVIEW_BYTES) }));
  return `PREVIEW ${encodeString(utf8Bytes(previewOf(beginning)))}`;
}
