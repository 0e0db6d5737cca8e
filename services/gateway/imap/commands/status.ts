import { RIGHT } from '../../../../shared/store/folders/rights.ts';
import type { CommandHandler } from '../command.ts';
import { requireFolder } from '../mailbox-tree.ts';
import { parseStatusItems, statusLine } from '../status-response.ts';

/** RFC 3501 §6.3.10 */
export const statusCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.space();
  const items = parseStatusItems(args);
  args.end();
  session.output.respond(await statusLine(session, await requireFolder(session, name, RIGHT.READ), items));
};
