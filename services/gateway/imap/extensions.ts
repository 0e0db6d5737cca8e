import { ImapSyntaxError } from '../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from './commands.ts';

/** Extensions that change what a client is told without being asked; they count from when the client has enabled them. */
export type Extension = 'CONDSTORE' | 'QRESYNC';

const EXTENSIONS: readonly Extension[] = ['CONDSTORE', 'QRESYNC'];

/** RFC 5161; what is not known is passed over. */
export const enable: CommandHandler = (session, _tag, args) => {
  const names = [args.atom()];
  while (args.skip(' ')) names.push(args.atom());
  args.end();
  // RFC 5161 §3.1 and RFC 7162 §3.2.3: not while a mailbox is selected that was opened without.
  const wanted = EXTENSIONS.filter((each) => names.some((name) => name.toUpperCase() === each));
  if (session.mailbox && wanted.includes('QRESYNC') && !session.enabled.has('QRESYNC'))
    throw new ImapSyntaxError('QRESYNC is enabled before a mailbox is selected');
  const added = wanted.filter((each) => !session.enabled.has(each));
  for (const each of wanted) session.enable(each);
  session.respond(['* ENABLED', ...added].join(' '));
};
