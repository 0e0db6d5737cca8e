import { EVENTS, parseNotify } from '../../../../shared/protocol/imap/notify-events.ts';
import type { CommandHandler } from '../command.ts';
import { BadEvent } from '../error-responses.ts';
import { Notifications } from '../notifications.ts';
import { sendUpdates } from '../untagged-updates.ts';

/** RFC 5465 §3: replaces the request before. */
export const notifyCommand: CommandHandler = async (session, args) => {
  const request = parseNotify(args);
  args.end();
  if (request?.groups.some(({ unknown }) => unknown.length > 0)) throw new BadEvent(EVENTS);
  session.notifications?.stop();
  session.notifications = request && (await Notifications.start(session, request));
  await sendUpdates(session, true);
};
