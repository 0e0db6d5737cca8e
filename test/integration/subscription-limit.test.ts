import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SUBSCRIBED, setAnnotations } from '../../shared/store/folders/annotations.ts';
import { folderById } from '../../shared/store/folders/folder.ts';
import {
  adoptOwn,
  adoptShared,
  subscribe,
  subscriptionsOf,
  unsubscribe,
} from '../../shared/store/folders/mailbox-subscriptions.ts';
import { type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

const LIMIT = 10_000;

let store: TestStore;
let mailbox: Mailbox;
let other: Mailbox;

beforeAll(async () => {
  store = await openTestStore();
  mailbox = await store.mailbox('full@sub.test');
  other = await store.mailbox('other@sub.test');
  const names = [...(await subscriptionsOf(store.db, mailbox))];
  const missing = Array.from({ length: LIMIT - names.length }, (_, i) => `name ${i}`);
  for (let i = 0; i < missing.length; i += 1000)
    await store.db
      .insertInto('subscriptions')
      .values(
        missing.slice(i, i + 1000).map((name) => ({
          tenant_id: mailbox.tenant,
          user_id: mailbox.user,
          name_hash: createHash('sha256').update(name).digest(),
          name,
        })),
      )
      .execute();
});
afterAll(() => store.close());

const inbox = ({ tenant, store: id, inbox: folder }: Mailbox, name: string) => ({
  ref: { tenant, store: id },
  folder,
  name,
});

const markOfInbox = async (): Promise<string | undefined> => {
  const row = await store.db
    .selectFrom('folders')
    .select('subscribed_as')
    .where('tenant_id', '=', mailbox.tenant)
    .where('id', '=', (await folderById(store.db, mailbox, mailbox.inbox)).id)
    .executeTakeFirst();
  return row?.subscribed_as?.toString('hex');
};

const count = async (): Promise<number> => (await subscriptionsOf(store.db, mailbox)).size;

describe('a user with as many subscriptions as there may be', () => {
  it('is refused one more, which leaves no row', async () => {
    const before = await markOfInbox();
    await expect(subscribe(store, mailbox, inbox(mailbox, 'one more'), true)).rejects.toMatchObject({
      code: 'TOO_COMPLEX',
    });
    expect(await count()).toBe(LIMIT);
    expect(await markOfInbox()).toBe(before);
  });

  it('may subscribe again to a name that is subscribed already', async () => {
    await subscribe(store, mailbox, inbox(mailbox, 'name 1'), true);
    expect(await count()).toBe(LIMIT);
  });

  it('gets no more of folders that other protocols make or rename, until there is room', async () => {
    const own = { ...inbox(mailbox, 'renamed'), subscribedAs: null };
    await setAnnotations(store, inbox(other, ''), [
      { user: mailbox.user, name: SUBSCRIBED, value: Buffer.from('another name') },
    ]);
    const shared = inbox(other, 'Other Users/other');
    await adoptOwn(store, mailbox, mailbox, [own]);
    await adoptShared(store, mailbox, [shared]);
    expect(await count()).toBe(LIMIT);
    for (const name of ['name 2', 'name 3']) await unsubscribe(store, mailbox, name, undefined, true);
    await adoptOwn(store, mailbox, mailbox, [own]);
    await adoptShared(store, mailbox, [shared]);
    const names = await subscriptionsOf(store.db, mailbox);
    expect(names.size).toBe(LIMIT);
    expect(names.has('renamed') && names.has('Other Users/other')).toBe(true);
  });
});
