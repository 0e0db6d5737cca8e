import { describe, expect, it } from 'vitest';
import { sourceFiles } from '../../scripts/figures/source-files.ts';
import type { Database } from '../../shared/database/database.ts';
import type { LockedStore, Untold } from '../../shared/store/engine/store-lock.ts';

// DESIGN: rows of a store are written through the object that its lock hands out (docs/decisions/0031-locked-store.md).

/** Statements that the compiler must refuse: `tsc` fails on an `@ts-expect-error` above a line that compiles. They are never run. */
export const REFUSED = {
  withoutTheLock(db: Database) {
    // @ts-expect-error: a folder is written under the lock of its store
    db.updateTable('folders').set({ role: 'inbox' });
    // @ts-expect-error: and so is a store
    db.updateTable('stores').set({ properties: null });
    // @ts-expect-error: a message is inserted under the lock of its store
    db.insertInto('messages');
    // @ts-expect-error: its contents are deleted under it
    db.deleteFrom('message_contents');
    // @ts-expect-error: the lock alone appends to the feed
    db.insertInto('changes');
    // @ts-expect-error: a transaction is begun by shared/database, which guards it
    db.transaction();
  },
  withoutAChange(store: LockedStore) {
    // @ts-expect-error: a write of a folder names its change, or the reason why there is none
    store.folders().update();
    // @ts-expect-error: a number that `append` has not given is none
    store.messages(store.changeSeq).update();
    // @ts-expect-error: only listed reasons are accepted
    store.contents('no reason').delete();
    // @ts-expect-error: the lock counts
    store.update({ change_seq: 1 });
  },
  withAnotherLock(db: Database) {
    // @ts-expect-error: only the lock makes one
    const store: LockedStore = { tenant: 1, store: 1, tx: db, size: 0, changeSeq: 0 };
    return store;
  },
};

/** What writes rows of stores without being handed them by the lock, each with its reason. */
const UNGUARDED: Record<string, string> = {
  'shared/database/database.ts': 'defines it',
  'shared/database/transaction.ts': 'begins transactions, and guards them',
  'shared/store/engine/changes.ts': 'the lock appends its changes with it',
  'shared/store/engine/store-lock.ts': 'the lock',
  'shared/store/messages/recent-uid.ts':
    'compares and sets one column of one row that nothing else writes, at every look at a mailbox',
  'scripts/bench/provider.ts': 'fills a database',
  'scripts/purge-test.ts': 'makes deleted messages older than they are',
  'scripts/replay.ts': 'removes a store that the recorded server did not have',
};

/** Files whose SQL texts write rows of stores, which no type can check, each with the lock that it holds. */
const TEXTS: Record<string, string> = {
  'shared/store/messages/copy-messages.ts': 'runs on the transaction of the locked store',
  'shared/store/messages/move-messages.ts': 'runs on the transaction of the locked store',
};

const sources = sourceFiles('{shared,services,functions,scripts}/**/*.ts').filter(
  ({ file }) => !file.includes('/migrations/') && !/^scripts\/plans/.test(file),
);
const filesWith = (pattern: RegExp): string[] =>
  sources
    .filter(({ text }) => pattern.test(text))
    .map(({ file }) => file)
    .sort();

describe('rows of stores are written', () => {
  it('without the lock only where a reason stands', () => {
    expect(filesWith(/\b(unguarded|UnguardedDatabase)\b|as Kysely</)).toEqual(Object.keys(UNGUARDED).sort());
  });

  it('by SQL texts only under the lock', () => {
    const writes =
      /(INSERT INTO|DELETE FROM|UPDATE) (\$\{table\} STRAIGHT_JOIN )?\\`(stores|folders|messages|message_contents|changes)\\`/;
    expect(filesWith(writes)).toEqual(Object.keys(TEXTS).sort());
  });

  it('with a change, or a reason of a short list', () => {
    const told = /\.(folders|messages|contents)\('([^']+)'\)|tablesOf\(\w+, '([^']+)'\)/g;
    const reasons = new Set(
      sources.flatMap(({ text }) => [...text.matchAll(told)].map((match) => match[2] ?? match[3])),
    );
    const all = {
      counters: true,
      subscriptions: true,
      role: true,
      'search state': true,
      'message status': true,
      'deleted already': true,
      'store removed': true,
    } satisfies Record<Untold, true>;
    expect([...reasons].sort()).toEqual(Object.keys(all).sort());
  });
});
