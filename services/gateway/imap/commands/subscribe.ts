import { subscribe, unsubscribe } from '../../../../shared/store/folders/mailbox-subscriptions.ts';
import type { CommandHandler } from '../command.ts';
import { findFolder, pathOf, requireFolder } from '../mailbox-tree.ts';
import { placeOf } from '../subscriptions.ts';

/** RFC 3501 §6.3.6; a mailbox of that name must exist. */
export const subscribeCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.end();
  const entry = await requireFolder(session, name);
  await subscribe(session.context.store, session.login.requireAccount(), placeOf(entry), entry.tree.prefix === '');
};

/** RFC 3501 §6.3.7; also for a name that no mailbox has any more. */
export const unsubscribeCommand: CommandHandler = async (session, args) => {
  const name = args.astring();
  args.end();
  const entry = await findFolder(session, name);
  const path = entry?.path ?? pathOf(session, name);
  const place = entry && placeOf(entry);
  const { store } = session.context;
  const ended = await unsubscribe(store, session.login.requireAccount(), path, place, entry?.tree.prefix === '');
  // Neither a subscription nor a mailbox: the answer is NONEXISTENT.
  if (!ended && !entry) await requireFolder(session, name);
};
