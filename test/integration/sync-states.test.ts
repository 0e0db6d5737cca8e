import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hookStore, unhookStore } from '../../shared/directory/entries/orphans.ts';
import { storeGuid } from '../../shared/store/stores/store-guid.ts';
import { createSync, findSyncs } from '../../shared/store/stores/sync-states.ts';
import { type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

const begin = ({ tenant, store: id, user }: Mailbox, by = user): Promise<number> =>
  createSync(store, { tenant, store: id, user: by, sourceKey: Buffer.alloc(0), changeType: 1, changeId: 0 });

describe('a synchronisation', () => {
  it('is deleted when the store is detached from its user, while those of other users stay', async () => {
    const [owner, other] = [await store.mailbox('owner@taken.test'), await store.mailbox('other@taken.test')];
    const [taken, kept] = [await begin(owner), await begin(other)];
    await unhookStore(store.db, owner.tenant, owner.login);
    expect(await findSyncs(store, owner.tenant, owner.user, [taken])).toEqual([]);
    expect(await findSyncs(store, other.tenant, other.user, [kept])).toHaveLength(1);
  });

  it('of an orphaned store is deleted when a user gets the store', async () => {
    const [owner, heir] = [await store.mailbox('owner@given.test'), await store.mailbox('heir@given.test')];
    const guid = await storeGuid(store.db, owner);
    await unhookStore(store.db, owner.tenant, owner.login);
    const kept = await begin(owner);
    await unhookStore(store.db, heir.tenant, heir.login);
    await hookStore(store.db, owner.tenant, guid, heir.login);
    expect(await findSyncs(store, owner.tenant, owner.user, [kept])).toEqual([]);
  });
});
