import { PamojaError } from '../../../shared/mapi/error.ts';
import { MessageSpool } from '../../../shared/net/message-spool.ts';
import type { AppendItem } from '../../../shared/protocol/imap/append-items.ts';
import { encodeSequenceSet } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import { type PreparedMessage, prepareMessage } from '../../../shared/store/content/prepare-message.ts';
import type { Uid } from '../../../shared/store/engine/ids.ts';
import type { AppendTarget } from '../../../shared/store/messages/append-messages.ts';
import { changeFlags, type MessageFlags, NO_FLAGS } from '../../../shared/store/messages/flags.ts';
import { permittedFlags } from './flag-rights.ts';
import { readMessageUrl } from './message-url.ts';
import type { NamedFolder } from './named-folder.ts';
import type { ImapSession } from './session.ts';

// What APPEND and REPLACE have in common: a message of the client's literals and of parts of other messages, ready to be stored.

export interface MessageUpload {
  message: PreparedMessage;
  flags: MessageFlags;
}

export const appendTarget = ({ tree, folder }: NamedFolder): AppendTarget => ({
  ref: tree.ref,
  folder: folder.id,
  hardQuota: tree.owner?.hardQuota ?? 0,
});

/** The APPENDUID response code (RFC 4315 §3); '' where a uid is unknown because the connection to the database was lost. */
export function appendUid({ folder }: NamedFolder, uids: readonly (Uid | undefined)[]): string {
  const known = uids.filter((uid) => uid !== undefined);
  return known.length === uids.length ? `[APPENDUID ${folder.uidValidity} ${encodeSequenceSet(known)}] ` : '';
}

/** Prepares one message of the command; `spools` are the command's literals. */
export async function prepareUpload(
  session: ImapSession,
  entry: NamedFolder,
  item: AppendItem,
  spools: readonly MessageSpool[],
): Promise<MessageUpload> {
  // RFC 6855 §4: UTF-8 in a header only after UTF8=ACCEPT.
  if (item.utf8 && !session.extensions.utf8) throw new ImapSyntaxError('UTF8 is enabled first');
  const { store } = session.context;
  const [only, ...others] = item.parts;
  const single = only && 'text' in only && others.length === 0 ? spools[only.text] : undefined;
  const message = single ?? (await catenate(session, item, spools));
  try {
    // RFC 3502 §3: an empty message cancels the whole command.
    if (message.size === 0) throw new PamojaError('INVALID_PARAMETER', 'the message is empty');
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

/** Joins the parts of a message (RFC 4469). */
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
      if ('url' in part) for await (const chunk of readMessageUrl(session, part.url)) await add(chunk);
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
