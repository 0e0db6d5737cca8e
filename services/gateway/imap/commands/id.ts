import { parseIdFields } from '../../../../shared/protocol/imap/id-fields.ts';
import { encodeString } from '../../../../shared/protocol/imap/strings.ts';
import type { CommandHandler } from '../command.ts';

/** RFC 2971: names the server; the client's own fields are not kept. */
export const idCommand: CommandHandler = ({ output }, args) => {
  parseIdFields(args);
  args.end();
  output.respond(`* ID ("name" ${encodeString('Pamoja')})`);
};
