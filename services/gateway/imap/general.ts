import { encodeString } from '../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from './commands.ts';

export const capability: CommandHandler = (session, _tag, args) => {
  args.end();
  session.respond(`* CAPABILITY ${session.capabilities()}`);
};

/** RFC 3501 §6.1.2: all it does is tell what has changed. */
export const noop: CommandHandler = (_session, _tag, args) => args.end();

export const logout: CommandHandler = (session, _tag, args) => {
  args.end();
  session.bye('see you');
};

/** RFC 2971: who we are; what the client says of itself is not kept. */
export const id: CommandHandler = (session, _tag, args) => {
  if (args.peek() === '(') {
    args.list(() => args.nstring());
  } else args.nstring();
  args.end();
  session.respond(`* ID ("name" ${encodeString('Kopano Cloud')})`);
};

export const startTls: CommandHandler = async (session, tag, args) => {
  args.end();
  await session.startTls(tag);
};

/** RFC 4978; once is enough. */
export const compress: CommandHandler = async (session, tag, args) => {
  const algorithm = args.atom().toUpperCase();
  args.end();
  if (algorithm !== 'DEFLATE') throw new ImapSyntaxError(`${algorithm} is not offered`);
  if (session.isCompressed)
    return session.respond(`${tag} NO [COMPRESSIONACTIVE] the connection is compressed already`);
  await session.compress(tag);
};

/** RFC 2342: one personal namespace; none for other users' and shared mailboxes yet. */
export const namespace: CommandHandler = (session, _tag, args) => {
  args.end();
  session.respond('* NAMESPACE (("" "/")) NIL NIL');
};
