import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command-table.ts';

/** Extensions that change what a client is told without being asked; they count from when the client has enabled them. */
export type Extension = 'CONDSTORE' | 'QRESYNC' | 'UTF8=ACCEPT' | 'IMAP4REV2' | 'METADATA' | 'METADATA-SERVER';

const EXTENSIONS: Record<Extension, string> = {
  CONDSTORE: 'CONDSTORE',
  QRESYNC: 'QRESYNC',
  'UTF8=ACCEPT': 'UTF8=ACCEPT',
  IMAP4REV2: 'IMAP4rev2',
  METADATA: 'METADATA',
  'METADATA-SERVER': 'METADATA-SERVER',
};

/** Those that change how a mailbox is told about: they are enabled before one is selected. */
const BEFORE_SELECT: readonly Extension[] = ['QRESYNC', 'UTF8=ACCEPT', 'IMAP4REV2'];

/** RFC 5161; what is not known is passed over. */
export const enable: CommandHandler = (session, _tag, args) => {
  const names = [args.atom().toUpperCase()];
  while (args.skip(' ')) names.push(args.atom().toUpperCase());
  args.end();
  const wanted = (Object.keys(EXTENSIONS) as Extension[]).filter((each) => names.includes(each));
  // RFC 5161 §3.1, RFC 7162 §3.2.3 and RFC 6855 §3: not while a mailbox is selected that was opened without.
  const late = wanted.find((each) => BEFORE_SELECT.includes(each) && !session.enabled.has(each));
  if (session.mailbox && late) throw new ImapSyntaxError(`${late} is enabled before a mailbox is selected`);
  const added = wanted.filter((each) => !session.enabled.has(each));
  session.respond(['* ENABLED', ...added.map((each) => EXTENSIONS[each])].join(' '));
  for (const each of wanted) session.enable(each);
};
