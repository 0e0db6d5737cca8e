import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MSGSTATUS } from '../../shared/mapi/message-flags.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import { newGuid } from '../../shared/store/engine/ids.ts';
import { FLAG } from '../../shared/store/messages/flags.ts';
import { messageById } from '../../shared/store/messages/message-facts.ts';
import { setMessageStatus } from '../../shared/store/messages/message-status.ts';
import { saveMessage } from '../../shared/store/messages/save-message.ts';
import { setMessageFlags } from '../../shared/store/messages/set-message-flags.ts';
import { deliverTo, openTestStore, problems, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

describe('a message that is saved', () => {
  it('keeps the flags and the status that it got after the client had read it', async () => {
    const mailbox = await store.mailbox('flags@save.test');
    const id = newGuid(store.clock());
    await deliverTo(store, [mailbox], 'Subject: read before\r\n\r\ntext', { id });
    const read = await messageById(store.db, mailbox, id);
    // An IMAP client and another MAPI client change it between that and the lock of the save.
    await setMessageFlags(store, mailbox, mailbox.inbox, [read.uid], { how: 'add', flags: FLAG.SEEN, keywords: [] });
    await setMessageStatus(store, await messageById(store.db, mailbox, id), MSGSTATUS.DELMARKED, MSGSTATUS.DELMARKED);
    const { facts } = await saveMessage(store, mailbox, {
      folder: mailbox.inbox,
      id,
      change: {
        type: OBJECT.MESSAGE,
        id: 1,
        deleted: false,
        set: new Map([[PR.ICON_INDEX, 1]]),
        removed: [],
        children: [],
      },
      associated: false,
      syncId: 0,
      hardQuota: 0,
      modifier: { name: mailbox.login, entryId: Buffer.alloc(0) },
      there: { message: read, content: undefined },
    });
    const saved = await messageById(store.db, mailbox, id);
    expect(saved).toMatchObject({ flags: FLAG.SEEN | FLAG.DELETED, status: MSGSTATUS.DELMARKED, uid: read.uid });
    expect(facts).toMatchObject({ flags: saved.flags, status: saved.status });
    expect(await problems(store)).toEqual([]);
  });
});
