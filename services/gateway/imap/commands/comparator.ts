import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command.ts';

/** RFC 5255 §4.7: i;unicode-casemap is the only comparator. */
export const comparatorCommand: CommandHandler = ({ output }, args) => {
  if (args.atEnd()) return output.respond('* COMPARATOR "i;unicode-casemap"');
  const names = [args.astring()];
  while (args.skip(' ')) names.push(args.astring());
  args.end();
  if (!names.some((name) => /^(i;unicode-casemap|\*|default)$/i.test(name)))
    throw new ImapSyntaxError('i;unicode-casemap is the only comparator');
  output.respond('* COMPARATOR "i;unicode-casemap"');
};
