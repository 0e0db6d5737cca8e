import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Call } from '../../services/store-server/operations/operation.ts';
import { storeOperations } from '../../services/store-server/operations/stores.ts';
import { addressBookEntryId } from '../../shared/address-book/address-book-ids.ts';
import { inTransaction } from '../../shared/database/transaction.ts';
import { findUser } from '../../shared/directory/entries/entries.ts';
import { lockTenant } from '../../shared/directory/tenants/tenants.ts';
import { lockStatement } from '../../shared/store/engine/store-lock.ts';
import { storeOfUser } from '../../shared/store/stores/stores.ts';
import { giveStore, leaveStore, markStoreRemoved } from '../../shared/store/trees/store-ownership.ts';
import { deliverTo, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** A store that was used, and whose user has it no more. */
async function orphan(login: string): Promise<Mailbox> {
  const mailbox = await store.mailbox(login);
  await deliverTo(store, [mailbox], 'Subject: kept\r\n\r\ntext');
  await inTransaction(store.db, (tx) => leaveStore(tx, mailbox, login));
  return mailbox;
}

const give = (orphaned: Mailbox, { user, login }: Mailbox) =>
  inTransaction(store.db, (tx) => giveStore(tx, orphaned, { user, kind: 'private', name: login }));

/** An administrator of a tenant calls. */
const callOf = ({ tenant }: Mailbox): Call =>
  ({
    context: { store },
    session: { caller: { system: false, tenant, scope: [tenant], administers: [tenant] } },
  }) as unknown as Call;

async function guidOf({ tenant, user }: Mailbox): Promise<Buffer> {
  const found = await storeOfUser(store.db, tenant, user);
  if (!found) throw new Error('the user has no store');
  return found.guid;
}

describe('an orphaned store', () => {
  it('goes to one of two users to whom it is given at the same time; the other is refused and keeps the own store', async () => {
    const orphaned = await orphan('left@hook.test');
    const people = [await store.mailbox('first@hook.test'), await store.mailbox('second@hook.test')];
    const outcomes = await Promise.allSettled(people.map((person) => give(orphaned, person)));
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed).toMatchObject([{ reason: { code: 'COLLISION' } }]);
    const stores = await Promise.all(people.map(({ tenant, user }) => storeOfUser(store.db, tenant, user)));
    expect(stores.map((each) => each?.store === orphaned.store).sort()).toEqual([false, true]);
    expect(stores.every((each) => each !== undefined)).toBe(true);
  });

  it('that has a user by now is not marked for removal', async () => {
    const orphaned = await orphan('taken@hook.test');
    const owner = await store.mailbox('owner@hook.test');
    await give(orphaned, owner);
    await expect(markStoreRemoved(store, orphaned)).rejects.toMatchObject({ code: 'COLLISION' });
    expect(await storeOfUser(store.db, owner.tenant, owner.user)).toMatchObject({ store: orphaned.store });
  });
});

describe('whether an administrator may give or take a store', () => {
  it('is checked and changed under one lock of the tenant', async () => {
    const orphaned = await store.mailbox('asked@hook.test');
    await deliverTo(store, [orphaned], 'Subject: kept\r\n\r\ntext');
    const guid = await guidOf(orphaned);
    await inTransaction(store.db, (tx) => leaveStore(tx, orphaned, 'asked@hook.test'));
    const owner = await store.mailbox('asks@hook.test');
    const entry = await findUser(store.db, [owner.tenant], { id: owner.user });
    const done: string[] = [];
    let hooked: Promise<unknown> = Promise.resolve();
    let tenantLock: Promise<unknown> = Promise.resolve();
    await inTransaction(store.db, async (tx) => {
      await lockStatement(tx, orphaned.tenant, [orphaned.store]).execute();
      const request = { ulStoreType: 0, sUserId: addressBookEntryId(entry), sStoreGuid: guid };
      hooked = storeOperations
        .hookStore(callOf(owner), request as Parameters<typeof storeOperations.hookStore>[1])
        .then(() => done.push('given'));
      await sleep(300);
      tenantLock = inTransaction(store.db, async (other) => {
        await lockTenant(other, owner.tenant);
        done.push('tenant locked');
      });
      await sleep(300);
      expect(done).toEqual([]);
    });
    await Promise.all([hooked, tenantLock]);
    expect([...done].sort()).toEqual(['given', 'tenant locked']);
    expect(await storeOfUser(store.db, owner.tenant, owner.user)).toMatchObject({ store: orphaned.store });
  });
});
