import { ABOUT_CALLER, type Checks } from './check.ts';
import { SECRET } from './values.ts';

/** Notifications. */
export const notificationChecks = {
  notify: {
    request: async ({ mailbox }) => ({
      sNotification: {
        ulConnection: 0,
        ulEventType: 2,
        newmail: {
          pEntryId: await mailbox.message(),
          pParentId: mailbox.inbox,
          lpszMessageClass: 'IPM.Note',
          ulMessageFlags: 0,
        },
      },
    }),
    holds: ({ er }) => er === 0,
  },
  notifySubscribe: {
    request: ({ mailbox }) => ({ notifySubscribe: { ulConnection: 1, sKey: mailbox.inbox, ulEventMask: 0x10 } }),
    holds: async (_answer, _values, { anna, mailbox }) => {
      await mailbox.message();
      const { pNotificationArray } = await anna.call('notifyGetItems', {});
      return pNotificationArray?.some(({ ulConnection }) => ulConnection === 1) === true;
    },
  },
  notifySubscribeMulti: {
    request: async ({ mailbox }) => ({
      notifySubscribeArray: [{ ulConnection: 2, sKey: await mailbox.folder(), ulEventMask: 0x10 }],
    }),
    holds: async (_answer, { notifySubscribeArray }, { anna, mailbox }) => {
      await mailbox.message(SECRET, notifySubscribeArray?.[0]?.sKey as Buffer);
      for (let tries = 0; tries < 5; tries++) {
        const { pNotificationArray } = await anna.call('notifyGetItems', {});
        if (pNotificationArray?.some(({ ulConnection }) => ulConnection === 2)) return true;
      }
      return false;
    },
  },
  notifyUnSubscribe: {
    request: () => ({ ulConnection: 1 }),
    holds: ({ result }) => result === 0,
    open: ABOUT_CALLER,
    public: ABOUT_CALLER,
  },
  notifyUnSubscribeMulti: {
    request: () => ({ ulConnectionArray: [2] }),
    holds: ({ result }) => result === 0,
    open: ABOUT_CALLER,
    public: ABOUT_CALLER,
  },
  notifyGetItems: {
    request: async ({ anna, mailbox }) => {
      await anna.call('notifySubscribe', {
        notifySubscribe: { ulConnection: 3, sKey: mailbox.full, ulEventMask: 0x10 },
      });
      await mailbox.message(SECRET, mailbox.full);
      return {};
    },
    holds: ({ er, pNotificationArray }) => er === 0 && (pNotificationArray ?? []).length > 0,
    open: 'a session gets the notifications that it has subscribed to',
    public: 'a session gets the notifications that it has subscribed to',
  },
} satisfies Checks;
