import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fillStore } from '../../scripts/plans/filled-store.ts';
import { type Folder, folderById } from '../../shared/store/folders/folder.ts';
import { ALL_RIGHTS } from '../../shared/store/folders/rights.ts';
import { VIEW } from '../../shared/store/messages/message-facts.ts';
import { type MapiStore, storeOfUser } from '../../shared/store/stores/stores.ts';
import { MessagePages, type PageOrder } from '../../shared/store/tables/message-pages.ts';
import { openTestStore, type TestStore } from '../support/test-store.ts';

const MESSAGES = 9_000;
const PAGE = 50;
const ORDERS: [string, PageOrder][] = [
  ['newest first', { by: 'delivered_at', descending: true }],
  ['oldest first', { by: 'delivered_at', descending: false }],
  ['by uid', { by: 'uid', descending: false }],
  ['by uid, last first', { by: 'uid', descending: true }],
];

let store: TestStore;
let mapiStore: MapiStore;
let folder: Folder;

beforeAll(async () => {
  // One connection: the server counts the rows that a session reads.
  store = await openTestStore({}, { poolSize: 1 });
  const mailbox = await fillStore(store, { messages: MESSAGES - 1, stores: 5 });
  const found = await storeOfUser(store.db, mailbox.tenant, mailbox.user);
  if (!found) throw new Error('unreachable: the user has a store');
  mapiStore = found;
  folder = await folderById(store.db, mailbox, mailbox.inbox);
});
afterAll(() => store.close());

const pagesIn = (order: PageOrder) =>
  new MessagePages(store.db, { store: mapiStore, folder, view: VIEW.LIVE, rights: ALL_RIGHTS, columns: [] }, order);

/** Entries of indexes and rows that the session has read so far. */
async function reads(): Promise<number> {
  const { rows } = await sql<{ Value: string }>`SHOW SESSION STATUS LIKE 'Handler_read%'`.execute(store.db);
  return rows.reduce((sum, row) => sum + Number(row.Value), 0);
}

async function readsOf(work: () => Promise<unknown>): Promise<number> {
  const before = await reads();
  await work();
  return (await reads()) - before;
}

describe.each(ORDERS)('a table of messages %s', (_, order) => {
  it('has the same rows, page after page, as the folder sorted whole', async () => {
    const { rows } = await sql<{ uid: number }>`SELECT uid FROM messages
      WHERE tenant_id = ${mapiStore.tenant} AND folder_id = ${folder.id} AND deleted = 0
      ORDER BY ${sql.ref(order.by)} ${sql.raw(order.descending ? 'DESC' : 'ASC')}, arrival_uid`.execute(store.db);
    const pages = pagesIn(order);
    const all = await pages.at(0, 700, MESSAGES);
    for (let last = all.at(-1); last; last = all.at(-1)) {
      const more = await pages.after(last, 700);
      if (more.length === 0) break;
      all.push(...more);
    }
    expect(all.map(({ facts }) => facts.uid)).toEqual(rows.map(({ uid }) => uid));
    const middle = all[4321];
    expect(middle && (await pages.rank(middle))).toEqual({ before: 4321, there: true });
    for (const start of [17, 4_000, 8_930])
      expect((await pages.at(start, PAGE, MESSAGES)).map(({ facts }) => facts.uid)).toEqual(
        rows.slice(start, start + PAGE).map(({ uid }) => uid),
      );
  });

  it('reads for a page at either end, and for one after any row, no more than the page', async () => {
    const pages = pagesIn(order);
    const most = 10 * PAGE;
    expect(await readsOf(() => pages.at(0, PAGE, MESSAGES))).toBeLessThan(most);
    expect(await readsOf(() => pages.at(MESSAGES - PAGE, PAGE, MESSAGES))).toBeLessThan(most);
    for (const place of [10, 3_000, 6_000, 8_800]) {
      const [row] = await pages.at(place, 1, MESSAGES);
      expect(await readsOf(async () => row && pages.after(row, PAGE)), `after row ${place}`).toBeLessThan(most);
    }
  });
});
