import { type HeaderField, parseHeaderFields } from '../../../../shared/mime/header-fields.ts';
import { baseSubject } from '../../../../shared/protocol/imap/base-subject.ts';
import type { ImapEnvelope } from '../../../../shared/protocol/imap/envelope-reader.ts';
import { parseCriteria } from '../../../../shared/protocol/imap/search-keys.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import {
  byReferences,
  encodeThreads,
  orderedSubject,
  type Threadable,
} from '../../../../shared/protocol/imap/threads.ts';
import type { Uid } from '../../../../shared/store/engine/ids.ts';
import { openContents, readHeader } from '../../../../shared/store/messages/message-content.ts';
import type { ListedMessage } from '../../../../shared/store/messages/message-list.ts';
import type { CommandHandler } from '../command.ts';
import { findRows, readEnvelopeOf, sentDate } from '../search/found-rows.ts';
import { foundMessage } from '../search/search-results.ts';
import type { SelectedMailbox } from '../selected-mailbox.ts';
import type { ImapSession } from '../session.ts';

/** THREAD and UID THREAD (RFC 5256). */
export const threadCommand =
  (byUid: boolean): CommandHandler =>
  async (session, args, { tag }) => {
    const algorithm = args.atom().toUpperCase();
    args.space();
    const { charset, key } = parseCriteria(args);
    if (algorithm !== 'ORDEREDSUBJECT' && algorithm !== 'REFERENCES')
      throw new ImapSyntaxError(`${algorithm} is not a threading algorithm`);
    const { mailbox } = session;
    if (!mailbox) return;
    const withReferences = algorithm === 'REFERENCES';
    const request = { charset, key, results: undefined };
    const columns = { envelope: true, header: withReferences };
    const messages = await findRows(session, mailbox, request, columns, tag);
    if (!messages) return;
    const references = withReferences ? await referencesOf(session, mailbox, messages) : new Map<Uid, string[]>();
    const threadable = messages.map((message): Threadable<number> => {
      const envelope = readEnvelopeOf(message);
      const { number } = foundMessage(mailbox, byUid, message);
      return {
        value: number,
        number,
        sentAt: sentDate(message),
        subject: baseSubject(envelope.subject),
        messageId: messageIds(envelope.messageId)[0],
        references: references.get(message.uid) ?? inReplyTo(envelope),
      };
    });
    const threads = withReferences ? byReferences(threadable) : orderedSubject(threadable);
    session.output.respond(threads.length > 0 ? `* THREAD ${encodeThreads(threads)}` : '* THREAD');
  };

const messageIds = (text: string | undefined): string[] => text?.match(/<[^<>\s]+>/g) ?? [];

/** RFC 5256 §3: without References, the first id of In-Reply-To. */
const inReplyTo = ({ inReplyTo: text }: ImapEnvelope): string[] => messageIds(text).slice(0, 1);

/** The References of messages, which no envelope has. Messages without the field are not in the map. */
async function referencesOf(
  session: ImapSession,
  mailbox: SelectedMailbox,
  messages: readonly ListedMessage[],
): Promise<Map<Uid, string[]>> {
  const found = new Map<Uid, string[]>();
  const note = (uid: Uid, header: readonly HeaderField[]) => {
    const ids = header.filter(({ name }) => name === 'references').flatMap(({ value }) => messageIds(value));
    if (ids.length > 0) found.set(uid, ids);
  };
  const long: Uid[] = [];
  for (const { uid, header } of messages) {
    if (header) note(uid, parseHeaderFields(header));
    else long.push(uid);
  }
  for await (const [uid, content] of openContents(session.context.store, mailbox.ref, mailbox.folder, long)) {
    note(uid, await readHeader(content));
    if (session.connection.isGone) break;
  }
  return found;
}
