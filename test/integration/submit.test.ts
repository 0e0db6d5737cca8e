import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Caller, callerOf } from '../../shared/access/caller.ts';
import type { LocatedMessage } from '../../shared/access/locate.ts';
import { dbSource } from '../../shared/directory/sources/db-source.ts';
import { PamojaError } from '../../shared/mapi/error.ts';
import { MSGFLAG } from '../../shared/mapi/message-flags.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { silentLog } from '../../shared/platform/log.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { messageInStoreOf, messageInStoreStatement } from '../../shared/store/messages/entry-id-lookup.ts';
import { openContentsById } from '../../shared/store/messages/message-content.ts';
import { messagesByIds } from '../../shared/store/messages/message-facts.ts';
import { openMessage } from '../../shared/store/messages/open-message.ts';
import { saveMessage } from '../../shared/store/messages/save-message.ts';
import { claimOutgoing } from '../../shared/store/outgoing/outgoing-queue.ts';
import { storeOfUser } from '../../shared/store/stores/stores.ts';
import { type SavedSubmissionContext, submitSavedMessage } from '../../shared/submission/submit-saved-message.ts';
import { folderOf, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** `limit` is called where a submission is counted, before it changes anything. */
const contextOf = (limit: () => Promise<boolean> = async () => true): SavedSubmissionContext => ({
  store,
  directory: dbSource(store.db, store.options),
  hourlyLimit: { take: limit },
  enqueuer: { wake: () => {} },
  log: silentLog,
});

const callerOfMailbox = ({ tenant, user }: Mailbox): Promise<Caller> => callerOf(store, { tenant, id: user }, []);

/** A message as a client saves one that is to be sent. */
async function draftOf(mailbox: Mailbox): Promise<LocatedMessage> {
  const own = await storeOfUser(store.db, mailbox.tenant, mailbox.user);
  if (!own) throw new Error('the user has no store');
  const id = newGuid(store.clock());
  const recipient = new Map([[PR.SMTP_ADDRESS, 'to@out.test'] as const]);
  await saveMessage(store, mailbox, {
    folder: (await folderOf(store, mailbox, 'drafts')).id,
    id,
    change: {
      type: OBJECT.MESSAGE,
      id: 0,
      deleted: false,
      set: new Map<number, string | number>([
        [PR.SUBJECT, 'sent once'],
        [PR.MESSAGE_FLAGS, MSGFLAG.UNSENT],
      ]),
      removed: [],
      children: [{ type: OBJECT.MAIL_USER, id: 0, deleted: false, set: recipient, removed: [], children: [] }],
    },
    associated: false,
    syncId: 0,
    hardQuota: 0,
    modifier: { name: mailbox.login, entryId: Buffer.alloc(0) },
  });
  const [row] = await messageInStoreStatement(store.db, [mailbox.tenant], own.guid, id, false).execute();
  return { kind: 'message', owner: true, rights: 0x5fb, ...messageInStoreOf(row) };
}

const flagsOf = async ({ store: ref, message }: LocatedMessage): Promise<number> => {
  const [facts] = await messagesByIds(store.db, ref, [message.id]);
  if (!facts) throw new Error('the message is gone');
  return Number((await openMessage(store, facts)).object.properties.get(PR.MESSAGE_FLAGS));
};

describe('a message that is submitted', () => {
  it('several times at once is queued once, with the bytes and the flags that it has then', async () => {
    const mailbox = await store.mailbox('twice@submit.test');
    const caller = await callerOfMailbox(mailbox);
    for (let round = 0; round < 5; round++) {
      const draft = await draftOf(mailbox);
      // All have seen that it is not queued before the first one goes on.
      let waiting = 0;
      let goOn: () => void = () => {};
      const all = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const limit = async () => {
        if (++waiting === 3) goOn();
        await all;
        return true;
      };
      const outcomes = await Promise.allSettled(
        [1, 2, 3].map(() => submitSavedMessage(contextOf(limit), caller, draft)),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const outcome of outcomes)
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'SUBMITTED' });
      const [queued] = await claimOutgoing(store, mailbox.tenant, [{ ...draft.message }], 1000);
      const content = (await openContentsById(store, mailbox.tenant, [draft.message])).get(draft.message)?.();
      expect(queued?.bytesId).toEqual(content?.bytesId);
      expect((await flagsOf(draft)) & (MSGFLAG.SUBMIT | MSGFLAG.UNSENT)).toBe(MSGFLAG.SUBMIT);
    }
  });

  it('and refused stays the draft that it was', async () => {
    const mailbox = await store.mailbox('refused@submit.test');
    const draft = await draftOf(mailbox);
    const small = { ...store, options: { ...store.options, lmtp_max_header_size: 10 } };
    const caller = await callerOfMailbox(mailbox);
    await expect(submitSavedMessage({ ...contextOf(), store: small }, caller, draft)).rejects.toMatchObject({
      code: 'TOO_BIG',
    });
    expect((await flagsOf(draft)) & (MSGFLAG.SUBMIT | MSGFLAG.UNSENT)).toBe(MSGFLAG.UNSENT);
  });

  it('is not queued where the hourly limit cannot be counted, and stays a draft', async () => {
    const mailbox = await store.mailbox('limit@submit.test');
    const draft = await draftOf(mailbox);
    const context = contextOf(() => Promise.reject(new PamojaError('NETWORK_ERROR', 'DynamoDB is unreachable')));
    await expect(submitSavedMessage(context, await callerOfMailbox(mailbox), draft)).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
    });
    expect(await claimOutgoing(store, mailbox.tenant, [{ ...draft.message }], 1000)).toEqual([]);
    expect((await flagsOf(draft)) & (MSGFLAG.SUBMIT | MSGFLAG.UNSENT)).toBe(MSGFLAG.UNSENT);
  });
});
