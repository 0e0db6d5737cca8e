import { parseIdFields } from '../../../../shared/protocol/imap/id-fields.ts';
import { encodeString } from '../../../../shared/protocol/imap/strings.ts';
import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command-table.ts';
import { encodePath, OTHER_USERS, PUBLIC_FOLDERS } from '../mailbox-tree.ts';

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
  parseIdFields(args);
  args.end();
  session.respond(`* ID ("name" ${encodeString('Pamoja')})`);
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

/** RFC 2342: the user's own mailboxes, those of other users who share some, and the public ones of the company. */
export const namespace: CommandHandler = (session, _tag, args) => {
  args.end();
  const shared = session.context.store.options.imap_public_folders
    ? `((${encodePath(session, PUBLIC_FOLDERS)} "/"))`
    : 'NIL';
  session.respond(`* NAMESPACE (("" "/")) ((${encodePath(session, OTHER_USERS)} "/")) ${shared}`);
};

/** RFC 5255 §4.7: i;unicode-casemap is the one comparator there is. */
export const comparator: CommandHandler = (session, _tag, args) => {
  if (args.atEnd()) return session.respond('* COMPARATOR "i;unicode-casemap"');
  const names = [args.astring()];
  while (args.skip(' ')) names.push(args.astring());
  args.end();
  if (!names.some((name) => /^(i;unicode-casemap|\*|default)$/i.test(name)))
    throw new ImapSyntaxError('i;unicode-casemap is the comparator');
  session.respond('* COMPARATOR "i;unicode-casemap"');
};
