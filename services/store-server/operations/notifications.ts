import { locate } from '../../../shared/access/locate.ts';
import { PamojaError } from '../../../shared/mapi/error.ts';
import { folderEntryId } from '../../../shared/store/folders/entry-ids.ts';
import { subscribeToNotifications } from '../subscriptions.ts';
import type { Operations } from './operation.ts';

export const notificationOperations: Operations<
  | 'notify'
  | 'notifySubscribe'
  | 'notifySubscribeMulti'
  | 'notifyUnSubscribe'
  | 'notifyUnSubscribeMulti'
  | 'notifyGetItems'
> = {
  /** A delivery agent reports new mail. The change feed has told clients of it already, so the call only checks that the message exists. */
  async notify(call, { sNotification }) {
    const mail = sNotification?.newmail;
    if (!mail?.pEntryId) throw new PamojaError('INVALID_PARAMETER', 'only new mail is told of');
    const located = await locate(call.context.store, call.session.caller, mail.pEntryId);
    if (!located.owner) throw new PamojaError('NO_ACCESS', 'not your store');
    if (
      located.kind === 'message' &&
      mail.pParentId &&
      !folderEntryId(located.store, located.folder).equals(mail.pParentId)
    )
      throw new PamojaError('NOT_FOUND', 'the message is in another folder');
    return { er: 0 };
  },

  async notifySubscribe(call, { notifySubscribe }) {
    if (!notifySubscribe) throw new PamojaError('INVALID_PARAMETER', 'the subscription is missing');
    await subscribeToNotifications(call, notifySubscribe);
    return { result: 0 };
  },

  async notifySubscribeMulti(call, { notifySubscribeArray }) {
    for (const wanted of notifySubscribeArray ?? []) await subscribeToNotifications(call, wanted);
    return { result: 0 };
  },

  async notifyUnSubscribe({ session }, { ulConnection }) {
    session.group.unsubscribe(ulConnection);
    return { result: 0 };
  },

  async notifyUnSubscribeMulti({ session }, { ulConnectionArray }) {
    for (const connection of ulConnectionArray ?? []) session.group.unsubscribe(connection);
    return { result: 0 };
  },

  async notifyGetItems({ session, signal }) {
    const items = await session.group.take(session, signal);
    return { ...(items.length > 0 ? { pNotificationArray: items } : {}), er: 0 };
  },
};
