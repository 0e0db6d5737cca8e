import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FilledStore, fillStore } from '../../scripts/plans/filled-store.ts';
import { compareValues } from '../../shared/mapi/compare.ts';
import type { Uid } from '../../shared/store/engine/ids.ts';
import { type Folder, folderById } from '../../shared/store/folders/folder.ts';
import { ALL_RIGHTS } from '../../shared/store/folders/rights.ts';
import { expungeMessages } from '../../shared/store/messages/expunge-messages.ts';
import { VIEW } from '../../shared/store/messages/message-facts.ts';
import { type MapiStore, storeOfUser } from '../../shared/store/stores/stores.ts';
import { TextOrders } from '../../shared/store/tables/text-order.ts';
import { TextPages } from '../../shared/store/tables/text-pages.ts';
import { deliverTo, openTestStore, type TestStore } from '../support/test-store.ts';

const MESSAGES = 3_000;

let store: TestStore;
let mailbox: FilledStore;
let mapiStore: MapiStore;
let folder: Folder;
const orders = new TextOrders();

beforeAll(async () => {
  // One connection: the server counts the rows that a session reads.
  store = await openTestStore({}, { poolSize: 1 });
  mailbox = await fillStore(store, { messages: MESSAGES - 1, stores: 5 });
  const found = await storeOfUser(store.db, mailbox.tenant, mailbox.user);
  if (!found) throw new Error('unreachable: the user has a store');
  mapiStore = found;
  folder = await folderById(store.db, mailbox, mailbox.inbox);
});
afterAll(() => store.close());

const pagesIn = (descending: boolean) =>
  new TextPages(store.db, { store: mapiStore, folder, view: VIEW.LIVE, rights: ALL_RIGHTS, columns: [] }, orders, {
    by: 'subject',
    descending,
  });

async function sorted(descending: boolean): Promise<number[]> {
  const { rows } = await sql<{ uid: number; subject: string }>`SELECT uid, subject FROM messages
    WHERE tenant_id = ${mailbox.tenant} AND folder_id = ${folder.id} AND deleted = 0 ORDER BY arrival_uid`.execute(
    store.db,
  );
  const sign = descending ? -1 : 1;
  return rows.sort((a, b) => sign * compareValues(a.subject, b.subject)).map(({ uid }) => uid);
}

async function paged(descending: boolean): Promise<number[]> {
  const pages = pagesIn(descending);
  const count = await pages.count();
  const rows = await pages.at(0, 700);
  for (let last = rows.at(-1); last && rows.length < count; last = rows.at(-1))
    rows.push(...(await pages.after(last, 700)));
  return rows.map(({ facts }) => facts.uid);
}

async function reads(): Promise<number> {
  const { rows } = await sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Handler_read%'`.execute(store.db);
  return rows.reduce((sum, row) => sum + Number(row.Value), 0);
}

describe('a table of messages by subject', () => {
  it.each([false, true])(
    'has the same rows, page after page, as the folder sorted whole (descending: %s)',
    async (descending) => {
      expect(await paged(descending)).toEqual(await sorted(descending));
    },
  );

  it('follows added and deleted messages, and reads only these', async () => {
    await paged(false);
    for (const subject of ['subject 1500', 'ÄPFEL', '', 'Subject 7'])
      await deliverTo(store, [mailbox], `Subject: ${subject}\r\n\r\ntext\r\n`);
    await expungeMessages(store, mailbox, folder.id, [5, 17] as Uid[], false);
    const before = await reads();
    expect(await pagesIn(false).count()).toBe(MESSAGES + 2);
    expect((await reads()) - before).toBeLessThan(200);
    for (const descending of [false, true]) expect(await paged(descending)).toEqual(await sorted(descending));
  });

  it('finds the place of a row again, also of a deleted one', async () => {
    const pages = pagesIn(true);
    await pages.count();
    const [row] = await pages.at(1234, 1);
    if (!row) throw new Error('unreachable: there are more rows');
    expect(await pages.rank(row)).toEqual({ before: 1234, there: true });
    await expungeMessages(store, mailbox, folder.id, [row.facts.uid as Uid], false);
    expect(await pages.rank(row)).toEqual({ before: 1234, there: false });
  });

  it('fills a page with later rows where a message was deleted since the order was read', async () => {
    const pages = pagesIn(false);
    await pages.count();
    const shown = await pages.at(10, 4);
    await expungeMessages(store, mailbox, folder.id, [shown[1]?.facts.uid as Uid], false);
    const again = await pages.at(10, 3);
    expect(again.map(({ facts }) => facts.uid)).toEqual([0, 2, 3].map((i) => shown[i]?.facts.uid));
  });
});
