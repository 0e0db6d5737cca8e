import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command.ts';
import type { Extension } from '../enabled-extensions.ts';

/** The names as ENABLED has them. */
const EXTENSIONS: Record<Extension, string> = {
  CONDSTORE: 'CONDSTORE',
  QRESYNC: 'QRESYNC',
  'UTF8=ACCEPT': 'UTF8=ACCEPT',
  IMAP4REV2: 'IMAP4rev2',
  METADATA: 'METADATA',
  'METADATA-SERVER': 'METADATA-SERVER',
};

/** Extensions that change the responses about the selected mailbox: they are enabled before one is selected. */
const BEFORE_SELECT: readonly Extension[] = ['QRESYNC', 'UTF8=ACCEPT', 'IMAP4REV2'];

/** RFC 5161 §3.1: unknown extensions are ignored. */
export const enableCommand: CommandHandler = (session, args) => {
  const names = [args.atom().toUpperCase()];
  while (args.skip(' ')) names.push(args.atom().toUpperCase());
  args.end();
  const { extensions, mailbox, output } = session;
  const wanted = (Object.keys(EXTENSIONS) as Extension[]).filter((each) => names.includes(each));
  // RFC 5161 §3.1, RFC 7162 §3.2.3 and RFC 6855 §3: not while a mailbox is selected that was opened without the extension.
  const late = wanted.find((each) => BEFORE_SELECT.includes(each) && !extensions.has(each));
  if (mailbox && late) throw new ImapSyntaxError(`${late} is enabled before a mailbox is selected`);
  const added = wanted.filter((each) => !extensions.has(each));
  output.respond(['* ENABLED', ...added.map((each) => EXTENSIONS[each])].join(' '));
  for (const each of wanted) session.enable(each);
};
