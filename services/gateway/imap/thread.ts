import { parseHeaderFields } from '../../../shared/mime/header-fields.ts';
import { collect } from '../../../shared/platform/collect.ts';
import { baseSubject } from '../../../shared/protocol/imap/base-subject.ts';
import type { Envelope } from '../../../shared/protocol/imap/envelope-reader.ts';
import { parseCriteria } from '../../../shared/protocol/imap/search-keys.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { byReferences, encodeThreads, orderedSubject, type Threadable } from '../../../shared/protocol/imap/threads.ts';
import type { Uid } from '../../../shared/store/ids.ts';
import { openContents } from '../../../shared/store/messages.ts';
import type { CommandHandler } from './commands.ts';
import { foundOf } from './search.ts';
import type { SelectedMailbox } from './selected-mailbox.ts';
import type { ImapSession } from './session.ts';
import { envelopeOf, searchEnvelopes, sentDate } from './sort.ts';

/** THREAD and UID THREAD (RFC 5256). */
export const thread =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args) => {
    const algorithm = args.atom().toUpperCase();
    args.space();
    const { charset, key } = parseCriteria(args);
    if (algorithm !== 'ORDEREDSUBJECT' && algorithm !== 'REFERENCES')
      throw new ImapSyntaxError(`${algorithm} is no way to thread`);
    const { mailbox } = session;
    if (!mailbox) return;
    const messages = await searchEnvelopes(session, mailbox, { charset, key, results: undefined }, tag);
    if (!messages) return;
    const references =
      algorithm === 'REFERENCES'
        ? await referencesOf(
            session,
            mailbox,
            messages.map(({ uid }) => uid),
          )
        : new Map<Uid, string[]>();
    const threadable = messages.map((message): Threadable<number> => {
      const envelope = envelopeOf(message);
      const { number } = foundOf(mailbox, byUid, message);
      return {
        value: number,
        number,
        sentAt: sentDate(message, envelope),
        subject: baseSubject(envelope.subject),
        messageId: messageIds(envelope.messageId)[0],
        references: references.get(message.uid) ?? inReplyTo(envelope),
      };
    });
    const threads = algorithm === 'REFERENCES' ? byReferences(threadable) : orderedSubject(threadable);
    session.respond(threads.length > 0 ? `* THREAD ${encodeThreads(threads)}` : '* THREAD');
  };

const messageIds = (text: string | undefined): string[] => text?.match(/<[^<>\s]+>/g) ?? [];

/** RFC 5256 §3: where there are no References, the first id of In-Reply-To. */
const inReplyTo = ({ inReplyTo: text }: Envelope): string[] => messageIds(text).slice(0, 1);

/** References is no part of an envelope: it is read from the header. Those without are not in the map. */
async function referencesOf(
  session: ImapSession,
  mailbox: SelectedMailbox,
  uids: readonly Uid[],
): Promise<Map<Uid, string[]>> {
  const found = new Map<Uid, string[]>();
  for await (const [uid, { root, read }] of openContents(session.context.store, mailbox.ref, mailbox.folder, uids)) {
    const header = parseHeaderFields(await collect(read({ start: root.headerStart, end: root.bodyStart })));
    const ids = header.filter(({ name }) => name === 'references').flatMap(({ value }) => messageIds(value));
    if (ids.length > 0) found.set(uid, ids);
    if (session.gone) break;
  }
  return found;
}
