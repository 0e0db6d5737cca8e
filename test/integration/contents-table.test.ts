import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServerContext } from '../../services/store-server/context.ts';
import { contentsTable } from '../../services/store-server/tables/contents-table.ts';
import { Table } from '../../services/store-server/tables/table.ts';
import { decodeEntryId } from '../../shared/mapi/entry-id.ts';
import { OBJECT } from '../../shared/mapi/property-document.ts';
import { PR } from '../../shared/mapi/property-tags.ts';
import type { ContentRestriction, Restriction } from '../../shared/mapi/restriction.ts';
import type { Uid } from '../../shared/store/engine/ids.ts';
import { folderById } from '../../shared/store/folders/folder.ts';
import { ALL_RIGHTS } from '../../shared/store/folders/rights.ts';
import { copyMessages } from '../../shared/store/messages/copy-messages.ts';
import { expungeMessages } from '../../shared/store/messages/expunge-messages.ts';
import { FLAG } from '../../shared/store/messages/flags.ts';
import { VIEW } from '../../shared/store/messages/message-facts.ts';
import { listStates } from '../../shared/store/messages/message-list.ts';
import { saveMessage } from '../../shared/store/messages/save-message.ts';
import { setMessageFlags } from '../../shared/store/messages/set-message-flags.ts';
import { storeOfUser } from '../../shared/store/stores/stores.ts';
import { TextOrders } from '../../shared/store/tables/text-order.ts';
import { deliverTo, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

const BEGINNING = 0;
const CURRENT = 1;
const END = 2;

let store: TestStore;

beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

/** A message, the seconds after which it comes among the first: several have the same. */
async function fill(mailbox: Mailbox, seconds: readonly number[]): Promise<void> {
  const { now } = store.time;
  for (const [n, second] of seconds.entries()) {
    store.time.now = now + second * 1000;
    await deliverTo(store, [mailbox], `Subject: message ${n}\r\n\r\ntext`);
  }
  store.time.now = now;
}

async function openTable(mailbox: Mailbox): Promise<Table> {
  const mapiStore = await storeOfUser(store.db, mailbox.tenant, mailbox.user);
  if (!mapiStore) throw new Error('the user has no store');
  const folder = await folderById(store.db, mailbox, mailbox.inbox);
  const context = { store, textOrders: new TextOrders() } as unknown as ServerContext;
  const table = new Table(
    contentsTable(context, mapiStore, folder, VIEW.LIVE, {
      rights: ALL_RIGHTS,
      now: async () => ({ store: mapiStore, owner: true, rights: ALL_RIGHTS, stamp: 'owner' }),
      onEach: async () => () => ALL_RIGHTS,
    }),
  );
  table.setColumns([PR.EC_IMAP_ID, PR.SUBJECT]);
  return table;
}

/** Matches every message; the columns do not say so, and a table with such a restriction has all its rows in memory. */
const EVERYTHING: Restriction = { type: 'exist', tag: PR.ENTRYID };

const uids = (rows: { value: unknown }[][]): number[] => rows.map(([uid]) => Number(uid?.value));

describe('a contents table', () => {
  it('read page by page has the rows, positions and bookmarks of one that is read whole', async () => {
    const mailbox = await store.mailbox('pages@table.test');
    await fill(
      mailbox,
      Array.from({ length: 60 }, (_, n) => (n * 7) % 13),
    );
    const step = fc.oneof(
      fc.record({ kind: fc.constant('query' as const), count: fc.integer({ min: -30, max: 30 }), stay: fc.boolean() }),
      fc.record({
        kind: fc.constant('seek' as const),
        bookmark: fc.constantFrom(BEGINNING, CURRENT, END),
        count: fc.integer({ min: -70, max: 70 }),
      }),
      fc.record({ kind: fc.constant('bookmark' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(PR.EC_IMAP_ID, PR.MESSAGE_DELIVERY_TIME, PR.SUBJECT, undefined),
        fc.boolean(),
        fc.array(step, { minLength: 1, maxLength: 12 }),
        async (tag, descending, steps) => {
          const [paged, whole] = [await openTable(mailbox), await openTable(mailbox)];
          whole.restrict(EVERYTHING);
          for (const table of [paged, whole]) if (tag) table.sort([{ tag, descending }], 0, 0);
          for (const each of steps) {
            const [got, wanted] = await Promise.all(
              [paged, whole].map(async (table) => {
                if (each.kind === 'query') return uids(await table.query(each.count, each.stay));
                if (each.kind === 'seek') return table.seek(each.bookmark, each.count);
                return table.seek(await table.createBookmark(), 0);
              }),
            );
            expect(got).toEqual(wanted);
            expect(await paged.rowCount()).toEqual(await whole.rowCount());
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('continues after the last row that was shown when messages before it are added and deleted', async () => {
    const mailbox = await store.mailbox('moving@table.test');
    await fill(mailbox, [0, 1, 2, 3, 4, 5, 6, 7]);
    for (const restrict of [false, true]) {
      const table = await openTable(mailbox);
      table.sort([{ tag: PR.MESSAGE_DELIVERY_TIME, descending: true }], 0, 0);
      if (restrict) table.restrict(EVERYTHING);
      const rows = (await listStates(store.db, mailbox, mailbox.inbox)).map(({ uid }) => uid).reverse();
      const shown = uids(await table.query(3, false));
      expect(shown).toEqual(rows.slice(0, 3));
      const mark = await table.createBookmark();
      await fill(mailbox, [100, 101]);
      const second = rows.slice(1, 2) as Uid[];
      await setMessageFlags(store, mailbox, mailbox.inbox, second, { how: 'add', flags: FLAG.DELETED, keywords: [] });
      await expungeMessages(store, mailbox, mailbox.inbox, second);
      expect(uids(await table.query(2, true))).toEqual(rows.slice(3, 5));
      expect(await table.rowCount()).toEqual({ count: rows.length + 1, row: 4 });
      expect(uids(await table.query(2, false))).toEqual(rows.slice(3, 5));
      expect(await table.seek(mark, 0)).toBe(0);
      expect(uids(await table.query(1, false))).toEqual(rows.slice(3, 4));
      expect(uids(await table.query(-2, false))).toEqual([rows[2], rows[3]]);
    }
  });

  it('has the same rows for a restriction by columns as by documents, in any order', async () => {
    const mailbox = await store.mailbox('columns@table.test');
    const long = `long ${'x'.repeat(250)}`;
    const subjects = [
      'Ärger',
      'anger',
      'ANGER',
      '',
      `${long} needle`,
      `${long} other`,
      'a needle',
      'NEEDLE',
      'b\u00e9b\u00e9',
    ];
    for (const subject of [...subjects, ...subjects])
      await deliverTo(store, [mailbox], `Subject: =?utf-8?b?${Buffer.from(subject).toString('base64')}?=\r\n\r\ntext`);
    const tag = PR.SUBJECT;
    const content = (value: string, how: Partial<ContentRestriction>): Restriction => ({
      type: 'content',
      tag,
      property: { tag, value },
      match: 'substring',
      ignoreCase: false,
      ignoreNonSpace: false,
      loose: false,
      ...how,
    });
    const ways: Partial<ContentRestriction>[] = [
      { match: 'whole' },
      { match: 'substring' },
      { match: 'prefix' },
      { ignoreCase: true },
      { match: 'prefix', ignoreCase: true },
      { ignoreNonSpace: true },
      { loose: true },
    ];
    const anger = { tag, value: 'anger' };
    const some: Restriction[] = [
      ...['needle', 'an', 'ä', 'long', 'x', ''].flatMap((value) => ways.map((how) => content(value, how))),
      { type: 'not', condition: content('needle', { ignoreCase: true }) },
      { type: 'exist', tag },
      { type: 'property', relation: 'greater', tag, property: anger },
      { type: 'property', relation: 'notEqual', tag, property: anger },
      { type: 'size', relation: 'greater', tag, size: 5 },
    ];
    for (const [i, restriction] of some.entries()) {
      const [scanned, whole] = [await openTable(mailbox), await openTable(mailbox)];
      scanned.restrict(restriction);
      whole.restrict({ type: 'and', conditions: [EVERYTHING, restriction] });
      const order = [undefined, { tag, descending: i % 2 === 1 }, { tag: PR.EC_IMAP_ID, descending: false }][i % 3];
      for (const table of [scanned, whole]) if (order) table.sort([order], 0, 0);
      expect(await scanned.rowCount()).toEqual(await whole.rowCount());
      expect(await scanned.query(7, false)).toEqual(await whole.query(7, false));
      expect(await scanned.query(50, false)).toEqual(await whole.query(50, false));
    }
  });

  it('sorts by columns without an index, and text by its beginning, as it sorts by the values shown', async () => {
    const mailbox = await store.mailbox('sorted@table.test');
    await fill(mailbox, [3, 1, 2]);
    const table = await openTable(mailbox);
    table.sort([{ tag: PR.SUBJECT, descending: true }], 0, 0);
    expect((await table.query(10, false)).map(([, subject]) => subject?.value)).toEqual([
      'message 2',
      'message 1',
      'message 0',
    ]);
  });

  it('shows each message once to a client that changes the messages that it reads', async () => {
    const mailbox = await store.mailbox('edited@table.test');
    await fill(mailbox, [1, 1, 1, 2, 2, 0, 0]);
    for (const tag of [undefined, PR.MESSAGE_DELIVERY_TIME]) {
      const table = await openTable(mailbox);
      table.setColumns([PR.ENTRYID]);
      if (tag) table.sort([{ tag, descending: true }], 0, 0);
      const seen: string[] = [];
      for (let rows = await table.query(2, false); rows.length > 0; rows = await table.query(2, false)) {
        expect(seen.length).toBeLessThanOrEqual(7);
        for (const [entryId] of rows) {
          const { guid } = decodeEntryId(entryId?.value as Buffer);
          seen.push(guid.toString('hex'));
          await saveMessage(store, mailbox, {
            folder: mailbox.inbox,
            id: guid,
            change: {
              type: OBJECT.MESSAGE,
              id: 0,
              deleted: false,
              set: new Map([[PR.SUBJECT, `seen ${seen.length}`]]),
              removed: [],
              children: [],
            },
            associated: false,
            syncId: 0,
            hardQuota: 0,
            modifier: { name: 'edited', entryId: Buffer.alloc(0) },
          });
        }
      }
      expect(new Set(seen).size).toBe(7);
      expect(seen.length).toBe(7);
    }
  });

  it('gives more rows in one call than it reads in one statement', async () => {
    const mailbox = await store.mailbox('many@table.test');
    await fill(mailbox, [3, 1, 2, 3, 1, 2, 3, 4, 5, 6]);
    for (let times = 0; times < 7; times++) {
      const uids = (await listStates(store.db, mailbox, mailbox.inbox)).map(({ uid }) => uid);
      await copyMessages(store, mailbox, mailbox.inbox, uids, { ref: mailbox, folder: mailbox.inbox, hardQuota: 0 });
    }
    const [paged, whole] = [await openTable(mailbox), await openTable(mailbox)];
    whole.restrict(EVERYTHING);
    for (const table of [paged, whole]) table.sort([{ tag: PR.MESSAGE_DELIVERY_TIME, descending: true }], 0, 0);
    for (const count of [3, 0x7fffffff, -700]) {
      const [got, wanted] = [uids(await paged.query(count, false)), uids(await whole.query(count, false))];
      expect(got).toEqual(wanted);
      expect(got.length).toBe(Math.min(Math.abs(count), 1277));
    }
  });

  it('that has dropped its rows continues at its position', async () => {
    const mailbox = await store.mailbox('forgets@table.test');
    await fill(mailbox, [1, 2, 3, 4, 5, 6]);
    const table = await openTable(mailbox);
    table.restrict(EVERYTHING);
    const first = uids(await table.query(2, false));
    table.forget();
    const rest = uids(await table.query(10, false));
    expect(new Set([...first, ...rest]).size).toBe(6);
    expect(rest).toHaveLength(4);
  });

  it('that has dropped its rows starts at the first row of a new order or restriction', async () => {
    const mailbox = await store.mailbox('forgets-order@table.test');
    await fill(mailbox, [1, 2, 3, 4, 5, 6]);
    const table = await openTable(mailbox);
    table.restrict(EVERYTHING);
    await table.query(4, false);
    table.forget();
    table.sort([{ tag: PR.EC_IMAP_ID, descending: false }], 0, 0);
    expect(await table.query(10, false)).toHaveLength(6);
    await table.seek(BEGINNING, 4);
    table.forget();
    table.restrict(EVERYTHING);
    expect(await table.query(10, false)).toHaveLength(6);
  });
});
