import { type ImapEnvelope, readEnvelope } from '../../../../shared/protocol/imap/envelope-reader.ts';
import type { SearchRequest } from '../../../../shared/protocol/imap/search-keys.ts';
import { type ListColumns, type ListedMessage, listMessages } from '../../../../shared/store/messages/message-list.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';
import { searchMailbox } from './search-mailbox.ts';

// What SORT and THREAD have in common: the rows of the messages that a search finds.

/** The messages that a search finds, with some of their columns, by uid. Undefined: the client has gone. */
export async function findRows(
  session: ImapSession,
  mailbox: SelectedMailbox,
  request: SearchRequest,
  columns: ListColumns,
  tag?: string,
): Promise<ListedMessage[] | undefined> {
  const states = await searchMailbox(session, mailbox, request, tag);
  if (!states) return undefined;
  const messages: ListedMessage[] = [];
  for await (const batch of listMessages(
    session.context.store.db,
    mailbox.ref,
    mailbox.folder,
    states.map(({ uid }) => uid),
    columns,
  )) {
    messages.push(...batch);
    if (session.connection.isGone) return undefined;
  }
  return messages;
}

const EMPTY: ImapEnvelope = {
  date: undefined,
  subject: undefined,
  from: [],
  to: [],
  cc: [],
  inReplyTo: undefined,
  messageId: undefined,
};

export const readEnvelopeOf = ({ envelope }: ListedMessage): ImapEnvelope =>
  envelope ? readEnvelope(envelope) : EMPTY;

/** RFC 5256 §2.2: the Date field in UTC; where there is none, INTERNALDATE. */
export const sentDate = ({ sentAt, receivedAt }: ListedMessage): number => sentAt ?? receivedAt;
