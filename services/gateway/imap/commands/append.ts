import { PamojaError } from '../../../../shared/mapi/error.ts';
import { MessageSpool } from '../../../../shared/net/message-spool.ts';
import { type AppendItem, parseAppendItem, parseAppendItems } from '../../../../shared/protocol/imap/append-items.ts';
import { parseMessageUrl } from '../../../../shared/protocol/imap/imap-url.ts';
import { encodeSequenceSet, utf8Bytes } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import { type PreparedMessage, prepareMessage } from '../../../../shared/store/content/prepare-message.ts';
import { newGuid, type Uid } from '../../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import { type AppendTarget, appendMessages, uidOfStored } from '../../../../shared/store/messages/append-messages.ts';
import { deliver } from '../../../../shared/store/messages/deliver.ts';
import { expungeMessages } from '../../../../shared/store/messages/expunge-messages.ts';
import { changeFlags, type MessageFlags, NO_FLAGS } from '../../../../shared/store/messages/flags.ts';
import { openContents } from '../../../../shared/store/messages/messages.ts';
import type { CommandHandler } from '../command-table.ts';
import { BadUrl, requireWritable } from '../error-responses.ts';
import { openSection } from '../fetch/message-section.ts';
import { permittedFlags } from '../flag-rights.ts';
import { type NamedFolder, requireFolder, requireRights } from '../mailbox-tree.ts';
import type { ImapSession } from '../session.ts';
import { targetFolder } from './copy.ts';

/** RFC 3501 §6.3.11, several messages at once (RFC 3502), put together of pieces (RFC 4469); all wait in spools, never in memory. */
export const append: CommandHandler = async (session, tag, args, { messages }) => {
  const name = args.astring();
  args.space();
  const items = parseAppendItems(args);
  args.end();
  const entry = await targetFolder(session, name);
  const prepared: ReadyMessage[] = [];
  for (const item of items) prepared.push(await prepare(session, entry, item, messages));
  const [first] = prepared;
  const uids =
    prepared.length === 1 && first
      ? await appendOne(session, targetOf(entry), first)
      : await appendMessages(session.context.store, targetOf(entry), prepared);
  await session.tellChanges(true);
  session.respond(`${tag} OK ${appendUid(entry, uids)}APPEND done`);
};

/** REPLACE and UID REPLACE (RFC 8508): the new message is there and the old one gone, or neither. */
export const replace =
  (byUid: boolean): CommandHandler =>
  async (session, tag, args, { messages }) => {
    const set = args.sequenceSet();
    args.space();
    const name = args.astring();
    args.space();
    const item = parseAppendItem(args);
    args.end();
    const { mailbox } = session;
    if (!mailbox) return;
    requireWritable(mailbox);
    requireRights(mailbox.entry, RIGHT.DELETE_ALL);
    const [uid, ...more] = mailbox.select(set, byUid);
    if (uid === undefined || more.length > 0) throw new PamojaError('NOT_FOUND', 'one message can be replaced');
    const entry = await targetFolder(session, name);
    const prepared = await prepare(session, entry, item, messages);
    const { store } = session.context;
    const sameStore = entry.tree.ref.store === mailbox.ref.store;
    const uids = await appendMessages(
      store,
      targetOf(entry),
      [prepared],
      sameStore ? { folder: mailbox.folder, uid } : undefined,
    );
    if (!sameStore) await expungeMessages(store, mailbox.ref, mailbox.folder, [uid], false);
    // RFC 8508 §3.3: the uid of the new message is told before the old one's end.
    const code = appendUid(entry, uids);
    if (code) session.respond(`* OK ${code}the replacement is there`);
    await session.tellChanges(true);
    session.respond(`${tag} OK REPLACE done`);
  };

interface ReadyMessage {
  message: PreparedMessage;
  flags: MessageFlags;
}

const targetOf = ({ tree, folder }: NamedFolder): AppendTarget => ({
  ref: tree.ref,
  folder: folder.id,
  hardQuota: tree.owner?.hardQuota ?? 0,
});

/** A single message shares its transaction with others that come at the same moment. */
async function appendOne(
  session: ImapSession,
  { ref, folder, hardQuota }: AppendTarget,
  { message, flags }: ReadyMessage,
): Promise<(Uid | undefined)[]> {
  const { store } = session.context;
  const [outcome] = await deliver(store, message, [{ ...ref, folder, id: newGuid(store.clock()), hardQuota }], {
    flags,
  });
  return [uidOfStored(outcome)];
}

/** RFC 4315 §3; nothing where a uid is not known, since a lost connection hid it. */
function appendUid({ folder }: NamedFolder, uids: readonly (Uid | undefined)[]): string {
  const known = uids.filter((uid) => uid !== undefined);
  return known.length === uids.length ? `[APPENDUID ${folder.uidValidity} ${encodeSequenceSet(known)}] ` : '';
}

async function prepare(
  session: ImapSession,
  entry: NamedFolder,
  item: AppendItem,
  spools: readonly MessageSpool[],
): Promise<ReadyMessage> {
  // RFC 6855 §4: only who has enabled it may send UTF-8 in a header.
  if (item.utf8 && !session.utf8) throw new ImapSyntaxError('UTF8 is enabled first');
  const { store } = session.context;
  const [only, ...others] = item.parts;
  const single = only && 'text' in only && others.length === 0 ? spools[only.text] : undefined;
  const message = single ?? (await catenate(session, item, spools));
  try {
    // RFC 3502 §3: an empty message takes the whole command back.
    if (message.size === 0) throw new PamojaError('INVALID_PARAMETER', 'an empty message is none');
    if (message.size > store.options.imap_max_messagesize) throw new PamojaError('TOO_BIG', 'the message is too big');
    const prepared = await prepareMessage(
      store,
      entry.tree.ref.tenant,
      message,
      message.finish(),
      item.receivedAt ?? store.clock(),
    );
    return { message: prepared, flags: changeFlags(NO_FLAGS, 'set', permittedFlags(entry.rights, item.flags)) };
  } finally {
    if (!single) await message.dispose();
  }
}

/** RFC 4469: the pieces one after another. */
async function catenate(
  session: ImapSession,
  { parts }: AppendItem,
  spools: readonly MessageSpool[],
): Promise<MessageSpool> {
  const { imap_max_messagesize: most } = session.context.store.options;
  const whole = new MessageSpool();
  const add = async (bytes: Buffer): Promise<void> => {
    if (whole.size + bytes.length > most) throw new PamojaError('TOO_BIG', 'the message is too big');
    await whole.write(Buffer.from(bytes));
  };
  try {
    for (const part of parts) {
      if ('url' in part) for await (const chunk of readUrl(session, part.url)) await add(chunk);
      else {
        const text = spools[part.text];
        if (text) for await (const chunk of text.read(0, text.size)) await add(chunk);
      }
    }
    return whole;
  } catch (error) {
    await whole.dispose();
    throw error;
  }
}

/** What an IMAP URL names, which the session must be able to read itself. Throws BadUrl. */
async function* readUrl(session: ImapSession, text: string): AsyncIterable<Buffer> {
  const url = parse(text);
  const { context, mailbox } = session;
  const { login } = session.requireAccount();
  if (url.user !== undefined && url.user.toLowerCase() !== login.toLowerCase()) throw new BadUrl(text);
  const entry = url.mailbox === undefined ? mailbox?.entry : await readable(session, url.mailbox, text);
  if (!entry || (url.uidValidity !== undefined && url.uidValidity !== entry.folder.uidValidity)) throw new BadUrl(text);
  const uid = url.uid as Uid;
  for await (const [, content] of openContents(context.store, entry.tree.ref, entry.folder.id, [uid])) {
    const section = await openSection(content, url.section, url.partial);
    if (!section) throw new BadUrl(text);
    yield* section.read();
    return;
  }
  throw new BadUrl(text);
}

function parse(text: string): ReturnType<typeof parseMessageUrl> {
  try {
    return parseMessageUrl(text);
  } catch (error) {
    if (error instanceof ImapSyntaxError) throw new BadUrl(text);
    throw error;
  }
}

async function readable(session: ImapSession, mailbox: string, url: string): Promise<NamedFolder> {
  try {
    return await requireFolder(session, utf8Bytes(mailbox), RIGHT.READ);
  } catch (error) {
    if (PamojaError.is(error, 'NOT_FOUND', 'NO_ACCESS', 'INVALID_PARAMETER')) throw new BadUrl(url);
    throw error;
  }
}
