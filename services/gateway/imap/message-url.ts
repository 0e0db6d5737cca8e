import { PamojaError } from '../../../shared/mapi/error.ts';
import { parseMessageUrl } from '../../../shared/protocol/imap/imap-url.ts';
import { utf8Bytes } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { Uid } from '../../../shared/store/engine/ids.ts';
import { RIGHT } from '../../../shared/store/folders/rights.ts';
import { openContents } from '../../../shared/store/messages/message-content.ts';
import { BadUrl } from './error-responses.ts';
import { openSection } from './fetch/message-section.ts';
import { requireFolder } from './mailbox-tree.ts';
import type { NamedFolder } from './named-folder.ts';
import type { ImapSession } from './session.ts';

/** Reads the message or part that an IMAP URL names (RFC 5092), with the rights of the session. Throws BadUrl. */
export async function* readMessageUrl(session: ImapSession, text: string): AsyncIterable<Buffer> {
  const url = parse(text);
  const { context, mailbox } = session;
  const { login } = session.login.requireAccount();
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
