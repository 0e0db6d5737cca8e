import { ImapSyntaxError } from '../../../../shared/protocol/imap/syntax-error.ts';
import type { CommandHandler } from '../command.ts';
import { compressConnection } from '../compression.ts';

/** RFC 4978 */
export const compressCommand: CommandHandler = async ({ connection, output }, args, { tag }) => {
  const algorithm = args.atom().toUpperCase();
  args.end();
  if (algorithm !== 'DEFLATE') throw new ImapSyntaxError(`${algorithm} is not offered`);
  if (connection.isCompressed)
    return output.respond(`${tag} NO [COMPRESSIONACTIVE] the connection is compressed already`);
  await output.respondNow(`${tag} OK DEFLATE active`);
  connection.compress(compressConnection);
};
