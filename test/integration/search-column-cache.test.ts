import type { KyselyPlugin } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guarded, unguarded } from '../../shared/database/database.ts';
import type { Uid } from '../../shared/store/engine/ids.ts';
import { SearchColumnCache } from '../../shared/store/messages/search-column-cache.ts';
import { deliverTo, type Mailbox, openTestStore, type TestStore } from '../support/test-store.ts';

let store: TestStore;
let mailbox: Mailbox;
let queries = 0;
const counting: KyselyPlugin = {
  transformQuery({ node }) {
    queries++;
    return node;
  },
  transformResult: async ({ result }) => result,
};

beforeAll(async () => {
  store = await openTestStore();
  mailbox = await store.mailbox('search@columns.test');
  for (let n = 1; n <= 20; n++)
    await deliverTo(
      store,
      [mailbox],
      `Subject: =?utf-8?q?caf=C3=A9_${n}?=\r\nFrom: pete(a comment)@example.test\r\nDate: ${n} Nov 2026 10:00:00 +0100\r\n\r\n`,
    );
});
afterAll(() => store.close());

const uids = (...numbers: number[]) => numbers as Uid[];
const all = Array.from({ length: 20 }, (_, i) => (i + 1) as Uid);

describe('the column cache of searches', () => {
  it('decodes texts in one case, and tells a missing field from one that the row does not have', async () => {
    const columns = new SearchColumnCache(store.db);
    const read = await columns.read(mailbox, mailbox.inbox, uids(1, 999), ['subject', 'from', 'cc', 'sentDay', 'size']);
    expect(read(1 as Uid, 'subject')).toBe('CAFÉ 1'.normalize('NFKD'));
    expect(read(1 as Uid, 'from')).toContain('PETE@EXAMPLE.TEST');
    expect(read(1 as Uid, 'cc')).toBeNull();
    expect(read(1 as Uid, 'sentDay')).toBe(Date.UTC(2026, 10, 1) / 86_400_000);
    expect(read(999 as Uid, 'subject')).toBeUndefined();
  });

  it('reads each message once: a second search reads only new messages', async () => {
    const columns = new SearchColumnCache(guarded(unguarded(store.db).withPlugin(counting)));
    await columns.read(mailbox, mailbox.inbox, all.slice(0, 15), ['subject']);
    const first = queries;
    const again = await columns.read(mailbox, mailbox.inbox, all.slice(0, 15), ['subject']);
    expect(queries).toBe(first);
    expect(again(15 as Uid, 'subject')).toContain('15');
    const more = await columns.read(mailbox, mailbox.inbox, all, ['subject']);
    expect(queries).toBe(first + 1);
    expect(more(20 as Uid, 'subject')).toContain('20');
  });

  it('stays below its memory limit, and gives the same values without any memory', async () => {
    const columns = new SearchColumnCache(guarded(unguarded(store.db).withPlugin(counting)), 100);
    const before = queries;
    for (let i = 0; i < 3; i++) {
      const read = await columns.read(mailbox, mailbox.inbox, all, ['subject', 'from']);
      expect(all.every((uid) => typeof read(uid, 'subject') === 'string')).toBe(true);
    }
    expect(queries).toBe(before + 3);
  });

  it('counts its bytes correctly when concurrent searches drop the columns of each other', async () => {
    const columns = new SearchColumnCache(store.db, 3000);
    for (let i = 0; i < 10; i++)
      await Promise.all(
        (['subject', 'from', 'sentDay', 'size'] as const).map((name) =>
          columns.read(mailbox, mailbox.inbox, all, [name]),
        ),
      );
    expect(columns.size).toBeGreaterThan(0);
    expect(columns.size).toBeLessThanOrEqual(3000);
  });
});
